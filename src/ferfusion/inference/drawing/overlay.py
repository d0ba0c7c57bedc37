"""Draw predictions onto a frame: a box and a name at each face, and bars in a strip below the frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw

from ferfusion.labels import LabelSet
from ferfusion.reporting.fonts import sans
from ferfusion.reporting.style import RgbImage, colour_of

_STRIP, _INK, _TRACK, _CHIP_INK = "#141a20", "#f3f6f8", "#313b45", "#101418"
_MAX_FACES = 2


@dataclass(frozen=True)
class DrawnFace:
    """What is drawn of a face.

    Attributes:
        face: Number of the face.
        box: Its box (x, y, w, h) in pixels.
        expression: Name of its prediction.
        probabilities: Its class probabilities (C,).
    """

    face: int
    box: tuple[float, float, float, float]
    expression: str
    probabilities: NDArray[np.floating[Any]]


class Overlay:
    """Draws the predictions of frames of one size.

    On the frame, each face has a thin box and a name. The strip below the frame has the class probabilities
    of up to two faces, if both fit. A frame that is too narrow for one gets a border on the right.

    Attributes:
        width: Width of what is drawn in pixels.
        height: Its height.

    Args:
        width: Width of the frames in pixels.
        height: Height of the frames in pixels.
        labels: Classes of the predictions.
    """

    def __init__(self, *, width: int, height: int, labels: LabelSet) -> None:
        self._labels = labels
        self._text = max(11, round(min(width / 40, height / 20)))
        self._bar_height = self._text + 4
        self.height = height + self._bar_height * len(labels) + self._text
        self._line = max(2, round(min(width, height) / 180))
        font = sans(self._text)
        self._name_width = max(round(font.getlength(name)) for name in labels.names)
        column = self._text + self._name_width + self._text // 2 + 5 * self._text  # with the shortest bar
        self.width = max(width, column)
        self._max_faces = min(_MAX_FACES, self.width // column)
        self._strips: dict[int, RgbImage] = {}

    def draw(self, image: RgbImage, faces: Sequence[DrawnFace], *, status: str = "") -> RgbImage:
        """Return the frame with its faces and the strip, which has the status if there is no face."""
        rows = image.shape[0]
        canvas = np.full((self.height, self.width, 3), ImageColor.getrgb(_STRIP), np.uint8)
        canvas[:rows, : image.shape[1]] = image
        for face in faces:
            self._draw_face(canvas[:rows], face, several=len(faces) > 1)
        columns = min(len(faces), self._max_faces)
        strip = canvas[rows:]
        strip[:] = self._strip(columns)
        if not faces:
            _paste(strip, _sprite(status, self._text, _INK, _STRIP), self._text, self._text // 2)
        for column, face in enumerate(faces[:columns]):
            self._draw_bars(strip, face, *self._bar_ends(column, columns))
        return canvas

    def _draw_face(self, image: RgbImage, face: DrawnFace, *, several: bool) -> None:
        colour = colour_of(face.expression, self._labels)
        x, y, w, h = (round(value) for value in face.box)
        line = self._line
        for edges in (
            (x, y, x + w + 1, y + line),
            (x, y + h + 1 - line, x + w + 1, y + h + 1),
            (x, y, x + line, y + h + 1),
            (x + w + 1 - line, y, x + w + 1, y + h + 1),
        ):
            _fill(image, edges, colour)
        words = face.expression
        if words in self._labels:
            words += f" {float(face.probabilities[self._labels.code(words)]):.2f}"
        if several:
            words = f"{face.face}: {words}"
        chip = _sprite(words, self._text, _CHIP_INK, colour, 4)
        _paste(image, chip, min(max(x, 0), max(0, self.width - chip.shape[1])), max(y - chip.shape[0], 0))

    def _bar_ends(self, column: int, columns: int) -> tuple[int, int]:
        """Return the left and the right end of the bars of a column."""
        left, width = column * self.width // columns, self.width // columns
        return left + self._text + self._name_width + self._text // 2, left + width - 4 * self._text

    def _bar_top(self, row: int) -> int:
        return self._text // 2 + row * self._bar_height

    def _strip(self, columns: int) -> RgbImage:
        """Return the strip with the names and the empty bars of some faces; it is drawn once and kept."""
        if columns not in self._strips:
            height = self._bar_height * len(self._labels) + self._text
            strip = Image.new("RGB", (self.width, height), _STRIP)
            pen = ImageDraw.Draw(strip)
            for column in range(columns):
                start, end = self._bar_ends(column, columns)
                for row, name in enumerate(self._labels.names):
                    y = self._bar_top(row)
                    left = start - self._name_width - self._text // 2
                    pen.text((left, y), name, font=sans(self._text), fill=_INK)
                    pen.rectangle((start, y + 3, end, y + self._text), fill=_TRACK)
            self._strips[columns] = np.asarray(strip)
        return self._strips[columns]

    def _draw_bars(self, strip: RgbImage, face: DrawnFace, start: int, end: int) -> None:
        for row, name in enumerate(self._labels.names):
            y = self._bar_top(row)
            probability = float(face.probabilities[row])
            filled = start + max(1, round((end - start) * probability))
            _fill(strip, (start, y + 3, filled + 1, y + self._text + 1), colour_of(name, self._labels))
            number = _sprite(f"{probability:.2f}", self._text, _INK, _STRIP)
            _paste(strip, number, end + self._text // 2, y)


def _fill(image: RgbImage, edges: tuple[int, int, int, int], colour: str) -> None:
    """Fill the part of a rectangle (left, top, right, bottom) that lies inside the image."""
    left, top, right, bottom = edges
    image[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = ImageColor.getrgb(colour)


def _paste(image: RgbImage, sprite: RgbImage, left: int, top: int) -> None:
    """Put a small image onto a larger one; what reaches beyond the right and lower borders is cut off."""
    covered = image[top : top + sprite.shape[0], left : left + sprite.shape[1]]
    covered[:] = sprite[: covered.shape[0], : covered.shape[1]]


@lru_cache(maxsize=256)
def _sprite(words: str, size: int, ink: str, ground: str, border: int = 0) -> RgbImage:
    """Return a word as a small image: as wide as the word, as high as all words of this size."""
    font = sans(size)
    width = max(1, round(font.getlength(words)))
    sprite = Image.new("RGB", (width + 2 * border, size + 4 + border), ground)
    ImageDraw.Draw(sprite).text((border, border // 2), words, font=font, fill=ink)
    return np.asarray(sprite)
