"""The panel beside an explained video: the model's input, the maps over it, and the contributions."""

import numpy as np
from PIL import Image, ImageDraw

from ferfusion.data.inputs import FaceInput
from ferfusion.explanation.drawing import STREAM_WORDS, signed, tiles
from ferfusion.explanation.explainer import Explanation
from ferfusion.label_set import LabelSet
from ferfusion.reporting.colours import RgbImage, colour_of
from ferfusion.reporting.fonts import sans

_GROUND, _INK, _SOFT, _TRACK = "#1d252d", "#f3f6f8", "#a9b6c1", "#313b45"
_FOR, _AGAINST = "#f0a23b", "#5aa7de"
_LEAST_TEXT_PX = 9
_FULL_NATS = 6.0
"""Contribution whose bar has full length; it multiplies the odds by e to the power of 6."""


class Panel:
    """Draws panels of one height.

    Args:
        height: Height of the panels in pixels.
        labels: Classes of the explanations.
        after: Words after the probability of the explained class.
    """

    def __init__(self, *, height: int, labels: LabelSet, after: str = "") -> None:
        self.height, self.width = height, round(height * 0.66)
        self._labels, self._after = labels, after
        self._text = max(11, round(height / 38))
        self._margin = self._text

    def draw(self, explained: tuple[FaceInput, Explanation] | None, *, words: str = "why") -> RgbImage:
        """Return the panel (H, W, 3) of one face; None gives an empty panel.

        Args:
            explained: Input and explanation of the face.
            words: Words before the explained class.
        """
        panel = Image.new("RGB", (self.width, self.height), _GROUND)
        if explained is not None:
            face_input, explanation = explained
            pen = ImageDraw.Draw(panel)
            top = self._draw_class(pen, explanation, words)
            bottom = self._draw_contributions(pen, explanation)
            self._draw_tiles(panel, face_input, explanation, top=top, bottom=bottom)
        return np.asarray(panel)

    def _draw_class(self, pen: ImageDraw.ImageDraw, explanation: Explanation, words: str) -> int:
        """Write the explained class, and return the first free row below it."""
        name = self._labels.names[explanation.code]
        size = round(self._text * 1.15)
        square = (self._margin, self._margin, self._margin + size, self._margin + size)
        pen.rectangle(square, colour_of(name, self._labels))
        words += f" {name}: {explanation.probabilities[explanation.code]:.2f}{self._after}"
        left = self._margin + 1.6 * size
        room = min(1.0, (self.width - self._margin - left) / sans(size).getlength(words))
        pen.text((left, self._margin - 1), words, font=sans(max(_LEAST_TEXT_PX, int(room * size))), fill=_INK)
        return self._margin + 2 * size

    def _draw_contributions(self, pen: ImageDraw.ImageDraw, explanation: Explanation) -> int:
        """Draw a bar for each stream at the bottom, to the right if the contribution is positive.

        Returns:
            The first row that is not free above the bars.
        """
        font, step = sans(self._text), round(self._text * 1.6)
        count = len(explanation.contributions)
        top = self.height - self._margin - step * count
        names = [STREAM_WORDS.get(name, name) for name in explanation.contributions]
        left = self._margin + round(max(font.getlength(name) for name in names)) + self._text
        right = self.width - self._margin - round(3.2 * self._text)
        middle = (left + right) // 2
        for index, value in enumerate(explanation.contributions.values()):
            y = top + index * step
            pen.text((self._margin, y), names[index], font=font, fill=_INK)
            pen.rectangle((left, y + 3, right, y + self._text), fill=_TRACK)
            end = middle + round((right - left) / 2 * max(-1.0, min(1.0, value / _FULL_NATS)))
            colour = _FOR if value >= 0 else _AGAINST
            pen.rectangle((min(middle, end), y + 3, max(middle, end), y + self._text), fill=colour)
            pen.text((right + self._text // 2, y), signed(value), font=font, fill=_INK)
        heading = "log-odds that each stream adds, against a blank face"
        small = sans(max(10, round(self._text * 0.8)))
        pen.text((self._margin, top - step), heading, font=small, fill=_SOFT)
        return top - round(1.5 * step)

    def _draw_tiles(
        self, panel: Image.Image, face_input: FaceInput, explanation: Explanation, *, top: int, bottom: int
    ) -> None:
        """Draw the tiles between the rows ``top`` and ``bottom``, as large as possible."""
        count = len(tiles(face_input, explanation, side=1))
        caption = round(self._text * 1.5)
        columns, side = max(
            ((columns, self._side(count, columns, bottom - top, caption)) for columns in range(1, count + 1)),
            key=lambda one: one[1],
        )
        pen, font = ImageDraw.Draw(panel), sans(max(10, round(self._text * 0.85)))
        gap = self._margin // 2
        left = (self.width - columns * side - (columns - 1) * gap) // 2
        for index, tile in enumerate(tiles(face_input, explanation, side=side)):
            row, column = divmod(index, columns)
            x, y = left + column * (side + gap), top + row * (side + caption)
            panel.paste(Image.fromarray(tile.image), (x, y))
            pen.text((x, y + side), tile.caption, font=font, fill=_SOFT)

    def _side(self, count: int, columns: int, height: int, caption: int) -> int:
        rows = -(-count // columns)
        wide = (self.width - 2 * self._margin - (columns - 1) * (self._margin // 2)) // columns
        return max(1, min(wide, height // rows - caption))
