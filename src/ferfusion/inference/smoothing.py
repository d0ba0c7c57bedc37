"""Smooth the class probabilities of one face over time, around each frame or up to each frame."""

from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferfusion.lookup import choose
from ferfusion.video.timestamps import SLACK_SECONDS

SMOOTHINGS = MappingProxyType({"centred": (0.5, 0.5), "causal": (1.0, 0.0)})
"""Shares of the window before and after the frame."""


def smooth_over_time(
    seconds: NDArray[np.float64],
    probabilities: NDArray[np.floating[Any]],
    *,
    window_seconds: float,
    smoothing: str,
) -> NDArray[np.float64]:
    """Return, for each frame, the mean of the probabilities of the frames in its window.

    Args:
        seconds: Times of the frames that show one face, rising, (N,).
        probabilities: Their class probabilities, (N, C).
        window_seconds: Length of the window; 0 turns smoothing off.
        smoothing: Place of the window: centred or causal.

    Returns:
        Smoothed probabilities, (N, C); each row sums to 1 if each row of ``probabilities`` does.

    Raises:
        ConfigError: the smoothing is unknown.

    >>> ramp = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> smooth_over_time(np.arange(4.0), ramp, window_seconds=2, smoothing="centred").ravel().tolist()
    [0.5, 1.0, 2.0, 2.5]
    >>> smooth_over_time(np.arange(4.0), ramp, window_seconds=2, smoothing="causal").ravel().tolist()
    [0.0, 0.5, 1.0, 2.0]
    """
    before, after = choose(SMOOTHINGS, smoothing, what="smoothing")
    if window_seconds == 0:
        return probabilities.astype(np.float64)
    first = np.searchsorted(seconds, seconds - before * window_seconds - SLACK_SECONDS, side="left")
    stop = np.searchsorted(seconds, seconds + after * window_seconds + SLACK_SECONDS, side="right")
    sums = np.concatenate(
        [np.zeros((1, probabilities.shape[1])), np.cumsum(probabilities, axis=0, dtype=float)]
    )
    means: NDArray[np.float64] = (sums[stop] - sums[first]) / (stop - first)[:, None]
    return means
