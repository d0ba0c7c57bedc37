from dataclasses import replace

import pytest

from ferfusion.errors import DatasetError
from ferfusion.files import read_json
from ferfusion.preparation.pooled import pool_datasets
from ferfusion.splits.corpora import division_parts, write_division
from ferfusion.splits.divisions import Division
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import read_splits
from ferfusion.tables import read_table, write_table
from helpers.cross_corpora import write_corpora, write_corpus

RECIPE = SplitRecipe()


@pytest.fixture(scope="module")
def pooled(tmp_path_factory):
    root = tmp_path_factory.mktemp("corpora")
    found = pool_datasets(write_corpora(root), root / "data")
    found.write()
    return found


def people(pooled, parts):
    """The people of each corpus in each part."""
    found: dict[tuple[str, str], set[str]] = {}
    for clip, subject in pooled.pairs[["clip", "subject"]].drop_duplicates().itertuples(index=False):
        found.setdefault((pooled.corpus_of[subject], parts[clip]), set()).add(subject)
    return {key: len(subjects) for key, subjects in found.items()}


def test_division_parts_hold_out_people_of_a_corpus_that_is_also_tested(pooled):
    parts = division_parts(pooled, Division(("a",), ("a", "b", "c")), RECIPE)
    # of 6 people with equal videos, 60, 20 and 20 %: a person is 17 %
    assert people(pooled, parts) == {
        ("a", "train"): 4,
        ("a", "validation"): 1,
        ("a", "test"): 1,
        ("b", "test"): 5,
        ("c", "test"): 4,
    }


def test_division_parts_cut_each_corpus_of_a_training_by_itself(pooled):
    parts = division_parts(pooled, Division(("a", "b"), ("c",)), RECIPE)
    assert people(pooled, parts) == {
        ("a", "train"): 4,
        ("a", "validation"): 2,
        ("b", "train"): 4,
        ("b", "validation"): 1,
        ("c", "test"): 4,
    }


def test_division_parts_have_no_person_twice_and_every_class_in_every_part(pooled):
    parts = division_parts(pooled, Division(("b",), ("a", "b", "c")), RECIPE)
    rows = pooled.pairs.assign(part=[parts[clip] for clip in pooled.pairs["clip"]])
    assert (rows.groupby("subject")["part"].nunique() == 1).all()
    assert (rows.groupby("part")["emotion"].nunique() == 6).all()


def test_write_division_is_read_as_a_split(pooled, tmp_path):
    division = Division(("a",), ("b", "c"))
    parts = division_parts(pooled, division, RECIPE)
    write_division(tmp_path / "fold0.csv", pooled, parts, division=division, recipe=replace(RECIPE, seed=3))
    assert read_splits(pooled, tmp_path / "fold0.csv") == parts
    header = read_json(tmp_path / "fold0.json")["recipe"]
    assert (header["trained_on"], header["tested_on"], header["seed"]) == (["a"], ["b", "c"], 3)


def test_division_parts_refuse_a_corpus_of_too_few_people(pooled, tmp_path):
    write_corpus(tmp_path / "pair", seed=8)
    table = read_table(tmp_path / "pair" / "data.csv")
    write_table(tmp_path / "pair" / "data.csv", table[table["subject"] != "S02"])
    small = pool_datasets([pooled.sources["a"].root, tmp_path / "pair"], tmp_path / "data")
    division_parts(small, Division(("pair",), ("a",)), RECIPE)
    with pytest.raises(DatasetError, match=r"pair cannot be divided: 3 parts .* at least 3 subjects, got 2"):
        division_parts(small, Division(("pair",), ("a", "pair")), RECIPE)
