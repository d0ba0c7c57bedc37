"""The plane on which faces are painted: the mean face seen from the front, in centimetres.

Every vertex keeps its place on the mean face, so paint moves with the mesh of any head.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

LEFT_CM, TOP_CM = -9.0, 87.0
TEXELS_PER_CM = 22
WIDTH, HEIGHT = 18 * TEXELS_PER_CM, 27 * TEXELS_PER_CM

Floats = NDArray[np.floating[Any]]


def texel_of(x_cm: float, z_cm: float) -> tuple[float, float]:
    """Return the column and row of a place on the mean face.

    >>> texel_of(-9.0, 87.0)
    (0.0, 0.0)
    """
    return (x_cm - LEFT_CM) * TEXELS_PER_CM, (TOP_CM - z_cm) * TEXELS_PER_CM


def plane() -> tuple[Floats, Floats]:
    """Return x and z in centimetres of every texel, two arrays (HEIGHT, WIDTH)."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    return columns / TEXELS_PER_CM + LEFT_CM, TOP_CM - rows / TEXELS_PER_CM
