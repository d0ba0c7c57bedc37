"""One showing of an expression: the weight of every facial action and the rotation of the head, by frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferfusion.actions.names import ACTIONS
from ferfusion.synthesis.actions import STUDIO, Prototype, draw_units, weights_of_units
from ferfusion.synthesis.timing import Timing, draw_blinks, draw_timing, intensity_curve, slow_motion

Floats = NDArray[np.floating[Any]]
_COLUMN = {name: column for column, name in enumerate(ACTIONS)}


@dataclass(frozen=True)
class Performance:
    """The movements of a face and a head in a clip.

    Attributes:
        intensity: (T,) intensity of the expression, 0 to 1.
        weights: (T, 52) weight of every action, 0 to 1, in the order of ``ACTIONS``.
        turn_degrees: (T, 3) yaw (to the head's left), pitch (down) and roll of the head.
        peak: Intended highest intensity.
        timing: Frames at which the expression begins and ends.
    """

    intensity: Floats
    weights: Floats
    turn_degrees: Floats
    peak: float
    timing: Timing


def _side_factors(rng: np.random.Generator) -> dict[str, float]:
    """Draw how strong each side of the face is; the stronger has 1, the weaker 0.78 to 1."""
    weaker = 1 - rng.uniform(0, 0.22)
    left, right = (1.0, weaker) if rng.random() < 0.5 else (weaker, 1.0)
    return {"Left": left, "Right": right}


def _expression_weights(
    expression: str,
    timing: Timing,
    *,
    num_frames: int,
    peak: float,
    rng: np.random.Generator,
    variants: Mapping[str, tuple[Prototype, ...]],
) -> Floats:
    """Return the action weights (T, 52) of the expression alone; every action has its own small lag."""
    weights = np.zeros((num_frames, len(ACTIONS)))
    factors = _side_factors(rng)
    for name, weight in weights_of_units(draw_units(expression, rng, variants=variants)).items():
        side = "Left" if name.endswith("Left") else "Right" if name.endswith("Right") else ""
        curve = intensity_curve(timing, num_frames=num_frames, peak=peak, lag_frames=rng.uniform(-0.8, 0.8))
        weights[:, _COLUMN[name]] = weight * factors.get(side, 1.0) * curve
    return weights


def set_gaze(weights: Floats, across: Floats | float, upwards: Floats | float) -> None:
    """Set where both eyes look, in weights (..., 52): ``across`` to the head's left, and up."""
    for names, values in (
        (("eyeLookOutLeft", "eyeLookInRight"), across),
        (("eyeLookInLeft", "eyeLookOutRight"), -across),
        (("eyeLookUpLeft", "eyeLookUpRight"), upwards),
        (("eyeLookDownLeft", "eyeLookDownRight"), -upwards),
    ):
        for name in names:
            weights[..., _COLUMN[name]] = np.maximum(values, 0)


def close_lids(weights: Floats, side: str, closure: Floats | float) -> None:
    """Close the lids of a side in weights (..., 52); this takes precedence over the lids' other actions."""
    for name in ("eyeWide", "eyeSquint"):
        weights[..., _COLUMN[name + side]] *= 1 - closure
    blink = _COLUMN["eyeBlink" + side]
    weights[..., blink] = np.maximum(weights[..., blink], closure)


def draw_performance(
    expression: str,
    *,
    num_frames: int,
    min_intensity: float,
    max_intensity: float,
    rng: np.random.Generator,
    resting: Mapping[str, float] | None = None,
    variants: Mapping[str, tuple[Prototype, ...]] = STUDIO,
) -> Performance:
    """Draw one showing of an expression.

    Timing, blinks, gaze and head motion are drawn before and apart from the expression, so that only the
    face's actions show the class.

    Args:
        expression: A name of ``PROTOTYPES``.
        num_frames: Length of the clip.
        min_intensity: Weakest peak, above 0.
        max_intensity: Strongest peak, up to 1.
        rng: Source of the draws.
        resting: Weights of actions that this person's face has at rest.
        variants: The ways to show each expression.

    Raises:
        ConfigError: the expression has no prototype.
    """
    timing = draw_timing(num_frames, rng)
    peak = float(rng.uniform(min_intensity, max_intensity))
    closure = draw_blinks(num_frames, rng)
    turn = np.stack(
        [slow_motion(num_frames, rng, start=s, swing=w) for s, w in ((3, 4), (2, 3), (1.5, 2))], 1
    )
    gaze = np.zeros((num_frames, len(ACTIONS)))
    set_gaze(
        gaze,
        slow_motion(num_frames, rng, start=0.08, swing=0.1),
        slow_motion(num_frames, rng, start=0.06, swing=0.06),
    )
    weights = gaze + _expression_weights(
        expression, timing, num_frames=num_frames, peak=peak, rng=rng, variants=variants
    )
    for name, weight in (resting or {}).items():
        weights[:, _COLUMN[name]] += weight
    for side in ("Left", "Right"):
        close_lids(weights, side, closure)
    return Performance(
        intensity=intensity_curve(timing, num_frames=num_frames, peak=peak),
        weights=np.clip(weights, 0, 1),
        turn_degrees=turn,
        peak=peak,
        timing=timing,
    )
