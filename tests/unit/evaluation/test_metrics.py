"""Metrics against scikit-learn, which computes them from the rows and not from the matrix."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as truth

from ferfusion.errors import ConfigError
from ferfusion.evaluation.metrics import (
    METRICS,
    always,
    class_scores,
    confusion_by_group,
    confusion_matrix,
    f_beta,
    macro_f1,
    precision,
    recall,
    row_shares,
    support,
    uar,
    war,
)

CLASSES = 6
rows = st.lists(st.tuples(st.integers(0, CLASSES - 1), st.integers(0, CLASSES - 1)), min_size=1, max_size=80)


def split(pairs):
    true, predicted = np.array(pairs).T
    return true, predicted


@given(rows)
def test_confusion_matrix_is_scikit_learns(pairs):
    true, predicted = split(pairs)
    expected = truth.confusion_matrix(true, predicted, labels=range(CLASSES))
    np.testing.assert_array_equal(confusion_matrix(true, predicted, num_classes=CLASSES), expected)


@given(rows)
def test_summary_metrics_are_scikit_learns(pairs):
    true, predicted = split(pairs)
    confusion = confusion_matrix(true, predicted, num_classes=CLASSES)
    assert war(confusion) == pytest.approx(truth.accuracy_score(true, predicted))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns of classes that occur in the predictions only
        assert uar(confusion) == pytest.approx(truth.balanced_accuracy_score(true, predicted))
    expected = truth.f1_score(true, predicted, labels=np.unique(true), average="macro", zero_division=0)
    assert macro_f1(confusion) == pytest.approx(expected)


@given(rows, st.sampled_from([0.5, 1.0, 2.0]))
def test_class_scores_are_scikit_learns(pairs, beta):
    true, predicted = split(pairs)
    confusion = confusion_matrix(true, predicted, num_classes=CLASSES)
    expected = truth.precision_recall_fscore_support(
        true, predicted, beta=beta, labels=range(CLASSES), zero_division=0
    )
    present = expected[3] > 0
    np.testing.assert_allclose(precision(confusion), expected[0])
    np.testing.assert_allclose(recall(confusion)[present], expected[1][present])
    np.testing.assert_allclose(f_beta(confusion, beta=beta)[present], expected[2][present])
    np.testing.assert_array_equal(support(confusion), expected[3])
    assert np.isnan(recall(confusion)[~present]).all()
    assert np.isnan(f_beta(confusion)[~present]).all()


@given(st.lists(rows, min_size=1, max_size=4))
def test_metrics_of_a_stack_are_those_of_each_matrix(groups):
    stack = np.stack([confusion_matrix(*split(pairs), num_classes=CLASSES) for pairs in groups])
    for metric in METRICS.values():
        np.testing.assert_array_equal(metric(stack), [metric(confusion) for confusion in stack])


@given(rows)
def test_confusion_by_group_sums_to_the_whole(pairs):
    true, predicted = split(pairs)
    groups = np.arange(len(true)) % 3
    by_group = confusion_by_group(true, predicted, groups, num_classes=CLASSES)
    np.testing.assert_array_equal(
        by_group.sum(axis=0), confusion_matrix(true, predicted, num_classes=CLASSES)
    )
    in_second = groups == 1
    if in_second.any():
        expected = confusion_matrix(true[in_second], predicted[in_second], num_classes=CLASSES)
        np.testing.assert_array_equal(by_group[1], expected)


def test_always_the_majority_has_its_share_as_war_and_chance_as_uar():
    # the report's baseline matrix has these row sums; always Sadness is right in 54.6 % of its frames
    confusion = np.diag([1106, 702, 526, 621, 3913, 300])
    constant = always(4, confusion)
    assert war(constant) == pytest.approx(0.5459, abs=5e-5)
    assert uar(constant) == pytest.approx(1 / 6)
    np.testing.assert_array_equal(support(constant), support(confusion))


def test_class_scores_of_absent_and_never_predicted_classes():
    confusion = np.array([[4, 0, 0], [2, 0, 0], [0, 0, 0]])  # class 1 never predicted, class 2 absent
    scores = class_scores(confusion, beta=2.0)
    np.testing.assert_allclose(scores.recall, [1, 0, np.nan])
    np.testing.assert_allclose(scores.precision, [4 / 6, 0, 0])
    np.testing.assert_allclose(scores.f1, [0.8, 0, np.nan])
    assert uar(confusion) == pytest.approx(0.5)
    assert macro_f1(confusion) == pytest.approx(0.4)
    np.testing.assert_allclose(row_shares(confusion)[2], [np.nan] * 3)


def test_metrics_of_no_row_are_nan():
    empty = np.zeros((2, 2), dtype=int)
    assert all(np.isnan(metric(empty)) for metric in METRICS.values())


@pytest.mark.parametrize(("true", "predicted"), [([0, 2], [0, 0]), ([0, 0], [0, -1]), ([0], [0, 0])])
def test_confusion_matrix_refuses_codes_that_do_not_fit(true, predicted):
    with pytest.raises(ValueError, match="codes"):
        confusion_matrix(true, predicted, num_classes=2)


def test_confusion_by_group_needs_a_group_for_each_row():
    with pytest.raises(ValueError, match="one for each of the rows, 1; got 2"):
        confusion_by_group([0], [0], ["a", "b"], num_classes=2)


@pytest.mark.parametrize("beta", [0, -1, float("nan"), float("inf")])
def test_f_beta_refuses_a_beta_that_is_not_positive(beta):
    with pytest.raises(ConfigError, match="beta must be a positive number"):
        f_beta(np.eye(2, dtype=int), beta=beta)
