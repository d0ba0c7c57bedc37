from itertools import combinations

import pandas as pd
import pytest

from ferfusion.errors import DatasetError
from ferfusion.files import read_json
from ferfusion.label_set import SIX, LabelSet
from ferfusion.parts import PARTS
from ferfusion.preparation.dataset import DatasetFiles, open_dataset, write_header
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import (
    check_parts,
    fold_recipes,
    make_parts,
    part_counts,
    parts_hash,
    read_splits,
    split_dataset,
)
from ferfusion.tables import write_table
from helpers.datasets import write_dataset


def tables_of(root, subjects, *, labels=SIX, official=None):
    """A dataset folder's tables from {subject: {class: pairs of each of its videos}}."""
    rows, videos = [], []
    for subject, classes in subjects.items():
        for emotion, takes in classes.items():
            for take, pairs in enumerate(takes):
                video = f"{subject}_{emotion}_{take}"
                videos.append({"video": video, "subject": subject, "part": (official or {}).get(video, "")})
                of_video = {"emotion": emotion, "code": labels.code(emotion), "subject": subject}
                rows += [of_video | {"video": video, "clip": video, "pair": pair} for pair in range(pairs)]
    files = DatasetFiles(root)
    write_table(files.pairs_file, pd.DataFrame(rows))
    write_table(files.videos_file, pd.DataFrame(videos))
    write_header(
        root,
        complete=True,
        corpus="test",
        labels=labels,
        recipe=PrepareRecipe(),
        images=False,
        counts={},
    )
    return open_dataset(root)


def everyone(count, *, takes=(3, 4)):
    return {f"s{k}": {name: list(takes) for name in SIX.names} for k in range(count)}


def split(dataset, recipe):
    """Split without a search for copies: these datasets have tables and no images."""
    return split_dataset(dataset, recipe, copies=())


def test_split_dataset_shares_no_subject_and_holds_every_clip(tmp_path):
    dataset = tables_of(tmp_path, everyone(10))
    parts = split(dataset, SplitRecipe())
    subjects = {part: {clip.split("_")[0] for clip in parts if parts[clip] == part} for part in PARTS}
    assert not any(subjects[a] & subjects[b] for a, b in combinations(PARTS, 2))
    assert [len(subjects[part]) for part in PARTS] == [6, 2, 2]
    assert set(parts) == set(dataset.pairs["clip"])


def test_read_splits_reads_what_was_written(tmp_path):
    dataset = tables_of(tmp_path, everyone(5))
    parts = split(dataset, SplitRecipe(seed=3))
    assert read_splits(dataset) == parts
    header = read_json(tmp_path / "splits.json")
    assert SplitRecipe(**header["recipe"]) == SplitRecipe(seed=3)
    assert header["recipe_hash"] == dataset.recipe.hash
    assert header["hash"] == parts_hash(parts)


def test_read_splits_reads_a_table_elsewhere(tmp_path):
    dataset = tables_of(tmp_path / "dataset", everyone(6))
    for number, recipe in enumerate(fold_recipes(dataset, SplitRecipe(folds=3))):
        path = tmp_path / "folds" / f"{number}.csv"
        assert split_dataset(dataset, recipe, path=path, copies=()) == read_splits(dataset, path)
    assert not (tmp_path / "dataset" / "splits.csv").exists()
    with pytest.raises(DatasetError, match=r"There is no table of parts .*9\.csv"):
        read_splits(dataset, tmp_path / "folds" / "9.csv")


def test_split_dataset_depends_on_the_seed(tmp_path):
    dataset = tables_of(tmp_path, everyone(9))
    first, same, other = (split(dataset, SplitRecipe(seed=seed)) for seed in (1, 1, 2))
    assert first == same
    assert first != other


def test_part_counts_add_up(tmp_path):
    dataset = tables_of(tmp_path, everyone(10, takes=(3, 4)))
    counts = part_counts(dataset, split(dataset, SplitRecipe()))
    assert [counts[part]["subjects"] for part in PARTS] == [6, 2, 2]
    assert [counts[part]["videos"] for part in PARTS] == [72, 24, 24]
    assert counts["test"]["pairs"] == dict.fromkeys(SIX.names, 14)


@pytest.mark.parametrize(
    ("subjects", "message"),
    [
        (everyone(2), "3 parts with their own subjects need at least 3 subjects, got 2"),
        (
            everyone(4) | {"s3": {"Anger": [3]}, "s2": {"Anger": [3]}},
            r"each class needs at least 3 subjects for train, validation, test; too few: Disgust \(2\), Fear",
        ),
    ],
)
def test_split_dataset_refuses_too_few_subjects(tmp_path, subjects, message):
    with pytest.raises(DatasetError, match=message):
        split(tables_of(tmp_path, subjects), SplitRecipe())
    assert not (tmp_path / "splits.csv").exists()


def test_split_dataset_refuses_an_impossible_division(tmp_path):
    """Seven subjects and seven classes as the points and lines of the Fano plane.

    Each line has three points that must lie in three parts, and any two points share a line.
    """
    lines = ["012", "034", "056", "135", "146", "236", "245"]
    names = LabelSet(tuple(f"Class{k}" for k in range(7)))
    subjects = {
        f"s{point}": {names.names[k]: [5] for k, line in enumerate(lines) if str(point) in line}
        for point in range(7)
    }
    with pytest.raises(DatasetError, match="No division was found that gives every part every class"):
        split(tables_of(tmp_path, subjects, labels=names), SplitRecipe())


def test_split_dataset_allows_a_class_without_pairs(tmp_path):
    subjects = {f"s{k}": {"Anger": [4], "Fear": [4]} for k in range(5)}
    assert set(split(tables_of(tmp_path, subjects), SplitRecipe()).values()) == set(PARTS)


def official_parts(subjects):
    parts = {"s0": "train", "s1": "validation", "s2": "test"}
    return {
        f"{s}_{c}_{k}": parts[s] for s in subjects for c in subjects[s] for k in range(len(subjects[s][c]))
    }


def official_of_two_parts(subjects, part, people):
    """The given part for some people, training for all others."""
    return {
        f"{s}_{c}_{k}": part if s in people else "train"
        for s in subjects
        for c in subjects[s]
        for k in range(len(subjects[s][c]))
    }


def test_official_split_is_used(tmp_path):
    subjects = everyone(3)
    official = official_parts(subjects)
    assert split(tables_of(tmp_path, subjects, official=official), SplitRecipe(official=True)) == official


def test_official_split_names_a_video_without_a_part(tmp_path):
    subjects = everyone(3)
    official = official_parts(subjects) | {"s1_Fear_1": ""}
    with pytest.raises(DatasetError, match="no part for 1 video, for example s1_Fear_1; unset official"):
        split(tables_of(tmp_path, subjects, official=official), SplitRecipe(official=True))


def test_official_split_without_validation_cuts_it_out_of_training_by_subject(tmp_path):
    subjects = everyone(7)
    official = official_of_two_parts(subjects, "test", {"s0", "s1"})
    parts = split(tables_of(tmp_path, subjects, official=official), SplitRecipe(official=True))
    assert {clip: part for clip, part in parts.items() if official[clip] == "test"} == dict.fromkeys(
        [clip for clip in official if official[clip] == "test"], "test"
    )
    of_subject = {(clip.split("_")[0], part) for clip, part in parts.items()}
    assert [part for _, part in sorted(of_subject)].count("validation") == 1  # a quarter of five subjects


def test_official_split_without_a_test_part_tests_on_its_validation_part(tmp_path):
    subjects = everyone(6)
    official = official_of_two_parts(subjects, "validation", {"s4", "s5"})
    parts = split(tables_of(tmp_path, subjects, official=official), SplitRecipe(official=True))
    tested = {clip.split("_")[0] for clip in parts if parts[clip] == "test"}
    validated = {clip.split("_")[0] for clip in parts if parts[clip] == "validation"}
    assert tested == {"s4", "s5"}
    assert len(validated) == 1
    assert not validated & tested


@pytest.mark.parametrize(("folds", "count"), [(4, 4), ("4", 4), ("subjects", 9)])
def test_folds_test_each_subject_once(tmp_path, folds, count):
    dataset = tables_of(tmp_path, everyone(9))
    recipes = fold_recipes(dataset, SplitRecipe(folds=folds))
    assert [recipe.fold for recipe in recipes] == list(range(count))
    tested = []
    for recipe in recipes:
        parts = make_parts(dataset, recipe)
        subjects = {part: {clip.split("_")[0] for clip in parts if parts[clip] == part} for part in PARTS}
        assert not any(subjects[a] & subjects[b] for a, b in combinations(PARTS, 2))
        assert set().union(*subjects.values()) == {f"s{k}" for k in range(9)}
        tested += sorted(subjects["test"])
    assert sorted(tested) == [f"s{k}" for k in range(9)]


def test_fold_recipes_without_folds_are_one(tmp_path):
    assert fold_recipes(tables_of(tmp_path, everyone(3)), SplitRecipe(seed=4)) == (SplitRecipe(seed=4),)


def test_folds_refuse_a_class_without_training_pairs(tmp_path):
    subjects = everyone(6)
    for s in ("s0", "s1", "s2", "s3", "s4"):
        del subjects[s]["Fear"]
    with pytest.raises(DatasetError, match=r"too few: Fear \(0\)"):
        split(tables_of(tmp_path, subjects), SplitRecipe(folds="subjects", fold=5))


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (SplitRecipe(folds=5), "5 folds need at least 5 subjects, got 4"),
        (SplitRecipe(folds="subjects", fold=4), "The folds are 0 to 3; got fold 4"),
    ],
)
def test_folds_refuse_too_few_subjects(tmp_path, recipe, message):
    with pytest.raises(DatasetError, match=message):
        split(tables_of(tmp_path, everyone(4)), recipe)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"s1_Fear_1": "train"},
            "1 subject is in more than one part, for example s1: the same subject",
        ),
        ({"s1_Fear_1": "dev"}, r"unknown parts \['dev'\]"),
        ({"s9_Fear_0": "train"}, "1 clip is only in one of them, for example s9_Fear_0"),
        (
            dict.fromkeys([k for k in official_parts(everyone(3)) if k[:2] == "s2"], "train"),
            r"empty parts \['test'\]",
        ),
    ],
    ids=["subject", "part", "clip", "empty"],
)
def test_check_parts_refuses_shared_subjects_and_invalid_parts(tmp_path, change, message):
    subjects = everyone(3)
    with pytest.raises(DatasetError, match=message):
        check_parts(tables_of(tmp_path, subjects), official_parts(subjects) | change)


def test_check_parts_refuses_a_video_in_two_parts(tmp_path):
    dataset = tables_of(tmp_path, everyone(3))
    table = dataset.pairs
    # two clips of one video, with two subjects
    table.loc[table["clip"].isin(["s0_Fear_0", "s1_Fear_0"]), "video"] = "shared"
    with pytest.raises(DatasetError, match="1 video is in more than one part, for example shared"):
        check_parts(dataset, official_parts(everyone(3)))


def test_read_splits_refuses_an_edited_table(tmp_path):
    dataset = tables_of(tmp_path, everyone(5))
    split(dataset, SplitRecipe())
    path = tmp_path / "splits.csv"
    text = path.read_text()
    path.write_text(text.replace(",test", ",train", 1))
    with pytest.raises(
        DatasetError, match=r"splits\.csv does not fit its header splits\.json; make both with"
    ):
        read_splits(dataset)


def test_read_splits_without_a_split_says_how_to_make_one(tmp_path):
    with pytest.raises(DatasetError, match=r"has no splits\.csv; make it with: ferfusion split"):
        read_splits(tables_of(tmp_path, everyone(3)))


def test_read_splits_refuses_the_split_of_older_data(tmp_path):
    dataset = tables_of(tmp_path, everyone(5))
    split(dataset, SplitRecipe())
    grown = tables_of(tmp_path, everyone(6))
    with pytest.raises(
        DatasetError, match="The split does not fit the data: 12 clips are only in one of them"
    ):
        read_splits(grown)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("splits.csv", "hello\n"),
        ("splits.csv", ""),
        ("splits.json", "[]"),
        ("splits.json", "{"),
        ("data.csv", "hello\n"),
        ("dataset.json", "[]"),
        ("dataset.json", '{"schema": 1}'),
    ],
)
def test_read_splits_names_a_damaged_file(tmp_path, name, content):
    root = write_dataset(tmp_path / "dataset")
    (root / name).write_text(content)
    with pytest.raises(DatasetError, match=name.replace(".", r"\.")):
        read_splits(open_dataset(root))


def test_split_dataset_takes_spellings_of_a_subject_as_one_person(tmp_path):
    dataset = open_dataset(write_dataset(tmp_path / "data", subjects=8))
    table = dataset.pairs
    rows = table["subject"] == "S01"
    table.loc[rows & (table["code"] > 2), "subject"] = "s01 "
    for seed in range(3):
        parts = split_dataset(dataset, SplitRecipe(seed=seed), copies=())
        assert len({parts[clip] for clip in table["clip"][rows | (table["subject"] == "s01 ")]}) == 1
