"""The strongest actions of a face in plain words, such as "brows lowered, lip corners pulled"."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ferfusion.actions.names import ACTIONS
from ferfusion.actions.rest import EXPRESSIVE

LEAST_CHANGE = 0.15
"""Least difference to the face at rest of an action that is named."""
LEAST_AT_REST = 0.3
"""Least value of an expressive action in the calmest frames of a face that is worth a warning."""
NO_CHANGE = "no action differs from its calmest frames"
_OF_TWO_SIDES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "browDown": ("brow lowered", "brows lowered"),
        "browOuterUp": ("outer brow raised", "outer brows raised"),
        "cheekSquint": ("cheek raised", "cheeks raised"),
        "eyeBlink": ("eye closed", "eyes closed"),
        "eyeLookDown": ("eye turned down", "eyes turned down"),
        "eyeLookUp": ("eye turned up", "eyes turned up"),
        "eyeSquint": ("eyelid tightened", "eyelids tightened"),
        "eyeWide": ("upper eyelid raised", "upper eyelids raised"),
        "mouthDimple": ("cheek dimpled", "cheeks dimpled"),
        "mouthFrown": ("lip corner lowered", "lip corners lowered"),
        "mouthLowerDown": ("lower lip lowered", "lower lip lowered"),
        "mouthPress": ("lips pressed", "lips pressed"),
        "mouthSmile": ("lip corner pulled up", "lip corners pulled up"),
        "mouthStretch": ("lips stretched", "lips stretched"),
        "mouthUpperUp": ("upper lip raised", "upper lip raised"),
        "noseSneer": ("nose wrinkled", "nose wrinkled"),
    }
)
"""Words for an action on one side, and on both."""
_OF_BOTH_EYES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "eyes turned to the right": ("eyeLookInLeft", "eyeLookOutRight"),
        "eyes turned to the left": ("eyeLookOutLeft", "eyeLookInRight"),
    }
)
"""The actions of both eyes that turn them to one side of the person."""
_OF_THE_MIDDLE: Mapping[str, str] = MappingProxyType(
    {
        "browInnerUp": "inner brows raised",
        "cheekPuff": "cheeks puffed",
        "jawForward": "jaw thrust forward",
        "jawLeft": "jaw moved to the left",
        "jawOpen": "jaw dropped",
        "jawRight": "jaw moved to the right",
        "mouthClose": "lips closed over the dropped jaw",
        "mouthFunnel": "lips funnelled",
        "mouthLeft": "mouth moved to the left",
        "mouthPucker": "lips puckered",
        "mouthRight": "mouth moved to the right",
        "mouthRollLower": "lower lip rolled in",
        "mouthRollUpper": "upper lip rolled in",
        "mouthShrugLower": "chin raised",
        "mouthShrugUpper": "upper lip pushed up",
        "tongueOut": "tongue shown",
    }
)


def strongest_actions(
    coefficients: NDArray[np.floating], rest: NDArray[np.floating], *, count: int = 3
) -> list[str]:
    """Return the actions that differ most from the face at rest, in words, the strongest first.

    An action of both sides counts with the mean of both; where one side has less than half of the other, the
    stronger side is named by itself. Left and right are those of the person.

    Args:
        coefficients: (52,) in the order of ``ACTIONS``; nan is not known.
        rest: (52,) of the same face at rest.
        count: Number of actions, at most.

    >>> rest = np.zeros(52)
    >>> smile = np.array([0.6 if name.startswith("mouthSmile") else 0.0 for name in ACTIONS])
    >>> strongest_actions(smile, rest)
    ['lip corners pulled up']
    """
    return _in_words(coefficients - rest, least=LEAST_CHANGE)[:count]


def actions_at_rest(rest: NDArray[np.floating]) -> list[str]:
    """Return the actions of an expression that the calmest frames of a face show, in words.

    Such a face was never at rest while it was seen, so that its changes are from that expression.

    Args:
        rest: (52,) as ``estimate_rest`` returns it.

    >>> smile = np.array([0.6 if name.startswith("mouthSmile") else 0.2 for name in ACTIONS])
    >>> actions_at_rest(smile), actions_at_rest(np.full(52, 0.2))
    (['lip corners pulled up'], [])
    """
    expressive = np.zeros_like(rest)
    expressive[EXPRESSIVE] = rest[EXPRESSIVE]
    return _in_words(expressive, least=LEAST_AT_REST)


def _in_words(change: NDArray[np.floating], *, least: float) -> list[str]:
    """Return the actions of at least some strength in words, the strongest first."""
    found = sorted(_named(dict(zip(ACTIONS, change.tolist(), strict=True))), key=lambda each: -each[0])
    return [words for strength, words in found if strength >= least]


def _named(change: Mapping[str, float]) -> Iterator[tuple[float, str]]:
    """Yield the strength of each action that has words, and the words."""
    for name, words in _OF_THE_MIDDLE.items():
        yield _known(change[name]), words
    for words, (one_eye, other_eye) in _OF_BOTH_EYES.items():
        yield (_known(change[one_eye]) + _known(change[other_eye])) / 2, words
    for name, (one, both) in _OF_TWO_SIDES.items():
        sides = {side: _known(change[f"{name}{side.title()}"]) for side in ("left", "right")}
        weaker, stronger = sorted(sides, key=sides.__getitem__)
        if sides[weaker] >= sides[stronger] / 2 or one == both:
            yield sum(sides.values()) / 2, both
        else:
            yield sides[stronger], f"{stronger} {one}"


def _known(value: float) -> float:
    return 0.0 if np.isnan(value) else value
