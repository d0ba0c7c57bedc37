"""When a face moves: neutral, onset, apex, offset; blinks; slow motion of head and eyes.

Nothing here depends on the expression, so that none of it reveals the class.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
_BLINK = (0.35, 1.0, 0.75, 0.3)  # lid closure in the frames of a blink, about 0.16 s at 25 frames per second


@dataclass(frozen=True)
class Timing:
    """Frames at which a clip's expression starts to rise, reaches its peak, starts to fall and ends.

    Attributes:
        onset: Last neutral frame.
        apex: First frame of the peak.
        offset: Last frame of the peak.
        end: First frame that is neutral again; may lie after the clip's last.
    """

    onset: float
    apex: float
    offset: float
    end: float


def ease(x: Floats) -> Floats:
    """Return a smooth rise from 0 at 0 to 1 at 1 whose speed and acceleration end at zero (minimum jerk).

    Source: Flash and Hogan, Journal of Neuroscience 5(7), 1985.
    """
    x = np.clip(x, 0.0, 1.0)
    return x**3 * (10 - 15 * x + 6 * x**2)


def draw_timing(num_frames: int, rng: np.random.Generator) -> Timing:
    """Draw a clip's timing; the peak lasts at least a quarter of the clip, each slope at least an eighth."""
    onset = rng.uniform(0.02, 0.12)
    apex = onset + rng.uniform(0.16, 0.28)
    offset = apex + rng.uniform(0.28, 0.42)
    end = offset + rng.uniform(0.18, 0.34)
    return Timing(*(share * num_frames for share in (onset, apex, offset, end)))


def intensity_curve(timing: Timing, *, num_frames: int, peak: float, lag_frames: float = 0.0) -> Floats:
    """Return the intensity of each frame, (T,), from 0 to ``peak``, ``lag_frames`` later than the timing."""
    frame = np.arange(num_frames) - lag_frames
    rise = ease((frame - timing.onset) / (timing.apex - timing.onset))
    fall = ease((frame - timing.offset) / (timing.end - timing.offset))
    return peak * rise * (1 - fall)


def draw_blinks(num_frames: int, rng: np.random.Generator, *, chance: float = 0.6) -> Floats:
    """Return how far the lids are closed by blinks in each frame, (T,), 0 to 1; at most one blink a clip."""
    closure = np.zeros(num_frames + len(_BLINK))
    start = int(rng.integers(0, num_frames))
    if rng.random() < chance:
        closure[start : start + len(_BLINK)] = _BLINK
    return closure[:num_frames]


def slow_motion(num_frames: int, rng: np.random.Generator, *, start: float, swing: float) -> Floats:
    """Return a slow wander, (T,): a start of standard deviation ``start`` and two slow waves around it.

    The waves last 0.8 to 3.3 clips and together reach ``swing`` at most.
    """
    time = np.arange(num_frames) / num_frames
    cycles, phases = rng.uniform(0.3, 1.2, 2), rng.uniform(0, 2 * np.pi, 2)
    shares = rng.uniform(0.2, 0.5, 2)
    waves = (shares[:, None] * np.sin(2 * np.pi * cycles[:, None] * time + phases[:, None])).sum(axis=0)
    return np.asarray(start * rng.standard_normal() + swing * waves)
