"""Faces that show any mixture of actions, in any pose: what a network that reads actions learns from.

A face shows an expression, speech, single actions, or several of these; all that it does is drawn again for
each image. So the actions that go together in the six expressions do not always go together here.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferfusion.actions.names import ACTIONS, without_side
from ferfusion.synthesis.actions import PROTOTYPES, draw_units, sides, weights_of_units
from ferfusion.synthesis.performance import close_lids, set_gaze

Floats = NDArray[np.floating[Any]]
_COLUMN = {name: column for column, name in enumerate(ACTIONS)}
_SPOKEN = ("jawOpen", "mouthFunnel", "mouthPucker", "mouthLowerDown", "mouthUpperUp", "mouthRollLower",
           "mouthRollUpper", "mouthClose", "mouthStretch", "mouthShrugUpper", "mouthPress")  # fmt: skip
_SINGLE = tuple(
    dict.fromkeys(without_side(name) for name in ACTIONS if not name.startswith(("eyeLook", "eyeBlink")))
)
"""Actions that are drawn by themselves; both sides of an action are one."""
_LARGEST_TURN = (55.0, 35.0, 35.0)
_TURN_DEVIATION = (17.0, 9.0, 8.0)


@dataclass(frozen=True)
class RandomFace:
    """What a face does in an image.

    Attributes:
        weights: (52,) weight of every action, 0 to 1, in the order of ``ACTIONS``.
        turn_degrees: (3,) yaw (to the head's left), pitch (down) and roll of the head.
    """

    weights: Floats
    turn_degrees: Floats


def draw_face(rng: np.random.Generator) -> RandomFace:
    """Draw what a face does in one image."""
    weights = np.zeros(len(ACTIONS))
    _rest(weights, rng)
    shown = rng.random(3) < (0.5, 0.3, 0.6)
    if shown[0]:
        _express(weights, rng)
    if shown[1]:
        _speak(weights, rng)
    if shown[2]:
        _act(weights, rng)
    _look(weights, rng)
    _blink(weights, rng)
    turn = rng.normal(0, _TURN_DEVIATION)
    return RandomFace(np.clip(weights, 0, 1), np.clip(turn, np.negative(_LARGEST_TURN), _LARGEST_TURN))


def _add(weights: Floats, name: str, weight: float, rng: np.random.Generator) -> None:
    """Add a weight to both sides of an action; seldom to one side alone, and seldom the same to both."""
    both = sides(name)
    shares = np.ones(len(both))
    if len(both) > 1:
        shares -= rng.uniform(0, 0.3, 2)
        if rng.random() < 0.15:
            shares[rng.integers(2)] = 0
    for action, share in zip(both, shares, strict=True):
        weights[_COLUMN[action]] += weight * share


def _rest(weights: Floats, rng: np.random.Generator) -> None:
    """Add what a face does at rest: two actions, weakly."""
    for name in rng.choice(_SINGLE, 2, replace=False):
        _add(weights, str(name), rng.uniform(0, 0.15), rng)


def _express(weights: Floats, rng: np.random.Generator) -> None:
    """Add one of the six expressions, from faint to full."""
    expression = str(rng.choice(list(PROTOTYPES)))
    strength = rng.uniform(0.1, 1.0)
    for action, weight in weights_of_units(draw_units(expression, rng, spread=0.5)).items():
        weights[_COLUMN[action]] += strength * weight * rng.uniform(0.7, 1)


def _speak(weights: Floats, rng: np.random.Generator) -> None:
    """Add a mouth that speaks: three of its actions."""
    for name in rng.choice(_SPOKEN, 3, replace=False):
        _add(weights, str(name), 0.7 * rng.beta(1.2, 2), rng)


def _act(weights: Floats, rng: np.random.Generator) -> None:
    """Add one to five actions that need not belong together."""
    for name in rng.choice(_SINGLE, rng.integers(1, 6), replace=False):
        _add(weights, str(name), rng.beta(1.1, 1.1), rng)


def _look(weights: Floats, rng: np.random.Generator) -> None:
    """Add a gaze, the same for both eyes: near the camera, and in a quarter of the images anywhere."""
    across, up = rng.normal(0, 0.4 if rng.random() < 0.25 else 0.1, 2)
    set_gaze(weights, across, up)


def _blink(weights: Floats, rng: np.random.Generator) -> None:
    """Close the lids in a fifth of the images, fully or in part, and seldom one of them alone."""
    if rng.random() >= 0.2:
        return
    closure = np.repeat(rng.uniform(0.2, 1), 2)
    if rng.random() < 0.15:
        closure[rng.integers(2)] = 0
    for side, closed in zip(("Left", "Right"), closure, strict=True):
        close_lids(weights, side, closed)
