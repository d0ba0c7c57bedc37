"""The pose of a head from its landmarks: the rotation from a level face that looks into the camera.

yaw     about the vertical: positive when the head turns to its own left, to the right of the image
pitch   about the line between the ears: positive when the head nods down
roll    about the line of sight: positive when the head tilts to its own left shoulder, clockwise as shown

The rotation is roll first, then pitch, then yaw, as that of the rendered heads (``synthesis``). It is
relative to the camera, without perspective: a face at the side of a wide image seems turned by its angle from
the axis.

Source: Kabsch, "A solution for the best rotation to relate two sets of vectors", 1976.
"""

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

LEVEL_FACE = MappingProxyType(
    {
        1: (0.000, 0.275, -0.454),
        2: (0.000, 0.346, -0.276),
        4: (0.000, 0.196, -0.479),
        5: (0.000, 0.090, -0.455),
        6: (0.000, -0.167, -0.282),
        10: (0.000, -0.857, -0.201),
        33: (-0.500, -0.218, 0.015),
        93: (-0.772, 0.161, 0.652),
        94: (0.000, 0.336, -0.326),
        97: (-0.090, 0.338, -0.257),
        98: (-0.189, 0.315, -0.186),
        127: (-0.792, -0.189, 0.584),
        129: (-0.230, 0.233, -0.147),
        133: (-0.190, -0.193, -0.046),
        162: (-0.778, -0.368, 0.463),
        168: (0.000, -0.268, -0.235),
        195: (0.000, 0.003, -0.394),
        197: (0.000, -0.078, -0.336),
        234: (-0.787, -0.017, 0.641),
        263: (0.500, -0.218, 0.015),
        323: (0.772, 0.161, 0.652),
        326: (0.090, 0.338, -0.257),
        327: (0.189, 0.315, -0.186),
        356: (0.792, -0.189, 0.584),
        358: (0.230, 0.233, -0.147),
        362: (0.190, -0.193, -0.046),
        389: (0.778, -0.368, 0.463),
        454: (0.787, -0.017, 0.641),
    }
)
"""Landmarks of a level face, in units of the distance between the outer corners of the eyes.

x to the person's left, y down, z away from the camera. They are of the nose, the eyes' corners, the temples
and the middle of the forehead, which expressions move least. Each is the mean over the 18 people of the
sample corpus, whose landmarks were turned back by the true pose, made the same on both sides.
"""
_POINTS = list(LEVEL_FACE)


def _with_depth_second(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return points (n, 3) with the axes x to the right, y away from the camera, z up."""
    return np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1).astype(np.float64)


_LEVEL = _with_depth_second(np.array(list(LEVEL_FACE.values())))
_LEVEL -= _LEVEL.mean(axis=0)


def pose_degrees(landmarks: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return yaw, pitch and roll of a head, (3,) in degrees.

    Args:
        landmarks: Landmarks (468 or more, 3): x to the right, y down, z away from the camera, of one scale.
    """
    from scipy.spatial.transform import Rotation  # noqa: PLC0415 most predictions read no actions

    seen = _with_depth_second(landmarks[_POINTS])
    rotation, _ = Rotation.align_vectors(seen - seen.mean(axis=0), _LEVEL)
    return pose_of_rotation(rotation.as_matrix())


def pose_of_rotation(matrix: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return yaw, pitch and roll of a rotation (3, 3) of x to the right, y away from the camera, z up."""
    from scipy.spatial.transform import Rotation  # noqa: PLC0415 as above

    return np.asarray(Rotation.from_matrix(matrix).as_euler("ZXY", degrees=True), np.float32)
