"""A run reads the parts that it was trained on, and names what has changed in the dataset since."""

import pandas as pd
import pytest

from ferfusion.errors import DatasetError, RunError
from ferfusion.preparation.dataset import open_dataset
from ferfusion.splits.kept_split import keep_split, read_kept_split
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import read_splits, split_dataset, split_header
from helpers.datasets import write_dataset


@pytest.fixture
def dataset(tmp_path):
    return write_dataset(tmp_path / "dataset", frames=3)


@pytest.fixture
def run(tmp_path, dataset):
    source = open_dataset(dataset)
    path = tmp_path / "run" / "splits.csv"
    keep_split(path, source, read_splits(source), header=split_header(source))
    return path


def change(dataset, clip, column, value):
    table = pd.read_csv(dataset / "data.csv", dtype=str)
    table.loc[table["clip"] == clip, column] = value
    table.to_csv(dataset / "data.csv", index=False)
    return open_dataset(dataset)


def test_kept_split_stays_when_the_dataset_is_split_again(dataset, run):
    source = open_dataset(dataset)
    before = read_splits(source)
    after = split_dataset(source, SplitRecipe(seed=5), copies=())
    assert after != before
    assert read_kept_split(run, source) == before


def test_kept_split_fits_an_unchanged_dataset(dataset, run):
    assert read_kept_split(run, open_dataset(dataset)) == read_splits(open_dataset(dataset))


def test_kept_split_names_a_changed_label(dataset, run):
    change(dataset, "S00_fear_0", "code", "0")
    source = change(dataset, "S00_fear_0", "emotion", "Anger")
    with pytest.raises(DatasetError, match=r"another label: 1 \(S00_fear_0: Fear before, Anger now\)"):
        read_kept_split(run, source)


def test_kept_split_names_a_changed_subject(dataset, run):
    source = change(dataset, "S00_fear_0", "subject", "S77")
    with pytest.raises(DatasetError, match=r"another subject: 1 \(S00_fear_0: S00 before, S77 now\)"):
        read_kept_split(run, source)


def test_kept_split_names_clips_that_are_gone_or_new(dataset, run):
    source = change(dataset, "S00_fear_0", "clip", "S00_fear_9")
    with pytest.raises(DatasetError, match=r"gone: 1 \(S00_fear_0\); clips that are new: 1 \(S00_fear_9\)"):
        read_kept_split(run, source)


def test_kept_split_names_clips_with_other_pairs(dataset, run):
    table = pd.read_csv(dataset / "data.csv")
    table.drop(index=table.index[table["clip"] == "S01_anger_0"][0]).to_csv(dataset / "data.csv", index=False)
    with pytest.raises(DatasetError, match=r"clips with other pairs: 1 \(S01_anger_0\)"):
        read_kept_split(run, open_dataset(dataset))


def test_kept_split_that_is_missing_is_named(dataset, run):
    run.unlink()
    with pytest.raises(RunError, match=r"splits\.csv is missing.*train a new run"):
        read_kept_split(run, open_dataset(dataset))


@pytest.mark.parametrize("content", [b"", b"hello world\n", b"\xff\xfe\x00", b'clip,part\n"a,b'])
def test_kept_split_that_is_damaged_is_named(dataset, run, content):
    run.write_bytes(content)
    with pytest.raises(RunError, match=r"splits\.csv .*train a new run"):
        read_kept_split(run, open_dataset(dataset))
