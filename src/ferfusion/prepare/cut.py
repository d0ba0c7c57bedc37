"""Cut a face out of a decoded frame and bring it to the size of a network's input."""

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.faces.boxes import Box
from ferfusion.video.reader import Frame

# Limited-range Y'CbCr to R'G'B' (ITU-R BT.601-7 and BT.709-6).
# Rows are R, G, B; columns are Y' - 16, Cb - 128, Cr - 128.
_BT601 = np.array([[1.164384, 0, 1.596027], [1.164384, -0.391762, -0.812968], [1.164384, 2.017232, 0]])
_BT709 = np.array([[1.164384, 0, 1.792741], [1.164384, -0.213249, -0.532909], [1.164384, 2.112402, 0]])


def cut_plane(plane: NDArray[np.uint8], box: Box, *, size: int) -> NDArray[np.uint8]:
    """Return the pixels inside ``box`` as a (size, size) picture; beyond the border the edge is repeated.

    The box is rounded to whole pixels, so that two planes cut with one box are cut alike.
    """
    x, y, width, height = (round(float(value)) for value in box)
    width, height = max(width, 1), max(height, 1)
    rows, columns = plane.shape
    top, left = max(-y, 0), max(-x, 0)
    bottom, right = max(y + height - rows, 0), max(x + width - columns, 0)
    inside = plane[
        np.clip(y, 0, rows - 1) : np.clip(y + height, 1, rows),
        np.clip(x, 0, columns - 1) : np.clip(x + width, 1, columns),
    ]
    if top or left or bottom or right:
        inside = np.asarray(
            cv2.copyMakeBorder(inside, top, bottom, left, right, cv2.BORDER_REPLICATE), np.uint8
        )
    shrinks = min(width, height) > size
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(inside, (size, size), interpolation=method), np.uint8)


def cut_rgb(frame: Frame, luma: NDArray[np.uint8], box: Box, *, size: int) -> NDArray[np.uint8]:
    """Return the colour crop (size, size, 3) RGB whose brightness plane is ``luma``, cut with the same box.

    Only the face region is ever turned to colour: the colour planes are cut at half the resolution.
    """
    _, cb, cr = frame.planes
    planes = [luma, cut_plane(cb, box / 2, size=size), cut_plane(cr, box / 2, size=size)]
    ycc = np.stack(planes, axis=-1).astype(np.float32) - (16, 128, 128)
    matrix = _BT709 if frame.is_bt709 else _BT601
    rgb: NDArray[np.uint8] = np.clip(ycc @ matrix.T + 0.5, 0, 255).astype(np.uint8)
    return rgb
