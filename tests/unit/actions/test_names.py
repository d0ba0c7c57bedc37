from pathlib import Path

import pytest

from ferfusion.actions.names import ACTION_COLUMNS, ACTIONS, FACS_UNITS, facs_unit


def test_there_are_arkits_52_actions_and_three_angles():
    assert len(set(ACTIONS)) == 52
    assert list(ACTIONS) == sorted(ACTIONS)
    assert (*ACTIONS, "yaw", "pitch", "roll") == ACTION_COLUMNS


def test_every_action_is_in_the_table_of_units_and_every_line_is_of_an_action():
    bases = {name.removesuffix("Left").removesuffix("Right") for name in ACTIONS}
    assert set(FACS_UNITS) <= bases | set(ACTIONS)
    assert {name for name in ACTIONS if not facs_unit(name)} == {"mouthClose", "mouthLeft", "mouthRight"}


@pytest.mark.parametrize(
    ("action", "unit"),
    [
        ("browInnerUp", "AU1 inner brow raiser"),
        ("mouthSmileRight", "AU12 lip corner puller"),
        ("jawRight", "AD30 jaw sideways"),
        ("noseSneerLeft", "AU9 nose wrinkler"),
    ],
)
def test_facs_unit_of_an_action(action, unit):
    assert facs_unit(action) == unit


def test_docs_have_the_unit_of_every_action():
    page = (Path(__file__).parents[3] / "docs" / "actions.md").read_text(encoding="utf-8")
    for name, unit in FACS_UNITS.items():
        assert f"| `{name}` | {unit or 'none'} |" in page
