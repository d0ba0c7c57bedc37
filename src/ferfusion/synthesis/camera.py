"""The camera: from points of the head to pixels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks at a point of the head.

    Attributes:
        target_m: The point in the middle of the image, in the head's space.
        yaw_degrees: Angle of the camera to the head's left.
        pitch_degrees: Angle of the camera above the head.
        distance_m: Distance from the target.
        focal_px: Focal length, in pixels of the image.
        center_px: Column and row of the target; pixel centres are at whole coordinates.
    """

    target_m: tuple[float, float, float]
    yaw_degrees: float
    pitch_degrees: float
    distance_m: float
    focal_px: float
    center_px: tuple[float, float]

    def project(self, points_m: Floats) -> tuple[Floats, Floats]:
        """Return the pixel coordinates (..., 2) and the depths in metres (...) of points (..., 3)."""
        seen = (points_m - np.asarray(self.target_m, np.float32)) @ self.rotation.T
        depth = seen[..., 1] + self.distance_m
        column = self.center_px[0] + self.focal_px * seen[..., 0] / depth
        row = self.center_px[1] - self.focal_px * seen[..., 2] / depth
        return np.stack([column, row], axis=-1).astype(np.float32), depth.astype(np.float32)

    @property
    def rotation(self) -> Floats:
        """Rotation (3, 3) from the head's space to x right, y away from the camera, z up."""
        return rotation_degrees(0, self.pitch_degrees, 0) @ rotation_degrees(-self.yaw_degrees, 0, 0)

    def scaled(self, factor: int) -> "Camera":
        """Return the camera for a image with ``factor`` times as many pixels on each axis."""
        column, row = ((value + 0.5) * factor - 0.5 for value in self.center_px)
        return Camera(
            self.target_m,
            self.yaw_degrees,
            self.pitch_degrees,
            self.distance_m,
            self.focal_px * factor,
            (column, row),
        )


def rotation_degrees(yaw: float, pitch: float, roll: float) -> Floats:
    """Return a rotation (3, 3): roll about y, then pitch about x (positive nods down), then yaw about z."""
    a, b, c = np.deg2rad([yaw, pitch, roll])
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    about_y = np.array([[np.cos(c), 0, np.sin(c)], [0, 1, 0], [-np.sin(c), 0, np.cos(c)]])
    return np.asarray(about_z @ about_x @ about_y, dtype=np.float32)
