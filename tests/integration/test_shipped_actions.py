"""The network of facial actions that comes with the package: its file, and what it says of rendered faces."""

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open

import ferfusion as fer
from ferfusion.actions.names import ACTIONS, without_side
from ferfusion.actions.small import SMALL_MODEL, SmallEstimator

LARGEST_BYTES = 12_000_000
"""Of all weights that come with the package."""


def test_file_is_small_in_half_precision_and_says_its_rights():
    assert sum(path.stat().st_size for path in SMALL_MODEL.parent.iterdir()) < LARGEST_BYTES
    with safe_open(SMALL_MODEL, framework="np") as file:
        assert {file.get_slice(name).get_dtype() for name in file.keys()} == {"F16"}  # noqa: SIM118
        assert "for research" in file.metadata()["rights"]


def test_given_actions_are_of_both_sides_and_are_said_in_the_docs(pytestconfig):
    gives = SmallEstimator().gives
    assert len(gives) == 22
    assert list(gives) == [name for name in ACTIONS if name in gives]
    assert {name.replace("Left", "Right") for name in gives} <= set(gives)
    text = (pytestconfig.rootpath / "docs" / "actions.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `") and line.endswith("| yes |")]
    said = {row.split("`")[1] for row in rows}
    assert said - {"yaw", "pitch", "roll"} == {without_side(name) for name in gives}


@pytest.mark.parametrize(
    ("expression", "action"),
    [
        ("happiness", "mouthSmileLeft"),
        ("surprise", "jawOpen"),
        ("anger", "browDownRight"),
        ("fear", "browInnerUp"),
    ],
)
def test_rendered_face_moves_the_action_of_its_expression(expression, action, sample_corpus):
    clip = sample_corpus / "s03" / expression / f"s03_{expression}_1.mp4"
    found = fer.predict(clip, actions="small", progress=False).actions
    truth = pd.read_csv(sample_corpus / "truth" / "frames.csv")
    true = truth.loc[truth["path"] == f"s03/{expression}/s03_{expression}_1.mp4", action].to_numpy()
    assert len(found) == len(true)
    assert np.corrcoef(found[action], true)[0, 1] > 0.9
    assert found[action].iloc[true.argmax()] - found[action].iloc[0] > 0.25
    assert found["tongueOut"].isna().all()
