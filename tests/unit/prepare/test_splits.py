from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferfusion.errors import ConfigError, DatasetError
from ferfusion.labels import SIX, LabelSet
from ferfusion.prepare.dataset import SCHEMA, open_dataset
from ferfusion.prepare.recipe import PrepareRecipe
from ferfusion.prepare.splits import (
    PARTS,
    SplitRecipe,
    assign_subjects,
    check_parts,
    part_counts,
    read_splits,
    split_dataset,
)
from ferfusion.prepare.store import read_json, write_json, write_table

SHARES = np.array([0.6, 0.2, 0.2])


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


def distance(counts, parts):
    """How far a division is from the shares: written from the words, part by part and class by class."""
    table = counts.to_numpy(float)
    total = 0.0
    for part, share in zip(PARTS, SHARES, strict=True):
        members = [place for place, subject in enumerate(counts.index) if parts[subject] == part]
        reached = table[members].sum(axis=0) / table.sum(axis=0)
        if not reached.all():
            return np.inf
        total += (((reached - share) / share) ** 2).sum()
    return total


@pytest.mark.parametrize("seed", range(4))
def test_the_division_found_is_the_best_there_is(seed):
    rng = np.random.default_rng(seed)
    counts = pd.DataFrame(
        rng.integers(0, 30, (7, 3)), index=[f"s{k}" for k in range(7)], columns=["Anger", "Fear", "Sadness"]
    )
    best = min(
        distance(counts, dict(zip(counts.index, parts, strict=True))) for parts in product(PARTS, repeat=7)
    )
    found = distance(counts, assign_subjects(counts, shares=SHARES, seed=seed))
    assert found == pytest.approx(best)


@settings(max_examples=15)
@given(st.data())
def test_every_part_gets_every_class_and_every_subject_one_part(data):
    subjects = data.draw(st.integers(6, 12))
    numbers = data.draw(st.lists(st.integers(1, 40), min_size=3 * subjects, max_size=3 * subjects))
    counts = pd.DataFrame(np.reshape(numbers, (subjects, 3)), index=[f"s{k}" for k in range(subjects)])
    parts = assign_subjects(counts, shares=SHARES, seed=0, restarts=3)
    assert set(parts) == set(counts.index)
    assert np.isfinite(distance(counts, parts))


def test_parts_share_no_subject_and_no_video_and_hold_every_clip(tmp_path):
    dataset = fold(tmp_path, everyone(10))
    parts = split_dataset(dataset, SplitRecipe())
    subjects = {part: {clip.split("_")[0] for clip in parts if parts[clip] == part} for part in PARTS}
    assert not any(subjects[a] & subjects[b] for a, b in combinations(PARTS, 2))
    assert [len(subjects[part]) for part in PARTS] == [6, 2, 2]
    assert set(parts) == set(dataset.pairs["clip"])


def test_what_is_written_is_what_is_read(tmp_path):
    dataset = fold(tmp_path, everyone(5))
    parts = split_dataset(dataset, SplitRecipe(seed=3))
    assert read_splits(dataset) == parts
    header = read_json(tmp_path / "splits.json")
    assert header["recipe"] == {"validation": 0.2, "test": 0.2, "given": False, "seed": 3}
    assert header["recipe_hash"] == dataset.recipe.hash


def test_the_division_follows_from_the_seed(tmp_path):
    dataset = fold(tmp_path, everyone(9))
    first, same, other = (split_dataset(dataset, SplitRecipe(seed=seed)) for seed in (1, 1, 2))
    assert first == same
    assert first != other


def test_counts_of_the_parts_add_up(tmp_path):
    dataset = fold(tmp_path, everyone(10, takes=(3, 4)))
    counts = part_counts(dataset, split_dataset(dataset, SplitRecipe()))
    assert [counts[part]["subjects"] for part in PARTS] == [6, 2, 2]
    assert [counts[part]["videos"] for part in PARTS] == [72, 24, 24]
    assert counts["test"]["pairs"] == dict.fromkeys(SIX.names, 14)


@pytest.mark.parametrize(
    ("subjects", "message"),
    [
        (everyone(2), "need at least three subjects, got 2"),
        (
            everyone(4) | {"s3": {"Anger": [3]}, "s2": {"Anger": [3]}},
            r"each class needs at least three subjects; too few: Disgust \(2\), Fear \(2\)",
        ),
    ],
)
def test_too_few_subjects_are_refused(tmp_path, subjects, message):
    with pytest.raises(DatasetError, match=message):
        split_dataset(fold(tmp_path, subjects), SplitRecipe())
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
        split_dataset(fold(tmp_path, subjects, labels=names), SplitRecipe())


def test_a_class_without_any_pair_asks_for_nothing(tmp_path):
    subjects = {f"s{k}": {"Anger": [4], "Fear": [4]} for k in range(5)}
    assert set(split_dataset(fold(tmp_path, subjects), SplitRecipe()).values()) == set(PARTS)


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
    assert split_dataset(fold(tmp_path, subjects, given=given), SplitRecipe(given=True)) == given


def test_a_missing_given_part_is_named(tmp_path):
    subjects = everyone(3)
    given = given_parts(subjects) | {"s1_Fear_1": ""}
    with pytest.raises(DatasetError, match="no part for 1 videos, for example s1_Fear_1; leave --given"):
        split_dataset(fold(tmp_path, subjects, given=given), SplitRecipe(given=True))


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
    split_dataset(dataset, SplitRecipe())
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
    split_dataset(dataset, SplitRecipe())
    grown = fold(tmp_path, everyone(6))
    with pytest.raises(
        DatasetError, match="The split does not fit the data: 12 clips are only in one of them"
    ):
        read_splits(grown)
