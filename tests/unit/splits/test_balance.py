from itertools import product

import numpy as np
import pytest

from ferfusion.splits.balance import divide_subjects

HOLD_OUT = np.array([0.6, 0.2, 0.2])


def imbalance(counts, groups, shares, *, every_class=True):
    """The mean squared relative error of the groups' shares, computed group by group and class by class."""
    total = 0.0
    for group, share in enumerate(shares):
        members = [number for number, of_subject in enumerate(groups) if of_subject == group]
        reached = counts[members].sum(axis=0) / counts.sum(axis=0)
        if every_class and not reached.all():
            return np.inf
        total += (((reached - share) / share) ** 2).sum()
    return total


def least_imbalance(counts, shares, *, every_class=True):
    """The imbalance of the best of all divisions."""
    divisions = product(range(len(shares)), repeat=len(counts))
    return min(imbalance(counts, groups, shares, every_class=every_class) for groups in divisions)


@pytest.mark.parametrize("seed", range(4))
def test_divide_subjects_finds_the_best_parts(seed):
    counts = np.random.default_rng(seed).integers(0, 30, (7, 3)).astype(float)
    division = divide_subjects(counts, HOLD_OUT, seed=seed)
    assert division.complete
    assert imbalance(counts, division.groups, HOLD_OUT) == pytest.approx(least_imbalance(counts, HOLD_OUT))


@pytest.mark.parametrize("seed", range(3))
def test_divide_subjects_finds_the_best_folds(seed):
    counts = np.random.default_rng(seed).poisson(4, (8, 3)).astype(float)
    shares = np.full(3, 1 / 3)
    groups = divide_subjects(counts, shares, seed=seed, every_class=False).groups
    found = imbalance(counts, groups, shares, every_class=False)
    assert found == pytest.approx(least_imbalance(counts, shares, every_class=False))


def test_divide_subjects_balances_thousands():
    counts = np.random.default_rng(0).integers(0, 2, (3000, 7)).astype(float)
    groups = divide_subjects(counts, HOLD_OUT, seed=0).groups
    for group, share in enumerate(HOLD_OUT):
        reached = counts[groups == group].sum(axis=0) / counts.sum(axis=0)
        np.testing.assert_allclose(reached, share, atol=0.002)


def test_divide_subjects_prefers_every_class_to_balance():
    """Subjects 0 to 2 alone have the second class: each must be in another group, whatever the shares."""
    counts = np.array([[9, 1], [9, 1], [9, 1], [1, 0], [1, 0], [1, 0]], float)
    division = divide_subjects(counts, np.array([0.8, 0.1, 0.1]), seed=0)
    assert division.complete
    assert len(set(division.groups[:3].tolist())) == 3


def test_divide_subjects_reports_a_class_that_a_group_lacks():
    counts = np.array([[5, 1], [5, 0], [5, 0]], float)
    assert not divide_subjects(counts, HOLD_OUT, seed=0).complete


def test_divide_subjects_depends_on_the_seed_alone():
    counts = np.random.default_rng(0).integers(1, 30, (12, 3)).astype(float)
    first, same = (divide_subjects(counts, HOLD_OUT, seed=3, restarts=2).groups for _ in range(2))
    assert np.array_equal(first, same)
