"""Cut a face out of a decoded frame and resize it to the input of a network."""

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.faces.boxes import Box
from ferfusion.video.planes import rgb_of_planes
from ferfusion.video.reader import Frame

_LONGEST_SIDE = 8192
"""Of a box that leaves the image. Of a longer one, such as the square around a strip of 65,000 x 100 pixels,
every k-th row and column is read: the square would have many times the pixels of the image."""


def whole_pixels(box: Box) -> tuple[int, int, int, int]:
    """Return the pixels that are cut for a box: x, y, width and height as integers."""
    x, y, width, height = map(round, box.tolist())
    return x, y, max(width, 1), max(height, 1)


def cut_plane(plane: NDArray[np.uint8], box: Box, *, size: int) -> NDArray[np.uint8]:
    """Return the pixels inside ``box`` as a (size, size) image; beyond the border, the edge is repeated.

    The box is rounded to whole pixels, so one box cuts two planes at the same pixels. A box larger than
    ``size`` is averaged over areas.
    """
    x, y, width, height = whole_pixels(box)
    rows, columns = plane.shape
    if x >= 0 and y >= 0 and x + width <= columns and y + height <= rows:
        inside = plane[y : y + height, x : x + width]
    else:
        step = -(-max(width, height) // _LONGEST_SIDE)
        spans = (range(y, y + height, step), range(x, x + width, step))
        inside = plane
        for axis in sorted((0, 1), key=lambda axis: -plane.shape[axis]):
            inside = inside.take(spans[axis], axis=axis, mode="clip")
    shrinks = min(inside.shape) > size
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(inside, (size, size), interpolation=method), np.uint8)


def cut_rgb(frame: Frame, luma: NDArray[np.uint8], box: Box, *, size: int) -> NDArray[np.uint8]:
    """Return the crop (size, size, 3) RGB.

    Only the region of the face is converted to RGB; the chroma planes have half the resolution.

    Args:
        frame: The frame.
        luma: Its luma plane, cut with the same box, (size, size).
        box: The box, in pixels of the upright image.
        size: Side of the crop, in pixels.
    """
    _, cb, cr = frame.planes
    planes = (luma, cut_plane(cb, box / 2, size=size), cut_plane(cr, box / 2, size=size))
    return rgb_of_planes(planes, is_bt709=frame.is_bt709)
