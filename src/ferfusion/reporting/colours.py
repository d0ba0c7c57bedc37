"""The colours of classes, images, figures and pages.

They are near Okabe and Ito's, which differ for any colour vision.
"""

from functools import lru_cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from PIL import ImageColor

from ferfusion.label_set import LabelSet, emotion_of_word

RgbImage = npt.NDArray[np.uint8]
"""(H, W, 3), 0 to 255."""
INK, SOFT, FAINT, GRID = "#22303c", "#5b6b79", "#9aa7b2", "#e3e8ed"
OKABE_ITO = MappingProxyType(
    {
        "blue": "#0072b2",
        "vermilion": "#d55e00",
        "green": "#009e73",
        "purple": "#cc79a7",
        "orange": "#e69f00",
        "sky": "#56b4e9",
    }
)
"""Colours that differ for any colour vision: Okabe and Ito 2008."""
MARK = OKABE_ITO["vermilion"]
PART_COLOURS = MappingProxyType(
    {"train": OKABE_ITO["blue"], "validation": OKABE_ITO["vermilion"], "test": OKABE_ITO["green"]}
)
CLASS_COLOURS = MappingProxyType(
    {
        "Anger": "#e8590c",
        "Disgust": OKABE_ITO["green"],
        "Fear": OKABE_ITO["purple"],
        "Happiness": "#f0c419",
        "Sadness": "#3b8fd4",
        "Surprise": "#56c8e9",
        "Neutral": "#b8c0c8",
    }
)
"""Colour of each class in all images, figures and pages; near Okabe and Ito's, and clear on a dark ground."""
_GRID_RGB = np.stack(np.meshgrid(*[np.linspace(0.1, 1, 10)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
_CANDIDATES = _GRID_RGB[np.abs(_GRID_RGB @ (0.2126, 0.7152, 0.0722) - 0.55) < 0.2]
"""Colours on which dark text and beside which white ground can be seen, (N, 3)."""


def colour_of(name: str, labels: LabelSet) -> str:
    """Return the colour of a class of a label set; the word for no class has Neutral's grey.

    The words of the seven classes, in any language, have their colours; each other class has the colour that
    is farthest from all before it.
    """
    return _colours(labels).get(name, CLASS_COLOURS["Neutral"])


def colours_of(labels: LabelSet) -> dict[str, str]:
    """Return the colour of each class of a label set, in the order of the classes."""
    return {name: colour_of(name, labels) for name in labels.names}


@lru_cache(maxsize=16)
def _colours(labels: LabelSet) -> dict[str, str]:
    colours: dict[str, str] = {}
    for name in labels.names:
        own = CLASS_COLOURS.get(emotion_of_word(name))
        if own and own not in colours.values():
            colours[name] = own
    taken = [tuple(np.array(ImageColor.getrgb(colour)) / 255) for colour in CLASS_COLOURS.values()]
    for name in labels.names:
        if name not in colours:
            distances = np.linalg.norm(_CANDIDATES[:, None] - np.array(taken), axis=2).min(axis=1)
            chosen = _CANDIDATES[distances.argmax()]
            taken.append(tuple(chosen))
            colours[name] = "#{:02x}{:02x}{:02x}".format(*np.round(255 * chosen).astype(int))
    return colours
