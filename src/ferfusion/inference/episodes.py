"""Episodes of an expression: onset, apex and offset, by hysteresis on the smoothed probability.

An episode is the longest stretch of frames whose probability is at least ``low`` and that reaches ``high``.
One threshold alone would cut an episode in two where the probability varies around it.

Source: the four phases of an expression are those of Ekman & Friesen's FACS; thresholds with hysteresis are
those of Canny 1986, section VI.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import ConfigError

_HIGH, _LOW = 0.5, 0.3
_HIGH_ABOVE_CHANCE, _LOW_ABOVE_CHANCE = 0.4, 0.16
"""The same for six classes, as shares of the way from chance to 1."""


@dataclass(frozen=True)
class Episode:
    """One display of an expression by one face.

    Attributes:
        onset: Second of the first frame whose probability is at least ``low``.
        apex: Second of the frame with the highest probability.
        offset: Second at which the last such frame ends.
        probability: Highest smoothed probability.
        onset_seen: Whether the face was in view right before, below ``low``; if not, the expression may have
            begun earlier.
        offset_seen: The same right after.
    """

    onset: float
    apex: float
    offset: float
    probability: float
    onset_seen: bool
    offset_seen: bool


def usual_thresholds(num_classes: int) -> tuple[float, float]:
    """Return (high, low): 0.5 and 0.3, and more for fewer than six classes, whose chance is higher.

    >>> [tuple(round(each, 3) for each in usual_thresholds(count)) for count in (2, 3, 6, 11)]
    [(0.7, 0.58), (0.6, 0.44), (0.5, 0.3), (0.5, 0.3)]
    """
    chance = 1 / num_classes
    return (
        max(_HIGH, chance + _HIGH_ABOVE_CHANCE * (1 - chance)),
        max(_LOW, chance + _LOW_ABOVE_CHANCE * (1 - chance)),
    )


def check_thresholds(high: float, low: float) -> None:
    """Check the thresholds of an episode.

    Raises:
        ConfigError: they are not 0 < low <= high <= 1.
    """
    if not 0 < low <= high <= 1:
        raise ConfigError(f"Thresholds must be 0 < low <= high <= 1, got low {low!r} and high {high!r}")


def find_episodes(
    seconds: NDArray[np.float64],
    probabilities: NDArray[np.floating[Any]],
    *,
    longest_step: float,
    end_seconds: float = math.inf,
    high: float,
    low: float,
) -> list[Episode]:
    """Return the episodes of one expression of one face.

    Args:
        seconds: Times of the frames that show the face, rising, (N,).
        probabilities: Smoothed probabilities of the expression, (N,).
        longest_step: Longest time from one frame to the next, in seconds, that is not a gap. An episode ends
            at the next frame; before a gap and at the end, it ends one median step after its last frame.
        end_seconds: End of the video, which no episode passes.
        high: Probability that an episode must reach.
        low: Probability below which it has not begun, or has ended.

    >>> times = np.arange(6) / 10
    >>> find_episodes(times, np.array([0.1, 0.4, 0.7, 0.4, 0.1, 0.1]), longest_step=0.3, high=0.5, low=0.3)
    [Episode(onset=0.1, apex=0.2, offset=0.4, probability=0.7, onset_seen=True, offset_seen=True)]
    """
    check_thresholds(high, low)
    if not len(seconds):
        return []
    steps = np.diff(seconds)
    usual = float(np.median(steps)) if len(steps) else 0.0
    is_gap = steps > longest_step
    above = probabilities >= low
    begins = np.flatnonzero(above & np.append(True, ~above[:-1] | is_gap))
    lasts = np.flatnonzero(above & np.append(~above[1:] | is_gap, True))
    ends = np.append(np.where(is_gap, seconds[:-1] + usual, seconds[1:]), seconds[-1] + usual)
    is_followed = np.append(~is_gap, False)
    episodes = []
    for first, last in zip(begins.tolist(), lasts.tolist(), strict=True):
        apex = first + int(probabilities[first : last + 1].argmax())
        if probabilities[apex] >= high:
            episodes.append(
                Episode(
                    onset=float(seconds[first]),
                    apex=float(seconds[apex]),
                    offset=min(float(ends[last]), end_seconds),
                    probability=float(probabilities[apex]),
                    onset_seen=first > 0 and bool(is_followed[first - 1]),
                    offset_seen=bool(is_followed[last]),
                )
            )
    return episodes
