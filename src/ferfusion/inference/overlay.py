"""Draw what was predicted onto a video's pictures: a box and a word at each face, bars in a strip below."""

from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ferfusion.labels import LabelSet

# near Okabe and Ito's colours, told apart with any colour vision
COLOURS: MappingProxyType[str, str] = MappingProxyType(
    {
        "Anger": "#e8590c",
        "Disgust": "#009e73",
        "Fear": "#cc79a7",
        "Happiness": "#f0c419",
        "Sadness": "#3b8fd4",
        "Surprise": "#56c8e9",
        "Neutral": "#b8c0c8",
    }
)
_OTHER_COLOUR = "#b8c0c8"
_STRIP, _INK, _TRACK = "#141a20", "#f3f6f8", "#313b45"
_MOST_FACES = 2


def colour_of(name: str) -> str:
    """Return the colour that stands for a class everywhere."""
    return COLOURS.get(name, _OTHER_COLOUR)


class Overlay:
    """Draws the rows of the frame table that belong to a picture.

    The picture keeps its size and is not covered, but for a thin box and a word at each face; the class
    probabilities of up to two faces stand in a strip added below it.

    Args:
        width: Width of the pictures in pixels.
        height: Height of the pictures in pixels.
        labels: Classes of the frame table.
    """

    def __init__(self, *, width: int, height: int, labels: LabelSet) -> None:
        self._labels = labels
        self._text = max(11, round(min(width / 40, height / 20)))
        self._bar_height = self._text + 4
        self.width = width
        self.height = height + self._bar_height * len(labels) + self._text
        self._line = max(2, round(min(width, height) / 180))

    def draw(self, picture_rgb: NDArray[np.uint8], faces: pd.DataFrame) -> NDArray[np.uint8]:
        """Return the picture (H, W, 3) with the faces of its rows, and the strip below it."""
        picture = Image.fromarray(picture_rgb)
        shown = faces[faces["status"] == "ok"]
        for _, face in shown.iterrows():
            self._draw_face(ImageDraw.Draw(picture), face, picture.height, several=len(shown) > 1)
        canvas = Image.new("RGB", (self.width, self.height), _STRIP)
        canvas.paste(picture, (0, 0))
        pen = ImageDraw.Draw(canvas)
        top = picture_rgb.shape[0] + self._text // 2
        if shown.empty:
            status = str(faces["status"].iloc[0]).replace("_", " ")
            pen.text((self._text, top), status, font=_font(self._text), fill=_INK)
        width = self.width // max(1, min(len(shown), _MOST_FACES))
        for place, (_, face) in enumerate(shown.head(_MOST_FACES).iterrows()):
            self._draw_bars(pen, face, left=place * width, top=top, width=width)
        return np.asarray(canvas)

    def _draw_face(self, pen: ImageDraw.ImageDraw, face: pd.Series, height: int, *, several: bool) -> None:
        name = str(face["expression"])
        x, y, w, h = (float(face[key]) for key in "xywh")
        colour = colour_of(name)
        pen.rectangle((x, y, x + w, max(y, min(y + h, height - 1))), outline=colour, width=self._line)
        probability = float(face[self._labels.probability_columns[self._labels.code(name)]])
        words = f"{name} {probability:.2f}"
        if several:
            words = f"{int(face['face'])}: {words}"
        font = _font(self._text)
        left, word_top, right, bottom = pen.textbbox((0, 0), words, font=font)
        chip_height = bottom - word_top + 6
        chip_x = min(max(x, 0), max(0, self.width - (right - left) - 8))
        chip_y = max(y - chip_height, 0)
        pen.rectangle((chip_x, chip_y, chip_x + right - left + 8, chip_y + chip_height), fill=colour)
        pen.text((chip_x + 4 - left, chip_y + 3 - word_top), words, font=font, fill="#101418")

    def _draw_bars(
        self, pen: ImageDraw.ImageDraw, face: pd.Series, *, left: int, top: int, width: int
    ) -> None:
        font = _font(self._text)
        name_width = max(round(pen.textlength(name, font=font)) for name in self._labels.names)
        start = left + self._text + name_width + self._text // 2
        end = left + width - 4 * self._text
        rows = zip(self._labels.names, self._labels.probability_columns, strict=True)
        for row, (name, column) in enumerate(rows):
            y = top + row * self._bar_height
            probability = float(face[column])
            pen.text((left + self._text, y), name, font=font, fill=_INK)
            pen.rectangle((start, y + 3, end, y + self._text), fill=_TRACK)
            filled = start + max(1, round((end - start) * probability))
            pen.rectangle((start, y + 3, filled, y + self._text), fill=colour_of(name))
            pen.text((end + self._text // 2, y), f"{probability:.2f}", font=font, fill=_INK)


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return DejaVu Sans, which matplotlib ships."""
    path = Path(str(files("matplotlib"))) / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(path), size)
