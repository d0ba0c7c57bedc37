from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferfusion.splits.protocols import assign_subjects, cut_validation, fold_of_subject

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}


def table(numbers):
    return pd.DataFrame(
        numbers, index=[f"s{k}" for k in range(len(numbers))], columns=range(np.shape(numbers)[1])
    )


def distance(counts, groups, shares, *, every_class=True):
    """How far a division is from the shares: written from the words, group by group and class by class."""
    values = counts.to_numpy(float)
    total = 0.0
    for group, share in shares.items():
        members = [place for place, subject in enumerate(counts.index) if groups[subject] == group]
        reached = values[members].sum(axis=0) / values.sum(axis=0)
        if every_class and not reached.all():
            return np.inf
        total += (((reached - share) / share) ** 2).sum()
    return total


def best_distance(counts, shares, *, every_class=True):
    divisions = product(shares, repeat=len(counts))
    return min(
        distance(counts, dict(zip(counts.index, each, strict=True)), shares, every_class=every_class)
        for each in divisions
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_division_found_is_the_best_there_is(seed):
    counts = table(np.random.default_rng(seed).integers(0, 30, (7, 3)))
    found = distance(counts, assign_subjects(counts, shares=SHARES, seed=seed), SHARES)
    assert found == pytest.approx(best_distance(counts, SHARES))


@pytest.mark.parametrize("seed", range(3))
def test_the_folds_found_are_the_best_there_are(seed):
    counts = table(np.random.default_rng(seed).poisson(4, (8, 3)))
    shares = dict.fromkeys(range(3), 1 / 3)
    folds = fold_of_subject(counts, folds=3, seed=seed)
    found = distance(counts, folds, shares, every_class=False)
    assert found == pytest.approx(best_distance(counts, shares, every_class=False))


@settings(max_examples=15)
@given(st.data())
def test_every_part_gets_every_class_and_every_subject_one_part(data):
    subjects = data.draw(st.integers(6, 12))
    numbers = data.draw(st.lists(st.integers(1, 40), min_size=3 * subjects, max_size=3 * subjects))
    counts = table(np.reshape(numbers, (subjects, 3)))
    parts = assign_subjects(counts, shares=SHARES, seed=0, restarts=3)
    assert set(parts) == set(counts.index)
    assert np.isfinite(distance(counts, parts, SHARES))


def test_a_rare_class_may_be_absent_from_a_fold_but_not_from_two_where_there_is_one_for_each():
    counts = table([[5, 9], [5, 9], [5, 0], [5, 0], [5, 0], [5, 0], [5, 0], [5, 0]])
    folds = fold_of_subject(counts, folds=4, seed=0)
    assert sorted(folds.values()) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert folds["s0"] != folds["s1"]


def test_validation_is_the_asked_share_of_each_class():
    counts = table(np.full((20, 4), 6))
    parts = cut_validation(counts, share=0.25, seed=0)
    assert sorted(parts.values()).count("validation") == 5


def test_thousands_of_subjects_are_divided_well_and_soon():
    counts = table(np.random.default_rng(0).integers(0, 2, (3000, 7)))
    parts = assign_subjects(counts, shares=SHARES, seed=0)
    table_of_parts = counts.groupby(pd.Series(parts)).sum() / counts.sum()
    for part, share in SHARES.items():
        np.testing.assert_allclose(table_of_parts.loc[part], share, atol=0.002)
