"""The raters beside the model; each number is checked on single votes with scikit-learn."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, recall_score

from ferfusion.evaluation.evaluate import evaluate_measurement
from ferfusion.evaluation.rater_agreement import reachable_agreement
from ferfusion.evaluation.raters import RATER_COLUMNS, compare_with_raters
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.scoring import score_measured
from ferfusion.evaluation.vote_scores import score_votes
from ferfusion.label_set import SIX
from helpers.measurements import fake_measurement
from helpers.votes import drawn_votes

QUICK = EvaluateRecipe(resamples=200)
CLASSES = (*SIX.names, "Neutral")


@pytest.fixture(scope="module")
def measured():
    drawn = fake_measurement(corpus="cremad")
    videos = drawn.predictions.drop_duplicates("video")
    return replace(drawn, votes=drawn_votes(videos.iloc[1:]))  # the first video has none


@pytest.fixture(scope="module")
def scored(measured):
    return score_measured(measured, QUICK)


@pytest.fixture(scope="module")
def raters(scored):
    return compare_with_raters(scored, corpus="cremad")


@pytest.fixture(scope="module")
def panel(scored):
    """Votes by the classes, labels and predictions of the videos with votes, made from their tables."""
    votes = scored.measured.votes.set_index("video")
    votes.columns = [name.capitalize() for name in votes.columns]
    videos = scored.videos.set_index("video").loc[votes.index]
    return votes.reindex(columns=CLASSES, fill_value=0).to_numpy(), videos["emotion"], videos["expression"]


def expanded(votes, answers=None):
    """True class, predicted class and weight of each answer, with ties as shares."""
    rows = []
    for row, answer in zip(votes, votes if answers is None else answers, strict=True):
        named = [CLASSES.index(answer)] if answers is not None else np.repeat(np.arange(len(row)), row)
        for choice in named:
            others = row - (0 if answers is not None else np.eye(len(row), dtype=int)[choice])
            tops = np.flatnonzero(others == others.max())
            rows += [(top, choice, 1 / len(tops)) for top in tops]
    return map(np.array, zip(*rows, strict=True))


def check(row, true, predicted, weights=None):
    recalls = recall_score(
        true, predicted, labels=np.unique(true), average=None, sample_weight=weights, zero_division=0
    )
    assert row.war.value == pytest.approx(accuracy_score(true, predicted, sample_weight=weights))
    assert row.uar.value == pytest.approx(recalls.mean())
    assert row.war.interval.low < row.war.value < row.war.interval.high


def test_compare_with_raters_on_the_label(raters, panel):
    votes, labels, predicted = panel
    check(raters.of("model", "label"), labels, predicted)
    names = np.array([CLASSES.index(label) for label in labels])
    check(raters.of("rater", "label"), np.repeat(names, votes.sum(axis=1)), _single(votes))
    assert raters.of("rater", "label").videos == len(votes)
    assert raters.of("model", "label").war.majority == pytest.approx((labels == "Sadness").mean())


def _single(votes):
    return np.concatenate([np.repeat(np.arange(len(row)), row) for row in votes])


@pytest.mark.parametrize(("against", "number"), [("majority", 7), ("majority_of_classes", 6)])
def test_compare_with_raters_on_the_majority_counts_ties_as_shares(raters, panel, against, number):
    votes, _, predicted = panel
    votes = votes[:, :number]
    assert (votes.sum(axis=1) > 1).all()
    check(raters.of("model", against), *expanded(votes, predicted))
    check(raters.of("rater", against), *expanded(votes))


@pytest.mark.parametrize(("against", "number"), [("majority", 7), ("majority_of_classes", 6)])
def test_compare_with_raters_has_the_estimates_of_the_same_votes(raters, panel, scored, against, number):
    votes, labels, _ = panel
    subjects = scored.videos.set_index("video")["subject"].loc[labels.index]
    codes = np.array([CLASSES.index(label) for label in labels])
    expected = reachable_agreement(votes[:, :number], codes, subjects.to_numpy(str), resamples=200)
    assert raters.of("reachable_votes", against).war.value == expected.from_votes
    assert raters.of("reachable_votes", against).war.interval == expected.interval
    assert raters.of("reachable_shares", against).war.value == expected.from_shares


def test_compare_with_raters_has_the_scores_on_clear_majorities(raters, scored):
    [expected] = [one for one in score_votes(scored) if (one.part, one.level) == ("all", "video")]
    row = raters.of("model_clear", "majority")
    assert (row.war, row.uar) == (expected.war, expected.uar)
    assert (row.videos, row.people) == (expected.rows, expected.subjects)


def test_compare_with_raters_counts_votes_ties_and_videos_without(raters, panel, scored):
    votes, _, _ = panel
    assert (raters.videos, raters.without_votes) == (len(votes), 1)
    assert len(votes) == scored.scores[0].videos - 1
    assert raters.ties == sum(list(row).count(max(row)) > 1 for row in votes) > 0
    assert raters.further == {"Neutral": votes[:, 6].sum()}
    assert raters.unchosen == ("Surprise",)
    assert raters.choices == ("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Neutral")
    numbers = votes.sum(axis=1)
    assert raters.panel == (numbers.min(), np.median(numbers), numbers.max())


def test_compare_with_raters_alpha_is_that_of_all_pairs_of_raters(raters, panel):
    votes, _, _ = panel
    observed = within = 0.0
    for row in votes:
        single = np.repeat(np.arange(7), row)
        differ = (single[:, None] != single).sum()
        observed, within = observed + differ / (len(single) - 1), within + len(single)
    all_votes = _single(votes)
    expected = (all_votes[:, None] != all_votes).sum() / (len(all_votes) - 1)
    assert raters.alpha == pytest.approx(1 - observed / expected)


def test_raters_table_has_a_row_for_each_score_and_number(raters):
    table = raters.table
    assert tuple(table.columns) == RATER_COLUMNS
    scores = table[table["who"] != "raters"].set_index(["who", "against", "metric"])
    assert len(scores) == 4 + 2 + 2 * 6
    assert scores.loc[("rater", "label", "uar"), "value"] == raters.of("rater", "label").uar.value
    numbers = table[table["who"] == "raters"].set_index("metric")["value"]
    assert numbers["ties"] == raters.ties
    assert numbers["alpha"] == raters.alpha


def test_compare_with_raters_without_further_choices_has_one_majority(measured):
    measured = replace(measured, votes=measured.votes.assign(neutral=0))
    found = compare_with_raters(score_measured(measured, QUICK))
    assert found.further == {}
    assert {row.against for row in found.rows} == {"label", "majority"}


@pytest.mark.parametrize("votes", [None, pd.DataFrame({"video": ["other"], "fear": [3], "anger": [2]})])
def test_compare_with_raters_without_votes_on_the_part_is_none(measured, votes):
    assert compare_with_raters(score_measured(replace(measured, votes=votes), QUICK)) is None


def test_compare_with_raters_estimates_nothing_below_a_constant_answer(measured, tmp_path):
    """Every video has the same votes, so that always the same answer agrees with each majority."""
    votes = pd.DataFrame({"video": measured.predictions["video"].unique()}).assign(
        anger=3, disgust=2, fear=1, sadness=4
    )
    result = evaluate_measurement(replace(measured, votes=votes), QUICK, out=tmp_path / "out")
    found = result.raters
    assert [row.who for row in found.not_estimated] == ["reachable_votes", "reachable_shares"]
    assert found.of("model", "majority").war.baseline == 1
    assert found.table.query("who.str.startswith('reachable')")["value"].isna().all()
    page = result.report.read_text(encoding="utf-8")
    assert "What a model can reach is not estimated: the votes do not fit the assumption." in page
    assert page.count("<span>not estimated: the votes do not fit the assumption</span>") == 2


def test_compare_with_raters_with_one_rater_for_each_video_has_no_other_raters(measured):
    votes = pd.DataFrame({"video": measured.predictions["video"].unique(), "fear": 1, "anger": 0})
    found = compare_with_raters(score_measured(replace(measured, votes=votes), QUICK))
    assert [row.who for row in found.rows if row.against == "majority"] == [
        "model_clear",
        "model",
        "reachable_votes",
        "reachable_shares",
    ]
    assert found.of("model", "majority").war.majority == 1


def test_evaluate_measurement_writes_the_raters_and_tells_of_them(measured, tmp_path):
    result = evaluate_measurement(measured, QUICK, out=tmp_path / "out")
    kept = pd.read_csv(tmp_path / "out" / "votes.csv")
    assert kept["video"].tolist() == measured.votes["video"].tolist()
    table = pd.read_csv(tmp_path / "out" / "raters.csv", keep_default_na=False)
    assert len(table) == 24
    assert set(pd.read_csv(tmp_path / "out" / "scores_votes.csv")["level"]) == {"video", "pair"}
    page = result.report.read_text(encoding="utf-8")
    assert '<section id="raters">' in page
    assert "The raters saw the face without sound. Replies slower than 10 seconds are not in" in page
    assert f"{result.raters.ties} videos are tied" in page
    assert "1 video is without votes" in page
    assert "so that the model has no credit for it: Neutral (" in page
