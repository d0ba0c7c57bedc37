"""Cut a face out of a decoded frame and resize it to the input of a network."""

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.faces.boxes import Box
from ferfusion.video.reader import Frame


def _to_rgb(rows: list[list[float]]) -> NDArray[np.float64]:
    """Return the (3, 4) affine map of limited-range (Y', Cb, Cr) to (R, G, B)."""
    matrix = np.array(rows)
    return np.column_stack([matrix, -matrix @ (16, 128, 128)])


# ITU-R BT.601-7 and BT.709-6
_BT601 = _to_rgb([[1.164384, 0, 1.596027], [1.164384, -0.391762, -0.812968], [1.164384, 2.017232, 0]])
_BT709 = _to_rgb([[1.164384, 0, 1.792741], [1.164384, -0.213249, -0.532909], [1.164384, 2.112402, 0]])

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
    planes = [luma, cut_plane(cb, box / 2, size=size), cut_plane(cr, box / 2, size=size)]
    matrix = _BT709 if frame.is_bt709 else _BT601
    return np.asarray(cv2.transform(cv2.merge(planes), matrix), np.uint8)
