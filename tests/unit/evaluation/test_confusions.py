import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.evaluation.confusions import KINDS, prediction_bias, share_of_kind
from ferfusion.evaluation.metrics import always
from ferfusion.label_set import SIX, LabelSet

matrices = st.lists(st.integers(0, 9), min_size=36, max_size=36).map(
    lambda counts: np.array(counts, np.int64).reshape(6, 6)
)


def test_kinds_are_confusions_of_the_six_classes():
    for kind in KINDS:
        for true, predicted in kind.cells:
            assert true != predicted
            assert {true, predicted} <= set(SIX.names)


@given(matrices, st.sampled_from(KINDS))
def test_share_of_kind_is_a_loop_over_its_cells(confusion, kind):
    confused = sum(confusion[SIX.code(true), SIX.code(predicted)] for true, predicted in kind.cells)
    rows = sum(confusion[SIX.code(true)].sum() for true in {true for true, _ in kind.cells})
    share = share_of_kind(confusion, kind, SIX)
    assert np.isnan(share) if rows == 0 else share == pytest.approx(confused / rows)


def test_share_of_kind_is_0_without_a_mistake_and_nan_without_its_classes():
    assert share_of_kind(np.diag([3] * 6), KINDS[0], SIX) == 0
    assert np.isnan(share_of_kind(np.diag([3, 3]), KINDS[0], LabelSet(("Anger", "Sadness"))))


@given(matrices, st.integers(0, 5))
def test_prediction_bias_is_1_without_a_mistake_and_all_rows_for_a_constant(confusion, code):
    occurs = confusion[code].sum()
    right = np.diag(confusion.sum(axis=1))
    if occurs == 0:
        assert np.isnan(prediction_bias(confusion, code))
    else:
        assert prediction_bias(right, code) == 1
        assert prediction_bias(always(code, confusion), code) == pytest.approx(confusion.sum() / occurs)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (SIX.names, [True, True]),
        (("froh", "traurig"), [False, False]),
        (("Happiness", "Sadness", "Fear"), [True, False]),
    ],
)
def test_confusion_kind_applies_to_label_sets_with_all_its_classes(names, expected):
    assert [kind.applies_to(LabelSet(tuple(names))) for kind in KINDS] == expected
