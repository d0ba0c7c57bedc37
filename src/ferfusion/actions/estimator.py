"""The interface of an estimator of facial actions; the table of estimators is in ``estimators``."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ferfusion.faces.tracks import TrackedFrame


@dataclass(frozen=True, eq=False)
class FaceActions:
    """What a face does in one frame.

    Attributes:
        coefficients: (52,) float32, from 0 to 1, in the order of ``ACTIONS``; nan where the estimator does
            not give the action.
        pose_degrees: (3,) float32, yaw, pitch and roll of the head, see ``head_pose``.
        landmarks: (478, 3) float32, x and y in pixels of the upright image, z at the same scale; a smaller z
            is nearer to the camera; None if the estimator finds none.
        score: Probability that the landmarks are on a face; 1 without landmarks.
    """

    coefficients: NDArray[np.float32]
    pose_degrees: NDArray[np.float32]
    landmarks: NDArray[np.float32] | None
    score: float

    @property
    def row(self) -> NDArray[np.float32]:
        """The coefficients and the pose, in the order of ``ACTION_COLUMNS``, (55,)."""
        return np.concatenate([self.coefficients, self.pose_degrees])


ActedFrame = tuple[TrackedFrame, tuple[FaceActions | None, ...]]
"""A frame, and the actions of each of its faces; None where no actions can be read."""


class ActionEstimator(Protocol):
    """Estimates the facial actions and the head pose of every face of a video.

    Attributes:
        min_score: Least score of landmarks that are used.
        gives: Names of the actions that it estimates, of ``ACTIONS``.
    """

    min_score: float
    gives: tuple[str, ...]

    def follow(self, frames: Iterable[TrackedFrame]) -> Iterator[ActedFrame]:
        """Yield every frame of a video with the actions of its faces, in order; nothing is kept after it."""
