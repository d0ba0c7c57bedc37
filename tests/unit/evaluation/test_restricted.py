import numpy as np
import pandas as pd
import pytest

from ferfusion.evaluation.restricted import (
    Restricted,
    best_constant,
    on_labels,
    shared_classes_line,
    shared_labels,
)
from ferfusion.evaluation.run_folder import read_run
from ferfusion.evaluation.scoring import score_measured
from ferfusion.label_set import SEVEN, SIX, LabelSet
from helpers.measurements import fake_measurement
from helpers.runs import fake_config, fake_predictions, write_run

THREE = LabelSet(("Sadness", "Anger", "Fear"))


def of_seven():
    table = fake_predictions(labels=SEVEN).query("part == 'test'").assign(part="all").reset_index(drop=True)
    return fake_measurement(labels=SEVEN, predictions=table)


def test_shared_labels_are_in_the_order_of_the_first():
    assert shared_labels([fake_measurement(labels=labels) for labels in (THREE, SEVEN, SIX)]) == THREE
    assert shared_labels([fake_measurement(labels=LabelSet(("joy", "Fear"))), fake_measurement()]) is None


def test_restricted_predictions_are_the_conditional_probabilities_of_the_kept_classes():
    whole = of_seven()
    kept = Restricted(whole, THREE)
    rows = whole.predictions[whole.predictions["emotion"].isin(THREE.names)].reset_index(drop=True)
    columns = ["p_sadness", "p_anger", "p_fear"]
    expected = rows[columns].div(rows[columns].sum(axis=1), axis=0)
    pd.testing.assert_frame_equal(kept.predictions[columns], expected)
    assert "p_neutral" not in kept.predictions
    assert kept.predictions["code"].tolist() == [THREE.code(name) for name in rows["emotion"]]
    best = expected.idxmax(axis=1).str.removeprefix("p_").str.capitalize()
    assert kept.predictions["expression"].tolist() == best.tolist()
    assert set(score_measured(kept).videos["emotion"]) == set(THREE.names)


def test_restricted_without_any_probability_is_undecided():
    measured = fake_measurement()
    measured.predictions[["p_sadness", "p_anger", "p_fear"]] = 0.0
    kept = Restricted(measured, THREE).predictions
    np.testing.assert_allclose(kept[["p_sadness", "p_anger", "p_fear"]], 1 / 3)


@pytest.mark.parametrize(
    ("counts", "answer"),
    [({"Neutral": 90, "Fear": 50, "Anger": 20}, "Fear"), ({"Sadness": 90, "Fear": 5}, "Sadness")],
)
def test_restricted_majority_is_the_most_frequent_kept_class_of_the_training(tmp_path, counts, answer):
    config = fake_config(labels=SEVEN, counts={name: counts.get(name, 0) for name in SEVEN.names})
    run = read_run(write_run(tmp_path / "run", predictions=fake_predictions(labels=SEVEN), config=config))
    kept = on_labels(run, SIX)
    assert SIX.names[kept.majority_code] == answer
    assert kept.majority_rule == "the most frequent class of the training part"


def test_restricted_majority_without_counts_of_training_is_that_of_the_measured_videos():
    kept = Restricted(fake_measurement(majority_code=SIX.code("Happiness")), THREE)
    assert THREE.names[kept.majority_code] == "Sadness"  # four videos of each person, two of Anger
    assert kept.majority_rule == "the most frequent class of the measured videos"


def test_best_constant_names_all_classes_that_are_as_frequent():
    pairs = pd.DataFrame({"video": ["a", "a", "b", "c", "d"], "code": [1, 1, 0, 0, 1]})
    code, rule = best_constant(pairs, THREE)
    assert code == 0
    assert rule == "one of the most frequent classes of the measured videos, Sadness and Anger"


def test_on_labels_returns_predictions_of_the_same_classes_unchanged():
    measured = fake_measurement()
    assert on_labels(measured, SIX) is measured
    assert shared_classes_line({"a": measured, "b": measured}, SIX) == ""


def test_shared_classes_line_names_the_classes_that_are_left_out():
    line = shared_classes_line({"ours": of_seven(), "theirs": fake_measurement()}, SIX)
    assert line == (
        "All are scored on the 6 classes that all have (Anger, Disgust, Fear, Happiness, Sadness, Surprise), "
        "and 4 videos of other classes left out: only ours can answer Neutral."
    )
