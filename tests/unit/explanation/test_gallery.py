from dataclasses import replace

import numpy as np
import pytest

from ferfusion.data.inputs import FaceInput
from ferfusion.explanation.drawing import Tile
from ferfusion.explanation.examples import Example
from ferfusion.explanation.explainer import Explanation
from ferfusion.explanation.gallery import examples_figure, is_narrow
from ferfusion.label_set import SIX


def example(*, true, predicted):
    probabilities = np.full(6, 0.08, np.float32)
    probabilities[SIX.code(predicted)] = 0.6
    one_map = np.ones((1, 48, 48), np.float32)
    return Example(
        "s01_fear_1",
        1.25,
        SIX.code(true),
        FaceInput(np.zeros((48, 48, 3), np.uint8), np.zeros((2, 48, 48), np.float16)),
        Explanation(
            probabilities,
            SIX.code(predicted),
            {"spatial": one_map, "flow": one_map},
            {"spatial": 1.5, "flow": -0.5},
            0.1,
        ),
    )


def test_examples_figure_names_prediction_contributions_and_video():
    shown = [example(true="Fear", predicted="Fear"), example(true="Fear", predicted="Anger")]
    figure = examples_figure(shown, SIX)
    first, second = figure.axes
    assert first.get_title(loc="left").strip() == "Fear 0.60, correct"
    [named] = examples_figure([replace(shown[0], actions="jaw dropped")], SIX).axes
    assert named.texts[0].get_text().endswith("1.25 s)   jaw dropped")
    assert second.get_title(loc="left").strip() == "Fear 0.08, predicted Anger 0.60"
    assert first.texts[0].get_text() == "face +1.5, motion \N{MINUS SIGN}0.5   (s01_fear_1, 1.25 s)"
    assert not [text for text in first.texts if text.get_text() == "motion"]
    captions = [text.get_text() for text in second.texts[1:]]
    assert captions == ["face", "face, marked", "motion", "motion, marked"]


def test_examples_figure_has_a_second_row_for_the_class_of_why_not():
    shown = example(true="Fear", predicted="Anger")
    other = replace(shown.explanation, code=SIX.code("Fear"), contributions={"spatial": 0.5, "flow": -2.0})
    first, second = examples_figure([replace(shown, why_not=other)], SIX).axes
    assert first.get_title(loc="left").strip() == "Fear 0.08, predicted Anger 0.60"
    assert second.get_title(loc="left").strip() == "Why not Fear: 0.08"
    assert second.texts[0].get_text() == "face +0.5, motion \N{MINUS SIGN}2.0   (s01_fear_1, 1.25 s)"


@pytest.mark.parametrize(("count", "narrow"), [(4, True), (5, True), (6, False)])
def test_is_narrow_up_to_five_tiles(count, narrow):
    assert is_narrow(count * [Tile("face", np.zeros((1, 1, 3), np.uint8))]) == narrow
