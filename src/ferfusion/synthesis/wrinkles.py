"""Folds that are too fine for the mesh: painted lines that darken with the actions that cause them.

The places follow the FACS manual's description of each unit's wrinkles (Ekman, Friesen and Hager, 2002).
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.actions.names import ACTIONS
from ferfusion.synthesis.actions import sides
from ferfusion.synthesis.canvas import HEIGHT, TEXELS_PER_CM, WIDTH, texel_of

Floats = NDArray[np.floating[Any]]
Line = tuple[tuple[float, float], ...]
"""Points (x, z) in centimetres of the mean face, drawn on both sides."""

_LINES: Mapping[str, tuple[float, tuple[Line, ...]]] = MappingProxyType(
    {
        # name: width in centimetres, lines
        "frown": (0.34, (((0.45, 73.7), (0.55, 74.6), (0.75, 75.6)), ((0.0, 73.0), (0.9, 72.9)))),
        "forehead": (
            0.4,
            (
                ((0.0, 76.6), (1.8, 76.8), (4.0, 76.5)),
                ((0.0, 77.7), (2.0, 77.9), (4.2, 77.5)),
                ((0.0, 78.8), (1.8, 78.9), (3.6, 78.6)),
            ),
        ),
        "nasolabial": (0.5, (((1.75, 69.5), (2.3, 68.8), (2.9, 67.6), (3.35, 66.2), (3.4, 65.4)),)),
        "nose": (
            0.26,
            (
                ((0.2, 72.3), (0.9, 71.9)),
                ((0.25, 71.7), (1.1, 71.2)),
                ((0.9, 72.9), (1.5, 71.8), (1.7, 70.6)),
            ),
        ),
        "crow": (
            0.26,
            (
                ((4.9, 73.0), (6.0, 73.6)),
                ((4.95, 72.6), (6.1, 72.6)),
                ((4.8, 72.2), (5.8, 71.6)),
                ((1.9, 71.8), (3.0, 71.2), (4.4, 71.5)),
            ),
        ),
        "chin": (0.45, (((0.0, 64.35), (1.0, 64.3), (1.6, 63.8)), ((2.75, 65.5), (3.1, 64.7), (3.1, 63.9)))),
    }
)
_CAUSES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "frown": {"browDown": 1.0, "noseSneer": 0.3},
        "forehead": {"browOuterUp": 0.5, "browInnerUp": 0.6, "browDown": -0.4},
        "nasolabial": {"mouthSmile": 0.35, "noseSneer": 0.6, "mouthUpperUp": 0.5, "cheekSquint": 0.3},
        "nose": {"noseSneer": 0.6},
        "crow": {"cheekSquint": 0.8, "eyeSquint": 0.4},
        "chin": {"mouthShrugLower": 0.8, "mouthFrown": 0.6},
    }
)
FOLDS = tuple(_LINES)
_AT_REST: Mapping[str, float] = MappingProxyType({"forehead": 0.7, "nasolabial": 1.0, "crow": 0.9})


@cache
def fold_layers() -> Floats:
    """Return how dark each fold is on the canvas, (HEIGHT, WIDTH, folds), 0 to 1."""
    layers = []
    for width_cm, lines in _LINES.values():
        layer = np.zeros((HEIGHT, WIDTH), np.float32)
        for line in lines:
            for side in (-1, 1):
                points = np.array([texel_of(side * x, z) for x, z in line])
                cv2.polylines(layer, [np.rint(points * 16).astype(np.int32)], False, 1.0, 3, cv2.LINE_AA, 4)
        soft = cv2.GaussianBlur(layer, (0, 0), width_cm * TEXELS_PER_CM / 2)
        layers.append(soft / soft.max())
    return np.stack(layers, axis=2)


@cache
def _causes(side: str) -> NDArray[np.float64]:
    """Return the matrix (52, folds) from action weights to fold depths on one side, "Left" or "Right"."""
    matrix = np.zeros((len(ACTIONS), len(FOLDS)))
    for column, fold in enumerate(FOLDS):
        for name, share in _CAUSES[fold].items():
            action = next((a for a in sides(name) if a.endswith(side)), name)
            matrix[ACTIONS.index(action), column] = share
    return matrix


def fold_depths(weights: Floats, *, at_rest: float = 0.0) -> Floats:
    """Return how deep each fold is, (T, 2, folds) for the head's left and right side, 0 to 1.

    ``weights`` (T, 52) are action weights; ``at_rest`` is the depth of an old face's folds without them.
    """
    depths = np.stack([weights @ _causes("Left"), weights @ _causes("Right")], axis=1)
    resting = at_rest * np.array([_AT_REST.get(fold, 0.0) for fold in FOLDS])
    return np.clip(np.maximum(depths, resting), 0, 1).astype(np.float32)
