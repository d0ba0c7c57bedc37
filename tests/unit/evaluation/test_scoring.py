"""Scores of a run, and the majority baseline."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from ferfusion.errors import RunError
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.run_folder import read_run
from ferfusion.evaluation.scoring import class_table, confusion_table, score_measured, scores_table
from ferfusion.label_set import SIX
from helpers.runs import fake_config, fake_predictions, write_run

QUICK = EvaluateRecipe(resamples=50)


@pytest.fixture
def run(tmp_path):
    return read_run(write_run(tmp_path / "run"))


def test_score_run_agrees_with_scikit_learn_at_both_levels(run):
    scored = score_measured(run, QUICK)
    test = run.predictions[run.predictions["part"] == "test"]
    columns = list(SIX.probability_columns)
    videos = test.groupby("video")[["code", *columns]].mean()
    for level, rows in (("pair", test), ("video", videos)):
        true, predicted = rows["code"].to_numpy(int), rows[columns].to_numpy(float).argmax(axis=1)
        found = scored.of("test", level)
        assert found.war.value == pytest.approx(accuracy_score(true, predicted))
        assert found.uar.value == pytest.approx(balanced_accuracy_score(true, predicted))
        assert found.macro_f1.value == pytest.approx(f1_score(true, predicted, average="macro"))
        assert (found.rows, found.videos, found.subjects) == (len(rows), 40, 4)


def test_score_run_has_the_test_part_and_videos_first(run):
    order = [(one.part, one.level) for one in score_measured(run, QUICK).scores]
    assert order == [("test", "video"), ("test", "pair"), ("validation", "video"), ("validation", "pair")]


def test_score_run_intervals_contain_the_score(run):
    for one in score_measured(run, QUICK).scores:
        for estimate in one.estimates.values():
            assert 0 <= estimate.interval.low <= estimate.value <= estimate.interval.high <= 1


def test_score_run_majority_is_of_training_and_scored_on_the_same_rows(tmp_path):
    config = fake_config(counts={"Fear": 10, "Sadness": 3})
    run = read_run(write_run(tmp_path / "run", config=config))
    assert run.majority_code == SIX.code("Fear")
    found = score_measured(run, QUICK).of("test", "pair")
    assert found.war.majority == pytest.approx(0.1)  # Fear is 1 of 10 videos of each subject
    assert found.uar.majority == pytest.approx(1 / 6)


def test_score_run_of_a_perfect_model_is_1(tmp_path):
    table = fake_predictions(pairs=2)
    table[list(SIX.probability_columns)] = np.eye(6)[table["code"]]
    scored = score_measured(read_run(write_run(tmp_path / "run", predictions=table)), QUICK)
    assert all(
        e.value == e.interval.low == e.interval.high == 1
        for one in scored.scores
        for e in one.estimates.values()
    )


def test_tables_of_scores_have_a_row_for_each(run):
    scored = score_measured(run, QUICK)
    tidy = scores_table(scored.scores)
    assert list(tidy.columns) == ["part", "level", "metric", "value", "low", "high", "baseline", "people"]
    assert len(tidy) == 2 * 2 * 3
    one = scored.of("test", "video")
    assert class_table(one, labels=SIX)["support"].tolist() == [8, 4, 4, 4, 16, 4]
    assert confusion_table(one, labels=SIX).to_numpy().sum() == 40


def test_run_scores_refuse_a_missing_part(run):
    with pytest.raises(RunError, match="has no train predictions; it has test, validation"):
        score_measured(run, QUICK).of("train", "video")
