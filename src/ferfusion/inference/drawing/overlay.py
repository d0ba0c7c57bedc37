"""Draw predictions onto a frame: a box and a name at each face, and bars in a strip below the frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw

from ferfusion.inference.drawing.canvas import Canvas, RgbCanvas, Sprite, even, word_sprite
from ferfusion.label_set import LabelSet
from ferfusion.reporting.colours import RgbImage, colour_of
from ferfusion.reporting.fonts import sans

STRIP, _INK, _TRACK, _CHIP_INK = "#141a20", "#f3f6f8", "#313b45", "#101418"
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
    of up to two faces, if both fit. A frame that is too narrow for one gets a border on the right. All is
    placed at even pixels, because the colours of a video have half its resolution.

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
        self._text = even(max(11, round(min(width / 40, height / 20))))
        self._gap = even(self._text // 2)
        self._bar_height = self._text + 4
        self._top = height
        self.height = height + self._bar_height * len(labels) + self._text
        self._line = even(max(2, round(min(width, height) / 180)))
        font = sans(self._text)
        self._name_width = even(max(round(font.getlength(name)) for name in labels.names))
        column = self._text + self._name_width + self._gap + 5 * self._text  # with the shortest bar
        self.width = max(width, column)
        self._max_faces = min(_MAX_FACES, self.width // column)
        self._strips: dict[int, Sprite] = {}

    def draw(self, image: RgbImage, faces: Sequence[DrawnFace], *, status: str = "") -> RgbImage:
        """Return the frame with its faces and the strip, which has the status if there is no face."""
        drawn = np.full((self.height, self.width, 3), ImageColor.getrgb(STRIP), np.uint8)
        drawn[: self._top, : image.shape[1]] = image
        self.draw_onto(RgbCanvas(drawn), faces, status=status)
        return drawn

    def draw_onto(self, canvas: Canvas, faces: Sequence[DrawnFace], *, status: str = "") -> None:
        """Draw the faces and the strip onto a canvas of this width and height that has the frame already."""
        for face in faces:
            self._draw_face(canvas, face, several=len(faces) > 1)
        columns = min(len(faces), self._max_faces)
        canvas.put(self._strip(columns), 0, self._top)  # over what reaches below the frame
        if not faces:
            words = word_sprite(status, self._text, _INK, STRIP)
            canvas.put(words, self._text, self._top + self._gap)
        for column, face in enumerate(faces[:columns]):
            self._draw_bars(canvas, face, *self._bar_ends(column, columns))

    def _draw_face(self, canvas: Canvas, face: DrawnFace, *, several: bool) -> None:
        colour = colour_of(face.expression, self._labels)
        x, y, w, h = (round(value) for value in face.box)
        line = self._line
        left, top, right, bottom = x - x % 2, y - y % 2, even(x + w + 1), even(y + h + 1)
        for edges in (
            (left, top, right, top + line),
            (left, bottom - line, right, bottom),
            (left, top, left + line, bottom),
            (right - line, top, right, bottom),
        ):
            canvas.fill(edges, colour)
        words = face.expression
        if words in self._labels:
            words += f" {float(face.probabilities[self._labels.code(words)]):.2f}"
        if several:
            words = f"{face.face}: {words}"
        chip = word_sprite(words, self._text, _CHIP_INK, colour, 4)
        canvas.put(chip, min(max(left, 0), max(0, self.width - chip.width)), max(top - chip.height, 0))

    def _bar_ends(self, column: int, columns: int) -> tuple[int, int]:
        """Return the left and the right end of the bars of a column."""
        width = self.width // columns // 2 * 2
        left = column * width + self._text + self._name_width + self._gap
        return left, (column + 1) * width - 4 * self._text

    def _bar_top(self, row: int) -> int:
        """Return the first row of a bar and its name in the strip."""
        return self._gap + row * self._bar_height

    def _strip(self, columns: int) -> Sprite:
        """Return the strip with the names and the empty bars of some faces; it is drawn once and kept."""
        if columns not in self._strips:
            strip = Image.new("RGB", (self.width, self.height - self._top), STRIP)
            pen = ImageDraw.Draw(strip)
            for column in range(columns):
                start, end = self._bar_ends(column, columns)
                for row, name in enumerate(self._labels.names):
                    y = self._bar_top(row)
                    left = start - self._name_width - self._gap
                    pen.text((left, y), name, font=sans(self._text), fill=_INK)
                    pen.rectangle((start, y + 2, end - 1, y + self._text + 1), fill=_TRACK)
            self._strips[columns] = Sprite(np.asarray(strip))
        return self._strips[columns]

    def _draw_bars(self, canvas: Canvas, face: DrawnFace, start: int, end: int) -> None:
        for row, name in enumerate(self._labels.names):
            y = self._top + self._bar_top(row)
            probability = float(face.probabilities[row])
            filled = start + max(2, round((end - start) * probability / 2) * 2)
            canvas.fill((start, y + 2, filled, y + self._text + 2), colour_of(name, self._labels))
            number = word_sprite(f"{probability:.2f}", self._text, _INK, STRIP)
            canvas.put(number, end + self._gap, y)
