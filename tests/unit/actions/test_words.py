import numpy as np
import pytest

from ferfusion.actions.names import ACTIONS
from ferfusion.actions.words import _OF_THE_MIDDLE, _OF_TWO_SIDES, strongest_actions

REST = np.full(len(ACTIONS), 0.1)


def face(**changes):
    """A face at rest but for some actions; a name without a side is of both."""
    values = REST.copy()
    for place, action in enumerate(ACTIONS):
        for name, change in changes.items():
            if action == name or action in (f"{name}Left", f"{name}Right"):
                values[place] += change
    return values


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, []),
        ({"browDown": 0.14}, []),
        (
            {"mouthSmile": 0.5, "cheekSquint": 0.3, "browDown": -0.4},
            ["lip corners pulled up", "cheeks raised"],
        ),
        ({"mouthSmileLeft": 0.5, "mouthSmileRight": 0.2}, ["left lip corner pulled up"]),
        ({"mouthSmileLeft": 0.5, "mouthSmileRight": 0.3}, ["lip corners pulled up"]),
        ({"noseSneerLeft": 0.5}, ["nose wrinkled"]),
        (
            {"jawOpen": 0.6, "browInnerUp": 0.7, "eyeWide": 0.5, "browOuterUp": 0.4},
            ["inner brows raised", "jaw dropped", "upper eyelids raised"],
        ),
        ({"jawOpen": np.nan, "eyeBlink": 0.8}, ["eyes closed"]),
        ({"eyeLookInLeft": 0.9, "eyeLookOutRight": 0.9}, ["eyes turned to the right"]),
        ({"eyeLookOutLeft": 0.4, "eyeLookInRight": 0.2}, ["eyes turned to the left"]),
    ],
)
def test_strongest_actions_are_named_by_their_difference_to_rest(changes, words):
    assert strongest_actions(face(**changes), REST) == words


def test_every_action_but_the_turns_of_the_eyes_has_words():
    of_sides = {f"{name}{side}" for name in _OF_TWO_SIDES for side in ("Left", "Right")}
    assert set(ACTIONS) - of_sides - set(_OF_THE_MIDDLE) == {
        f"eyeLook{way}{side}" for way in ("In", "Out") for side in ("Left", "Right")
    }
