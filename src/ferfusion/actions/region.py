"""The region of interest of a face: a square around it, turned so that the eyes are level.

Source: MediaPipe's face landmark graph (face_landmarks_detector_graph.cc): the square has 1.5 times the side
of the box around the landmarks, and its turn is that of the line from landmark 33 to landmark 263, the outer
corners of the eyes. There the box has the axes of the image; here it has those of the eyes, so that a tilted
head gets the same region.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.faces.boxes import Box
from ferfusion.video.planes import Plane, rgb_of_planes
from ferfusion.video.reader import Frame

ENLARGED = 1.5
"""Side of the region, as a multiple of that of the box."""
RIGHT_EYE, LEFT_EYE = 33, 263
"""The landmarks at the outer corners of the person's eyes."""

Points = NDArray[np.floating]


@dataclass(frozen=True)
class Region:
    """A square in an image.

    Attributes:
        x: Column of its centre; pixel centres are at whole coordinates.
        y: Row of its centre.
        side: Its side, in pixels.
        angle: Angle from the image's x axis to its own, in radians; positive is clockwise as shown.
    """

    x: float
    y: float
    side: float
    angle: float = 0.0

    @classmethod
    def of_box(cls, box: Box, *, enlarged: float = ENLARGED) -> "Region":
        """Return the upright region around a face's box (x, y, width, height)."""
        x, y, width, height = box.tolist()
        return cls(x + (width - 1) / 2, y + (height - 1) / 2, enlarged * max(width, height))

    @classmethod
    def of_landmarks(cls, landmarks: Points) -> "Region":
        """Return the region around landmarks (478, 2 or 3) in pixels of the image.

        >>> points = np.zeros((478, 2)) + (20, 20)
        >>> points[[33, 263]] = [[10, 20], [30, 20]]
        >>> Region.of_landmarks(points)
        Region(x=20.0, y=20.0, side=30.0, angle=0.0)
        """
        across, down = landmarks[LEFT_EYE, :2] - landmarks[RIGHT_EYE, :2]
        angle = math.atan2(down, across)
        turn = _turn(angle)
        level = landmarks[:, :2] @ turn
        low, high = level.min(axis=0), level.max(axis=0)
        x, y = turn @ ((low + high) / 2)
        return cls(float(x), float(y), ENLARGED * float((high - low).max()), angle)

    def to_image(self, size: int) -> NDArray[np.float64]:
        """Return the affine map (2, 3) from pixels of the region, cut to ``size``, to pixels of the image."""
        step = self.side / size
        matrix = _turn(self.angle) * step
        middle = (size - 1) / 2
        return np.column_stack([matrix, (self.x, self.y) - matrix @ (middle, middle)])

    def cut_rgb(self, frame: Frame, *, size: int) -> NDArray[np.uint8]:
        """Return the region of a frame, (size, size, 3) RGB; beyond the border, the edge is repeated."""
        to_image = self.to_image(size)
        to_half = to_image / 2
        to_half[:, 2] -= 0.25  # the centre of a chroma pixel is between those of two luma pixels
        luma, cb, cr = frame.planes
        planes = (_warp(luma, to_image, size), _warp(cb, to_half, size), _warp(cr, to_half, size))
        return rgb_of_planes(planes, is_bt709=frame.is_bt709)


def _turn(angle: float) -> NDArray[np.float64]:
    """Return the matrix (2, 2) from the axes of a region to those of the image."""
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.array([[cosine, -sine], [sine, cosine]])


def _warp(plane: Plane, matrix: NDArray[np.float64], size: int) -> Plane:
    """Return the pixels (size, size) that an affine map takes to pixels of the plane.

    A region of more than twice the size is averaged over areas first, as one pixel of it would else be read
    from a few of many.
    """
    steps = int(np.hypot(*matrix[:, 0]))
    if steps > 1:
        plane, matrix = _reduced(plane, matrix, size, steps)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(plane, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def _reduced(
    plane: Plane, matrix: NDArray[np.float64], size: int, steps: int
) -> tuple[Plane, NDArray[np.float64]]:
    """Return the part of a plane that a map reads, at 1 / ``steps`` of its size, and the map to it."""
    corners = matrix @ [[0, size, 0, size], [0, 0, size, size], [1, 1, 1, 1]]
    rows, columns = plane.shape
    left, top = np.clip(corners.min(axis=1) - steps, 0, (columns - 1, rows - 1)).astype(int)
    right, bottom = np.clip(corners.max(axis=1) + steps, (left + 1, top + 1), (columns, rows)).astype(int)
    width, height = max(1, (right - left) // steps), max(1, (bottom - top) // steps)
    part = cv2.resize(plane[top:bottom, left:right], (width, height), interpolation=cv2.INTER_AREA)
    shrunk = np.array([width / (right - left), height / (bottom - top)])
    offset = (matrix[:, 2] - (left, top) + 0.5) * shrunk - 0.5
    return np.asarray(part, np.uint8), np.column_stack([matrix[:, :2] * shrunk[:, None], offset])
