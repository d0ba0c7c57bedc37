"""Models compared on the same people: against other libraries, and by simulation."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest, permutation_test
from sklearn.metrics import accuracy_score, recall_score

from ferfusion.errors import DatasetError
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.restricted import Restricted
from ferfusion.label_set import SIX, LabelSet
from ferfusion.studies.model_findings import compare_models
from helpers.measurements import fake_measurement, measured_tables

QUICK = EvaluateRecipe(resamples=10)
SKILLS = {"ours": 2.0, "theirs": 1.2, "third": 1.9}
FIVE = LabelSet(SIX.names[:5])


@pytest.fixture(scope="module")
def measurements():
    return measured_tables(np.random.default_rng(0), skills=SKILLS, subjects=8)


@pytest.fixture(scope="module")
def findings(measurements):
    return compare_models(measurements, QUICK)


def right_answers(measurement):
    """A row per video: its person, and whether its top class is right."""
    table = measurement.predictions.sort_values("video")
    top = table[list(SIX.probability_columns)].to_numpy().argmax(axis=1)
    return table["subject"].to_numpy(), table["code"].to_numpy(), top


def test_compare_models_scores_are_those_of_scikit_learn(findings, measurements):
    for scores in findings.statistics.scores("video"):
        _, true, top = right_answers(measurements[scores.name])
        assert scores.estimates["war"].value == pytest.approx(accuracy_score(true, top))
        assert scores.estimates["uar"].value == pytest.approx(recall_score(true, top, average="macro"))
        assert scores.estimates["uar"].majority == pytest.approx(1 / 6)


def test_compare_models_p_value_is_scipys_permutation_of_whole_people(findings, measurements):
    family = findings.statistics.family("video", "war")
    pair = next(each for each in family.pairs if {each.first, each.second} == {"ours", "theirs"})
    people, true, ours = right_answers(measurements["ours"])
    _, _, theirs = right_answers(measurements["theirs"])
    shares = [
        np.array([(true == top)[people == one].mean() for one in np.unique(people)]) for top in (ours, theirs)
    ]
    expected = permutation_test(
        shares,
        lambda a, b, axis: (a - b).mean(axis=axis),
        permutation_type="samples",
        n_resamples=10_000,
        vectorized=True,
    )
    assert pair.difference.p_subjects == pytest.approx(expected.pvalue)
    assert pair.difference.value == pytest.approx(expected.statistic)


def test_compare_models_mcnemar_is_the_sign_test_of_the_videos(findings, measurements):
    [pair, *_] = findings.statistics.family("video", "uar").pairs
    _, true, first = right_answers(measurements[pair.first])
    _, _, second = right_answers(measurements[pair.second])
    only = int(((first == true) & (second != true)).sum()), int(((first != true) & (second == true)).sum())
    assert (pair.mcnemar.first_only, pair.mcnemar.second_only) == only
    assert pair.mcnemar.exact == pytest.approx(binomtest(only[0], sum(only)).pvalue)


def test_compare_models_decides_by_holms_correction_of_all_pairs(findings):
    pairs = findings.statistics.family("video", "uar").pairs
    assert len(pairs) == 3
    smallest = min(pairs, key=lambda pair: pair.difference.p)
    assert smallest.p_adjusted == pytest.approx(min(1, 3 * smallest.difference.p))


def test_compare_models_of_equal_quality_find_a_difference_in_few_corpora():
    """16 corpora and three models of one quality; 5 % of the corpora may have a significant pair.

    Of 16, more than 3 have one with a probability of 0.7 %. Of 400, 2.5 % had one,
    and 5.8 % without Holm's correction.
    """
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(16):
        models = measured_tables(rng, skills=dict.fromkeys(SKILLS, 1.5), subjects=9)
        pairs = compare_models(models, QUICK).statistics.family("video", "uar").pairs
        found += any(pair.differs for pair in pairs)
    assert found <= 3


def test_compare_models_scores_all_on_the_classes_that_all_have(measurements):
    theirs = Restricted(measurements["theirs"], FIVE)
    mixed = measurements | {
        "theirs": replace(measurements["theirs"], labels=FIVE, predictions=theirs.predictions)
    }
    findings = compare_models(mixed, QUICK)
    assert findings.statistics.labels == FIVE
    assert findings.statistics.videos == 8 * 2 * 5
    assert "only ours and third can answer Surprise" in findings.classes_line
    _, true, _ = right_answers(measurements["ours"])
    five = measurements["ours"].predictions.sort_values("video")[list(FIVE.probability_columns)].to_numpy()
    kept = true < 5
    expected = accuracy_score(true[kept], five[kept].argmax(axis=1))
    [ours] = [one for one in findings.statistics.scores("video") if one.name == "ours"]
    assert ours.estimates["war"].value == pytest.approx(expected)


def test_compare_models_refuses_models_without_two_common_classes():
    other = fake_measurement(labels=LabelSet(("Fear", "joy")))
    with pytest.raises(
        DatasetError, match=r"fewer than two classes .* in common: a has Anger, .*; b has Fear, joy"
    ):
        compare_models({"a": fake_measurement(), "b": other}, QUICK)


@pytest.mark.parametrize(
    ("trained_on", "knows"),
    [
        ({"dataset_identity": "0123456789abcdef"}, True),
        ({"corpus": "ravdess"}, True),
        ({"corpus": "cremad"}, False),
        ({}, False),
    ],
)
def test_model_findings_knows_corpus_if_its_training_is_of_it(measurements, trained_on, knows):
    one = replace(measurements["ours"], trained_on=trained_on)
    assert compare_models({"ours": one}, QUICK).of("ours").knows_corpus is knows
