import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferfusion.errors import DatasetError
from ferfusion.parts import Part
from ferfusion.splits.protocols import assign_subjects, cut_validation, fold_of_subject, official_parts

SHARES: dict[Part, float] = {"train": 0.6, "validation": 0.2, "test": 0.2}


def table(numbers):
    return pd.DataFrame(
        numbers, index=[f"s{k}" for k in range(len(numbers))], columns=range(np.shape(numbers)[1])
    )


@settings(max_examples=15)
@given(st.data())
def test_assign_subjects_gives_every_part_every_class(data):
    subjects = data.draw(st.integers(6, 12))
    numbers = data.draw(st.lists(st.integers(1, 40), min_size=3 * subjects, max_size=3 * subjects))
    counts = table(np.reshape(numbers, (subjects, 3)))
    parts = assign_subjects(counts, shares=SHARES, seed=0, restarts=3)
    assert set(parts) == set(counts.index)
    assert (counts.groupby(pd.Series(parts)).sum() > 0).to_numpy().all()
    assert set(parts.values()) == set(SHARES)


def test_fold_of_subject_spreads_a_rare_class_over_folds():
    counts = table([[5, 9], [5, 9], [5, 0], [5, 0], [5, 0], [5, 0], [5, 0], [5, 0]])
    folds = fold_of_subject(counts, folds=4, seed=0)
    assert sorted(folds.values()) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert folds["s0"] != folds["s1"]


def test_cut_validation_has_its_share_of_each_class():
    counts = table(np.full((20, 4), 6))
    parts = cut_validation(counts, share=0.25, seed=0)
    assert sorted(parts.values()).count("validation") == 5


def test_fold_of_subject_refuses_folds_without_a_subject():
    with pytest.raises(DatasetError, match="5 folds need at least 5 subjects, got 3"):
        fold_of_subject(table(np.full((3, 2), 6)), folds=5, seed=0)


@pytest.mark.parametrize(
    ("official", "used"),
    [
        (("train", "validation", "test"), ("train", "validation", "test")),
        (("train", "train", "test"), ("train", "train", "test")),
        (("train", "train", "validation"), ("train", "train", "test")),
    ],
)
def test_official_parts_test_on_validation_only_without_a_test_part(official, used):
    videos = ("a", "b", "c")
    parts = official_parts(dict(zip(videos, official, strict=True)))
    assert parts == dict(zip(videos, used, strict=True))
