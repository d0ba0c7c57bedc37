"""The planes of a yuv420p image: views of its pixels, which can be read and written."""

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]
"""Luma (H, W) and the two chroma planes, each half as high and half as wide, rounded up."""


def planes_of(image: av.VideoFrame) -> Planes:
    """Return the planes of a planar image of 8 bits as views of its pixels.

    >>> [plane.shape for plane in planes_of(av.VideoFrame(6, 5, "yuv420p"))]
    [(5, 6), (3, 3), (3, 3)]
    """
    luma, cb, cr = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in image.planes
    )
    return luma, cb, cr


def _to_rgb(rows: list[list[float]]) -> NDArray[np.float64]:
    """Return the (3, 4) affine map of limited-range (Y', Cb, Cr) to (R, G, B)."""
    matrix = np.array(rows)
    return np.column_stack([matrix, -matrix @ (16, 128, 128)])


# ITU-R BT.601-7 and BT.709-6
_BT601 = _to_rgb([[1.164384, 0, 1.596027], [1.164384, -0.391762, -0.812968], [1.164384, 2.017232, 0]])
_BT709 = _to_rgb([[1.164384, 0, 1.792741], [1.164384, -0.213249, -0.532909], [1.164384, 2.112402, 0]])


def rgb_of_planes(planes: Planes, *, is_bt709: bool) -> NDArray[np.uint8]:
    """Return the image (H, W, 3) RGB of three planes of one size, in limited range.

    >>> grey = np.full((1, 1), 126, np.uint8), np.full((1, 1), 128, np.uint8), np.full((1, 1), 128, np.uint8)
    >>> rgb_of_planes(grey, is_bt709=True).tolist()
    [[[128, 128, 128]]]
    """
    return np.asarray(cv2.transform(cv2.merge(planes), _BT709 if is_bt709 else _BT601), np.uint8)
