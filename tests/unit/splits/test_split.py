from itertools import combinations

import pandas as pd
import pytest

from ferfusion.errors import ConfigError, DatasetError
from ferfusion.files import read_json, write_json, write_table
from ferfusion.labels import SIX, LabelSet
from ferfusion.preparation.dataset import SCHEMA, open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import (
    PARTS,
    check_parts,
    fold_recipes,
    make_parts,
    part_counts,
    parts_hash,
    read_splits,
    split_dataset,
)


def fold(root, subjects, *, labels=SIX, given=None):
    """A dataset folder's tables from {subject: {class: pairs of each of its videos}}."""
    rows, videos = [], []
    for subject, classes in subjects.items():
        for emotion, takes in classes.items():
            for take, pairs in enumerate(takes):
                video = f"{subject}_{emotion}_{take}"
                videos.append({"video": video, "subject": subject, "part": (given or {}).get(video, "")})
                rows += [
                    {"emotion": emotion, "subject": subject, "video": video, "clip": video, "pair": pair}
                    for pair in range(pairs)
                ]
    write_table(root / "data.csv", pd.DataFrame(rows))
    write_table(root / "videos.csv", pd.DataFrame(videos))
    header = {
        "schema": SCHEMA,
        "complete": True,
        "recipe": PrepareRecipe().to_dict(),
        "labels": list(labels.names),
        "corpus": "test",
        "counts": {},
    }
    write_json(root / "dataset.json", header)
    return open_dataset(root)


def everyone(count, *, takes=(3, 4)):
    return {f"s{k}": {name: list(takes) for name in SIX.names} for k in range(count)}


def split(dataset, recipe):
    """These datasets have tables and no pictures."""
    return split_dataset(dataset, recipe, copies=())


def test_parts_share_no_subject_and_no_video_and_hold_every_clip(tmp_path):
    dataset = fold(tmp_path, everyone(10))
    parts = split(dataset, SplitRecipe())
    subjects = {part: {clip.split("_")[0] for clip in parts if parts[clip] == part} for part in PARTS}
    assert not any(subjects[a] & subjects[b] for a, b in combinations(PARTS, 2))
    assert [len(subjects[part]) for part in PARTS] == [6, 2, 2]
    assert set(parts) == set(dataset.pairs["clip"])


def test_what_is_written_is_what_is_read(tmp_path):
    dataset = fold(tmp_path, everyone(5))
    parts = split(dataset, SplitRecipe(seed=3))
    assert read_splits(dataset) == parts
    header = read_json(tmp_path / "splits.json")
    assert SplitRecipe(**header["recipe"]) == SplitRecipe(seed=3)
    assert header["recipe_hash"] == dataset.recipe.hash
    assert header["hash"] == parts_hash(parts)


def test_a_table_elsewhere_is_read_as_it_was_written(tmp_path):
    dataset = fold(tmp_path / "dataset", everyone(6))
    for number, recipe in enumerate(fold_recipes(dataset, SplitRecipe(folds=3))):
        path = tmp_path / "folds" / f"{number}.csv"
        assert split_dataset(dataset, recipe, path=path, copies=()) == read_splits(dataset, path)
    assert not (tmp_path / "dataset" / "splits.csv").exists()
    with pytest.raises(DatasetError, match=r"There is no table of parts .*9\.csv"):
        read_splits(dataset, tmp_path / "folds" / "9.csv")


def test_the_division_follows_from_the_seed(tmp_path):
    dataset = fold(tmp_path, everyone(9))
    first, same, other = (split(dataset, SplitRecipe(seed=seed)) for seed in (1, 1, 2))
    assert first == same
    assert first != other


def test_counts_of_the_parts_add_up(tmp_path):
    dataset = fold(tmp_path, everyone(10, takes=(3, 4)))
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
def test_too_few_subjects_are_refused(tmp_path, subjects, message):
    with pytest.raises(DatasetError, match=message):
        split(fold(tmp_path, subjects), SplitRecipe())
    assert not (tmp_path / "splits.csv").exists()


def test_a_division_that_cannot_be_is_refused(tmp_path):
    """Seven subjects and seven classes as the points and lines of the Fano plane.

    Each line has three points that must lie in three parts, and any two points share a line.
    """
    lines = ["012", "034", "056", "135", "146", "236", "245"]
    names = LabelSet(tuple(f"Class{k}" for k in range(7)))
    subjects = {
        f"s{point}": {names.names[k]: [5] for k, line in enumerate(lines) if str(point) in line}
        for point in range(7)
    }
    with pytest.raises(DatasetError, match="No way was found to give every class to every part"):
        split(fold(tmp_path, subjects, labels=names), SplitRecipe())


def test_a_class_without_any_pair_asks_for_nothing(tmp_path):
    subjects = {f"s{k}": {"Anger": [4], "Fear": [4]} for k in range(5)}
    assert set(split(fold(tmp_path, subjects), SplitRecipe()).values()) == set(PARTS)


@pytest.mark.parametrize(("validation", "test"), [(0, 0.2), (0.2, 0), (0.6, 0.4), (-0.1, 0.2), (1, 0.1)])
def test_shares_that_leave_a_part_empty_are_refused(validation, test):
    with pytest.raises(ConfigError, match=f"leave some for training, got {validation} and {test}"):
        SplitRecipe(validation=validation, test=test)


def given_parts(subjects):
    parts = {"s0": "train", "s1": "validation", "s2": "test"}
    return {
        f"{s}_{c}_{k}": parts[s] for s in subjects for c in subjects[s] for k in range(len(subjects[s][c]))
    }


def test_parts_that_the_corpus_gives_are_taken(tmp_path):
    subjects = everyone(3)
    given = given_parts(subjects)
    assert split(fold(tmp_path, subjects, given=given), SplitRecipe(given=True)) == given


def test_a_missing_given_part_is_named(tmp_path):
    subjects = everyone(3)
    given = given_parts(subjects) | {"s1_Fear_1": ""}
    with pytest.raises(DatasetError, match="no part for 1 videos, for example s1_Fear_1; leave --given"):
        split(fold(tmp_path, subjects, given=given), SplitRecipe(given=True))


def test_a_validation_part_that_the_corpus_does_not_give_is_cut_out_of_training_by_subject(tmp_path):
    subjects = everyone(7)
    given = {
        f"{s}_{name}_{take}": "test" if s in {"s0", "s1"} else "train"
        for s in subjects
        for name in SIX.names
        for take in (0, 1)
    }
    parts = split(fold(tmp_path, subjects, given=given), SplitRecipe(given=True))
    assert {clip: part for clip, part in parts.items() if given[clip] == "test"} == dict.fromkeys(
        [clip for clip in given if given[clip] == "test"], "test"
    )
    of_subject = {(clip.split("_")[0], part) for clip, part in parts.items()}
    assert [part for _, part in sorted(of_subject)].count("validation") == 1  # a quarter of five subjects


def test_a_corpus_without_a_test_part_is_tested_on_its_validation_part(tmp_path):
    subjects = everyone(6)
    given = {
        f"{s}_{name}_{take}": "validation" if s in {"s4", "s5"} else "train"
        for s in subjects
        for name in SIX.names
        for take in (0, 1)
    }
    parts = split(fold(tmp_path, subjects, given=given), SplitRecipe(given=True))
    tested = {clip.split("_")[0] for clip in parts if parts[clip] == "test"}
    validated = {clip.split("_")[0] for clip in parts if parts[clip] == "validation"}
    assert tested == {"s4", "s5"}
    assert len(validated) == 1
    assert not validated & tested


@pytest.mark.parametrize(("folds", "count"), [(4, 4), ("4", 4), ("subjects", 9)])
def test_each_subject_is_tested_in_one_fold(tmp_path, folds, count):
    dataset = fold(tmp_path, everyone(9))
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


def test_without_folds_there_is_one_recipe(tmp_path):
    assert fold_recipes(fold(tmp_path, everyone(3)), SplitRecipe(seed=4)) == (SplitRecipe(seed=4),)


def test_a_class_that_a_fold_would_leave_untrained_is_refused(tmp_path):
    subjects = everyone(6)
    for s in ("s0", "s1", "s2", "s3", "s4"):
        del subjects[s]["Fear"]
    with pytest.raises(DatasetError, match=r"too few: Fear \(0\)"):
        split(fold(tmp_path, subjects), SplitRecipe(folds="subjects", fold=5))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"folds": 1}, "folds must be 0, 2 or more, or subjects, got 1"),
        ({"folds": -2}, "folds must be 0, 2 or more, or subjects, got -2"),
        ({"folds": "people"}, "folds must be 0, 2 or more, or subjects, got people"),
        ({"folds": 3, "fold": 3}, "fold counts from 0 and must be less than folds, 3; got 3"),
        ({"fold": 1}, "fold counts from 0 and must be less than folds, 0; got 1"),
        ({"folds": 3, "given": True}, "given takes the parts of the corpus and folds makes parts"),
        ({"alike": 0.2}, "alike must be a correlation from 0.9 to 1, got 0.2"),
    ],
)
def test_protocols_that_do_not_exist_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        SplitRecipe(**settings)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (SplitRecipe(folds=5), "5 folds need at least 5 subjects, got 4"),
        (SplitRecipe(folds="subjects", fold=4), "There are 4 folds, counted from 0; got fold 4"),
    ],
)
def test_folds_that_the_subjects_do_not_allow_are_refused(tmp_path, recipe, message):
    with pytest.raises(DatasetError, match=message):
        split(fold(tmp_path, everyone(4)), recipe)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"s1_Fear_1": "train"},
            "1 subjects are in more than one part, for example s1: what a model has seen",
        ),
        ({"s1_Fear_1": "dev"}, r"unknown parts \['dev'\]"),
        ({"s9_Fear_0": "train"}, "1 clips are only in one of them, for example s9_Fear_0"),
        (
            dict.fromkeys([k for k in given_parts(everyone(3)) if k[:2] == "s2"], "train"),
            r"empty parts \['test'\]",
        ),
    ],
    ids=["subject", "part", "clip", "empty"],
)
def test_parts_that_would_flatter_a_model_are_refused(tmp_path, change, message):
    subjects = everyone(3)
    with pytest.raises(DatasetError, match=message):
        check_parts(fold(tmp_path, subjects), given_parts(subjects) | change)


def test_a_video_in_two_parts_is_refused(tmp_path):
    dataset = fold(tmp_path, everyone(3))
    table = dataset.pairs
    # two clips of one video, said to be of two subjects
    table.loc[table["clip"].isin(["s0_Fear_0", "s1_Fear_0"]), "video"] = "shared"
    with pytest.raises(DatasetError, match="1 videos are in more than one part, for example shared"):
        check_parts(dataset, given_parts(everyone(3)))


def test_a_table_changed_by_hand_is_refused(tmp_path):
    dataset = fold(tmp_path, everyone(5))
    split(dataset, SplitRecipe())
    path = tmp_path / "splits.csv"
    text = path.read_text()
    path.write_text(text.replace(",test", ",train", 1))
    with pytest.raises(
        DatasetError, match=r"splits\.csv does not fit its header splits\.json; make both with"
    ):
        read_splits(dataset)


def test_a_dataset_without_a_split_says_how_to_make_one(tmp_path):
    with pytest.raises(DatasetError, match=r"has no splits\.csv; make it with: ferfusion split"):
        read_splits(fold(tmp_path, everyone(3)))


def test_a_split_of_older_data_is_refused(tmp_path):
    dataset = fold(tmp_path, everyone(5))
    split(dataset, SplitRecipe())
    grown = fold(tmp_path, everyone(6))
    with pytest.raises(
        DatasetError, match="The split does not fit the data: 12 clips are only in one of them"
    ):
        read_splits(grown)
