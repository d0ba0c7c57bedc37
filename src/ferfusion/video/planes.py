"""The planes of a yuv420p image: views of its pixels, which can be read and written."""

import av
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
