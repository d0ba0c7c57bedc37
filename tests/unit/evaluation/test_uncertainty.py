"""The bootstrap over subjects: against a plain loop, in cases with a known answer, and by simulation."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from ferfusion.evaluation.metrics import confusion_by_group
from ferfusion.evaluation.uncertainty import (
    draw_subjects,
    percentile_interval,
    resampled_confusions,
    subject_intervals,
)


def intervals(confusions, *, resamples=1000, confidence=0.95, seed=0):
    return subject_intervals(confusions, resamples=resamples, confidence=confidence, seed=seed)


def fake_rows(rng, *, subjects=5, rows=30, classes=3):
    true = np.tile(np.arange(classes), subjects * rows // classes)
    predicted = np.where(rng.random(len(true)) < 0.6, true, rng.integers(0, classes, len(true)))
    return true, predicted, np.repeat(np.arange(subjects), rows)


def test_subject_intervals_are_a_loop_over_drawn_subjects():
    true, predicted, subjects = fake_rows(np.random.default_rng(1))
    confusions = confusion_by_group(true, predicted, subjects, num_classes=3)
    draws = draw_subjects(5, resamples=200, rng=np.random.default_rng(0))
    wars, uars = [], []
    for times in draws:
        rows = np.concatenate([np.flatnonzero(subjects == who) for who in np.repeat(np.arange(5), times)])
        wars.append(accuracy_score(true[rows], predicted[rows]))
        uars.append(balanced_accuracy_score(true[rows], predicted[rows]))
    found = intervals(confusions, resamples=200)
    np.testing.assert_allclose((found["war"].low, found["war"].high), np.quantile(wars, (0.025, 0.975)))
    np.testing.assert_allclose((found["uar"].low, found["uar"].high), np.quantile(uars, (0.025, 0.975)))


def test_draw_subjects_draws_as_many_subjects_as_there_are():
    draws = draw_subjects(7, resamples=50, rng=np.random.default_rng(0))
    assert draws.shape == (50, 7)
    assert (draws.sum(axis=1) == 7).all()


def test_resampled_confusions_of_everyone_once_are_the_sum():
    confusions = np.arange(12).reshape(3, 2, 2)
    np.testing.assert_array_equal(
        resampled_confusions(confusions, np.ones((1, 3), dtype=int))[0], confusions.sum(axis=0)
    )


def test_subject_intervals_of_equal_people_have_no_width():
    confusions = np.tile([[3, 1], [2, 2]], (6, 1, 1))
    found = intervals(confusions)
    assert found["war"].low == found["war"].high == pytest.approx(5 / 8)


def test_subject_intervals_of_one_person_are_nan():
    found = intervals(np.array([[[3, 1], [2, 2]]]))
    assert all(np.isnan([interval.low, interval.high]).all() for interval in found.values())


def test_subject_intervals_follow_from_the_seed():
    true, predicted, subjects = fake_rows(np.random.default_rng(2))
    confusions = confusion_by_group(true, predicted, subjects, num_classes=3)
    assert intervals(confusions, seed=3) == intervals(confusions, seed=3)
    assert intervals(confusions, seed=3) != intervals(confusions, seed=4)


def test_subject_intervals_are_wider_for_more_confidence():
    values = np.linspace(0, 1, 1001)
    assert percentile_interval(values, confidence=0.9).low == pytest.approx(0.05)
    assert percentile_interval(values, confidence=0.5).high == pytest.approx(0.75)


def people(rng, *, count, rows):
    """Subjects who differ: each has an own share of right rows, 0.65 on average."""
    right = rng.binomial(rows, rng.beta(6.5, 3.5, count))
    confusions = np.zeros((count, 2, 2), dtype=np.int64)
    confusions[:, 0, 0], confusions[:, 0, 1] = right, rows - right
    return confusions


def test_subject_intervals_cover_the_truth_where_drawing_rows_does_not():
    rng = np.random.default_rng(0)
    trials, by_people, by_rows = 400, 0, 0
    for trial in range(trials):
        confusions = people(rng, count=40, rows=60)
        interval = intervals(confusions, resamples=400, seed=trial)["war"]
        by_people += interval.low <= 0.65 <= interval.high
        share = confusions[:, 0, 0].sum() / confusions.sum()
        half = 1.96 * np.sqrt(share * (1 - share) / confusions.sum())
        by_rows += abs(share - 0.65) <= half
    assert 0.90 <= by_people / trials <= 0.98
    assert by_rows / trials < 0.7  # rows of one person are not independent draws
