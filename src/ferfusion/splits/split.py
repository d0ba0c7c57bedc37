"""Divide a dataset into train, validation and test parts: subjects apart, whole videos, classes balanced."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ferfusion.errors import DatasetError
from ferfusion.files import read_json, write_json, write_table
from ferfusion.preparation.dataset import Dataset
from ferfusion.splits.leaks import Copy, find_copies, refuse_copies
from ferfusion.splits.protocols import (
    assign_subjects,
    cut_validation,
    fold_of_subject,
    settle_given_parts,
)
from ferfusion.splits.recipe import EACH_SUBJECT, SplitRecipe

PARTS = ("train", "validation", "test")


def split_dataset(
    dataset: Dataset, recipe: SplitRecipe, *, path: Path | None = None, copies: Sequence[Copy] | None = None
) -> dict[str, str]:
    """Divide the dataset, write the table of parts with its header, and return clip to part.

    Args:
        dataset: A prepared dataset.
        recipe: How to divide it.
        path: Where the table is written, its header beside it as JSON; ``splits.csv`` in the dataset if
            left out.
        copies: What ``find_copies`` has found, if it was called; otherwise it is called now.

    Raises:
        DatasetError: the parts cannot be made, or share a subject, a video or a picture; the message says
            which. Nothing is written then.
    """
    path = path or dataset.root / "splits.csv"
    parts = make_parts(dataset, recipe)
    if copies is None:
        # of stills, a training image that is in another part too was left out when they were prepared
        copies = () if dataset.stills else find_copies(dataset, alike=recipe.alike)
    refuse_copies(copies, parts, alike=recipe.alike)
    write_table(path, pd.DataFrame({"clip": list(parts), "part": list(parts.values())}))
    header = {"recipe": asdict(recipe), "hash": parts_hash(parts), "recipe_hash": dataset.recipe.hash}
    write_json(path.with_suffix(".json"), header)
    return parts


def make_parts(dataset: Dataset, recipe: SplitRecipe) -> dict[str, str]:
    """Return clip to part; nothing is written, and no picture is looked at.

    Raises:
        DatasetError: the parts cannot be made; the message says why.
    """
    clips = _clips(dataset)
    counts = _counts(dataset, clips)
    if recipe.given or dataset.stills:
        part_of_video = _given_parts(dataset, clips, recipe)
        parts = {
            clip: part_of_video[video] for clip, video in zip(clips["clip"], clips["video"], strict=True)
        }
    else:
        part_of_subject = _fold_parts(counts, recipe) if recipe.folds else _hold_out(counts, recipe)
        parts = {
            clip: part_of_subject[subject]
            for clip, subject in zip(clips["clip"], clips["subject"], strict=True)
        }
    check_parts(dataset, parts)
    return parts


def fold_recipes(dataset: Dataset, recipe: SplitRecipe) -> tuple[SplitRecipe, ...]:
    """Return a recipe for each fold; just the one that is given if it has no folds."""
    subjects = dataset.pairs["subject"].nunique()
    count = subjects if recipe.folds == EACH_SUBJECT else max(int(recipe.folds), 1)
    return tuple(replace(recipe, fold=fold) for fold in range(count))


def read_splits(dataset: Dataset, path: Path | None = None) -> dict[str, str]:
    """Return clip to part, after checking again that no subject is in two parts.

    Args:
        dataset: The dataset that was divided.
        path: The table; ``splits.csv`` in the dataset if left out.

    Raises:
        DatasetError: there is no split, it was changed by hand, or it does not fit the dataset.
    """
    if path is None and not (dataset.root / "splits.csv").is_file():
        raise DatasetError(f"{dataset.root} has no splits.csv; make it with: ferfusion split {dataset.root}")
    path = path or dataset.root / "splits.csv"
    if not path.is_file():
        raise DatasetError(f"There is no table of parts {path}; name one that ferfusion wrote")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    parts = dict(zip(table["clip"], table["part"], strict=True))
    header = path.with_suffix(".json")
    if read_json(header)["hash"] != parts_hash(parts):
        raise DatasetError(f"{path} does not fit its header {header.name}; make both with: ferfusion split")
    check_parts(dataset, parts)
    return parts


def split_header(dataset: Dataset, path: Path | None = None) -> Path:
    """Return the JSON file beside a table of parts; by default beside the dataset's own."""
    return (path or dataset.root / "splits.csv").with_suffix(".json")


def check_parts(dataset: Dataset, parts: Mapping[str, str]) -> None:
    """Refuse parts that share a subject or a video, leave a clip out, or are empty.

    Raises:
        DatasetError: the parts are not fit for an honest measurement; the message says why.
    """
    clips = _clips(dataset)
    strange = sorted(set(clips["clip"]) ^ set(parts))
    if strange:
        raise DatasetError(
            f"The split does not fit the data: {len(strange)} clips are only in one of them, "
            f"for example {strange[0]}; make it anew with: ferfusion split {dataset.root}"
        )
    clips = clips.assign(part=[parts[clip] for clip in clips["clip"]])
    unknown = sorted(set(clips["part"]) - set(PARTS))
    # a corpus of still images is measured on its validation part where it has no test part
    needed = PARTS[:2] if dataset.stills else PARTS
    empty = [part for part in needed if part not in set(clips["part"])]
    if unknown or empty:
        raise DatasetError(f"The split has unknown parts {unknown} or empty parts {empty}")
    for column in ("subject", "video"):
        spread = clips.groupby(column)["part"].nunique()
        shared = sorted(spread.index[spread > 1])
        if shared:
            raise DatasetError(
                f"{len(shared)} {column}s are in more than one part, for example {shared[0]}: "
                "what a model has seen in training cannot test it"
            )


def parts_hash(parts: Mapping[str, str]) -> str:
    """Return 16 hex digits that tell a division from any other."""
    return hashlib.sha256(json.dumps(dict(sorted(parts.items()))).encode()).hexdigest()[:16]


def part_counts(dataset: Dataset, parts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return, for each part, its numbers of subjects and videos and its pairs by class."""
    pairs = dataset.pairs.assign(part=[parts[clip] for clip in dataset.pairs["clip"]])
    return {
        part: {
            "subjects": int(rows["subject"].nunique()),
            "videos": int(rows["video"].nunique()),
            "pairs": {name: int((rows["emotion"] == name).sum()) for name in dataset.labels.names},
        }
        for part, rows in ((part, pairs[pairs["part"] == part]) for part in PARTS)
    }


def _hold_out(counts: pd.DataFrame, recipe: SplitRecipe) -> dict[str, str]:
    shares = (1 - recipe.validation - recipe.test, recipe.validation, recipe.test)
    return assign_subjects(counts, shares=dict(zip(PARTS, shares, strict=True)), seed=recipe.seed)


def _fold_parts(counts: pd.DataFrame, recipe: SplitRecipe) -> dict[str, str]:
    folds = fold_of_subject(counts, folds=recipe.folds, seed=recipe.seed)
    tested = [subject for subject, fold in folds.items() if fold == recipe.fold]
    if not tested:
        raise DatasetError(
            f"There are {max(folds.values()) + 1} folds, counted from 0; got fold {recipe.fold}"
        )
    rest = counts.drop(index=tested)
    return cut_validation(rest, share=recipe.validation_of_rest, seed=recipe.seed) | dict.fromkeys(
        tested, "test"
    )


def _given_parts(dataset: Dataset, clips: pd.DataFrame, recipe: SplitRecipe) -> dict[str, str]:
    given = dict(zip(dataset.videos["video"], dataset.videos["part"], strict=True))
    missing = [video for video in clips["video"] if not given.get(video)]
    if missing:
        raise DatasetError(
            f"The corpus gives no part for {len(missing)} videos, for example {missing[0]}; "
            "leave --given away to have the parts made"
        )
    if dataset.stills:
        return {video: given[video] for video in clips["video"]}
    parts = settle_given_parts({video: given[video] for video in clips["video"]})
    if "validation" not in parts.values():
        training = clips[clips["video"].map(parts) == "train"]
        cut = cut_validation(_counts(dataset, training), share=recipe.validation_of_rest, seed=recipe.seed)
        parts |= {
            video: cut[subject] for video, subject in zip(training["video"], training["subject"], strict=True)
        }
    return parts


def _clips(dataset: Dataset) -> pd.DataFrame:
    """Return a row per clip: clip, video, subject. The images of a pack are kept together."""
    return dataset.pairs.groupby("clip", sort=False)[["video", "subject"]].first().reset_index()


def _counts(dataset: Dataset, clips: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of some clips by subject (rows) and class (columns: those that the dataset has)."""
    pairs = dataset.pairs
    subjects = pairs["clip"].map(dict(zip(clips["clip"], clips["subject"], strict=True)))
    present = [name for name in dataset.labels.names if name in set(pairs["emotion"])]
    return pd.crosstab(subjects, pairs["emotion"]).reindex(columns=present, fill_value=0)
