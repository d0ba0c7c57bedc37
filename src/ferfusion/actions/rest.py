"""The rest of a face: its facial actions when it shows nothing, estimated from a whole track or so far.

Coefficients at rest differ between people, so that only their change says what a face does. The first frames
of a video need not be at rest. Instead, rest is the median of the least active frames of the track. A frame
is active by the sum of those actions that are near 0 in every resting face; the others, such as the height
of the inner brow, differ between resting people.
"""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from ferfusion.actions.names import ACTIONS

SHARE = 0.2
"""Share of the frames that are taken to be at rest."""
LEAST_FRAMES = 3
_FRAMES_SO_FAR = 1_500
"""Frames that a running estimate looks back: a minute at 25 frames per second."""
_DIFFER_AT_REST = ("browInnerUp", "browOuterUp", "eyeSquint", "mouthPucker", "mouthShrug")
"""Actions whose 90th percentile over the resting people of the sample corpus is above 0.1."""
_NOT_OF_EXPRESSION = ("eyeBlink", "eyeLook", "tongueOut")
EXPRESSIVE = [
    column
    for column, name in enumerate(ACTIONS)
    if not name.startswith((*_DIFFER_AT_REST, *_NOT_OF_EXPRESSION))
]
"""Columns of the actions that are near 0 in every resting face."""


def activity(actions: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return how active each frame is, (T,): the sum of the known actions near 0 at rest; nan if none is.

    Args:
        actions: Coefficients (T, 52) in the order of ``ACTIONS``; nan in a frame that cannot be read.
    """
    active = actions[:, EXPRESSIVE]
    # an estimator may know some of the actions only
    return np.where(np.isnan(active).all(axis=1), np.nan, np.nansum(active, axis=1, dtype=np.float64))


def estimate_rest(actions: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the rest of a face, (52,): the median of the least active fifth of its frames, at least three.

    Args:
        actions: Coefficients (T, 52) of a track; nan in a frame that cannot be read. A track without a frame
            that can be read has the rest nan.

    >>> track = np.zeros((10, 52))
    >>> track[:6, ACTIONS.index("mouthSmileLeft")] = 0.8
    >>> float(estimate_rest(track).max())
    0.0
    """
    active = activity(actions)
    read = np.flatnonzero(np.isfinite(active))
    if not len(read):
        return np.full(len(ACTIONS), np.nan, np.float32)
    count = max(LEAST_FRAMES, math.ceil(SHARE * len(read)))
    calm = read[np.argsort(active[read], kind="stable")[:count]]
    return np.asarray(np.median(actions[calm], axis=0), np.float32)


class RunningRest:
    """Estimates the rest of a face frame by frame, from the frames so far, of the last minute at most."""

    def __init__(self) -> None:
        self._frames: deque[NDArray[np.floating]] = deque(maxlen=_FRAMES_SO_FAR)

    def add(self, actions: NDArray[np.floating]) -> NDArray[np.float32]:
        """Take the coefficients (52,) of the next frame, nan if unread, and return the rest by now, (52,)."""
        self._frames.append(actions)
        return estimate_rest(np.stack(self._frames))
