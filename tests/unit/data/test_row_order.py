import numpy as np
import pytest
import torch

from ferfusion.data.row_order import AsGiven, EvenClasses, Shuffled

ROWS = np.array([3, 4, 8, 9, 10, 15, 16, 20])
CODES = np.array([1, 1, 1, 1, 4, 4, 0, 0])
"""Four rows of class 1, two of 4, two of 0; classes 2 and 3 have none."""


def drawn(order, seed=0):
    return order.draw(torch.Generator().manual_seed(seed))


def times_of_row(rows):
    return [int((rows == row).sum()) for row in ROWS]


def test_shuffled_rows_are_all_rows_once():
    rows = drawn(Shuffled(ROWS))
    assert sorted(rows) == ROWS.tolist()
    assert rows.tolist() != ROWS.tolist()
    assert drawn(AsGiven(ROWS)).tolist() == ROWS.tolist()


@pytest.mark.parametrize("per_class", [1, 2, 3, 4, 5, 11])
def test_even_classes_have_as_many_rows_each_and_no_row_two_more_than_another_of_its_class(per_class):
    order = EvenClasses(ROWS, CODES, per_class=per_class)
    rows = drawn(order)
    assert len(rows) == len(order) == 3 * per_class
    times = np.array(times_of_row(rows))
    for code in (0, 1, 4):
        assert times[code == CODES].sum() == per_class
        assert np.ptp(times[code == CODES]) <= 1


def test_what_is_drawn_follows_from_the_generator_alone_and_differs_between_epochs():
    order = EvenClasses(ROWS, CODES, per_class=1)
    epochs = [drawn(order, seed).tolist() for seed in range(40)]
    assert [drawn(order, seed).tolist() for seed in range(40)] == epochs
    # in the long run every row of a class comes equally often: 40 draws of 1 in 4 give 10 each, more or less
    times = np.bincount(np.ravel(epochs), minlength=21)[ROWS]
    assert times.sum() == 120
    assert (times[:4] > 3).all()
    assert (times[4:] > 10).all()


def test_classes_come_in_no_order():
    rows = drawn(EvenClasses(np.arange(200), np.arange(200) % 2, per_class=100))
    first_half = np.mean(rows[:100] % 2)
    assert 0.3 < first_half < 0.7
