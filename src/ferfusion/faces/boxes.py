"""Boxes around faces: arrays of (x, y, width, height) in pixels, x and y at the top left corner."""

import numpy as np
from numpy.typing import NDArray

Box = NDArray[np.float64]
"""(4,): x, y, width, height in pixels of the upright image."""


def iou(first: Box, second: Box) -> float:
    """Return the intersection over union of two boxes, 0 to 1.

    >>> iou(np.array([0, 0, 2, 2]), np.array([1, 0, 2, 2]))
    0.3333333333333333
    """
    shared = _shared(first, second)
    return shared / (_area(first) + _area(second) - shared) if shared else 0.0


def shared_of_smaller(first: Box, second: Box) -> float:
    """Return the intersection of two boxes as a share of the smaller one, 0 to 1.

    >>> shared_of_smaller(np.array([0, 0, 9, 9]), np.array([1, 1, 2, 2]))
    1.0
    """
    shared = _shared(first, second)
    return shared / min(_area(first), _area(second)) if shared else 0.0


def _shared(first: Box, second: Box) -> float:
    """Return the area of the intersection."""
    left, top, width, height = first.tolist()
    other_left, other_top, other_width, other_height = second.tolist()
    across = min(left + width, other_left + other_width) - max(left, other_left)
    down = min(top + height, other_top + other_height) - max(top, other_top)
    return float(max(across, 0) * max(down, 0))


def _area(box: Box) -> float:
    return float(box[2] * box[3])


def grow_to_square(box: Box, *, margin: float) -> Box:
    """Return the square with the box's centre whose side is the box's longer side plus a margin on each side.

    >>> grow_to_square(np.array([10.0, 10.0, 20.0, 40.0]), margin=0.25).tolist()
    [-10.0, 0.0, 60.0, 60.0]
    """
    x, y, width, height = box.tolist()
    side = max(width, height) * (1 + 2 * margin)
    return np.array([x + (width - side) / 2, y + (height - side) / 2, side, side])
