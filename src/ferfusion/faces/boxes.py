"""Boxes around faces: arrays of (x, y, width, height) in pixels, x and y at the top left corner."""

import numpy as np
from numpy.typing import NDArray

Box = NDArray[np.float64]
"""(4,): x, y, width, height in pixels of the upright picture."""


def iou(first: Box, second: Box) -> float:
    """Return the intersection over union of two boxes, 0 to 1.

    >>> iou(np.array([0, 0, 2, 2]), np.array([1, 0, 2, 2]))
    0.3333333333333333
    """
    overlap = np.minimum(first[:2] + first[2:], second[:2] + second[2:]) - np.maximum(first[:2], second[:2])
    if overlap.min() <= 0:
        return 0.0
    shared = float(overlap.prod())
    return shared / (float(first[2:].prod()) + float(second[2:].prod()) - shared)


def grow_to_square(box: Box, *, margin: float) -> Box:
    """Return the square with the box's centre whose side is the box's longer side plus a margin on each side.

    >>> grow_to_square(np.array([10.0, 10.0, 20.0, 40.0]), margin=0.25).tolist()
    [-10.0, 0.0, 60.0, 60.0]
    """
    centre = box[:2] + box[2:] / 2
    side = float(box[2:].max()) * (1 + 2 * margin)
    return np.array([*(centre - side / 2), side, side])
