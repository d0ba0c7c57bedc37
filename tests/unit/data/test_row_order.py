import numpy as np
import pytest
import torch

from ferfusion.data.row_order import BalancedClasses, InOrder, Shuffled

ROWS = np.array([3, 4, 8, 9, 10, 15, 16, 20])
CODES = np.array([1, 1, 1, 1, 4, 4, 0, 0])
"""Four rows of class 1, two of 4, two of 0; classes 2 and 3 have none."""


def drawn(order, seed=0):
    return order.draw(torch.Generator().manual_seed(seed))


def times_of_row(rows):
    return [int((rows == row).sum()) for row in ROWS]


def test_shuffled_draws_all_rows_once():
    rows = drawn(Shuffled(ROWS))
    assert sorted(rows) == ROWS.tolist()
    assert rows.tolist() != ROWS.tolist()
    assert drawn(InOrder(ROWS)).tolist() == ROWS.tolist()


@pytest.mark.parametrize("per_class", [1, 2, 3, 4, 5, 11])
def test_balanced_classes_repeat_rows_of_a_class_equally_often(per_class):
    order = BalancedClasses(ROWS, CODES, per_class=per_class)
    rows = drawn(order)
    assert len(rows) == len(order) == 3 * per_class
    times = np.array(times_of_row(rows))
    for code in (0, 1, 4):
        assert times[code == CODES].sum() == per_class
        assert np.ptp(times[code == CODES]) <= 1


def test_balanced_classes_follow_from_the_generator_and_differ_between_epochs():
    order = BalancedClasses(ROWS, CODES, per_class=1)
    epochs = [drawn(order, seed).tolist() for seed in range(40)]
    assert [drawn(order, seed).tolist() for seed in range(40)] == epochs
    # a row of class 1 is drawn Binomial(40, 1/4) times, one of the others Binomial(40, 1/2) times: 3 or
    # fewer, and 10 or fewer, have probabilities of 0.005 and 0.001 a row; the seeds are fixed
    times = np.bincount(np.ravel(epochs), minlength=21)[ROWS]
    assert times.sum() == 120
    assert (times[:4] > 3).all()
    assert (times[4:] > 10).all()


def test_balanced_classes_are_shuffled_across_classes():
    rows = drawn(BalancedClasses(np.arange(200), np.arange(200) % 2, per_class=100))
    first_half = np.mean(rows[:100] % 2)
    assert 0.3 < first_half < 0.7
