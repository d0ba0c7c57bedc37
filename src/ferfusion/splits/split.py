"""Divide a dataset into train, validation and test parts: subjects apart, whole videos, classes balanced."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ferfusion.corpora.same_person import first_spellings
from ferfusion.errors import DatasetError
from ferfusion.files import no_such, read_json, write_json
from ferfusion.outputs import only_writer
from ferfusion.parts import PARTS, Part
from ferfusion.preparation.dataset import Dataset
from ferfusion.reporting.words import counted, counted_are
from ferfusion.splits.leaks import Copy, find_copies, refuse_copies
from ferfusion.splits.protocols import (
    assign_subjects,
    cut_validation,
    fold_of_subject,
    official_parts,
)
from ferfusion.splits.recipe import EACH_SUBJECT, SplitRecipe
from ferfusion.tables import read_table, write_table


def split_dataset(
    dataset: Dataset, recipe: SplitRecipe, *, path: Path | None = None, copies: Sequence[Copy] | None = None
) -> dict[str, Part]:
    """Divide a dataset, write the table of parts and its header, and return clip to part.

    Args:
        dataset: A prepared dataset.
        recipe: How to divide it.
        path: The table to write, with its header beside it as JSON; by default, that of the dataset.
        copies: Result of ``find_copies``; by default, that is called.

    Raises:
        DatasetError: the parts cannot be made, or share a subject, a video or an image; the message says
            which. Nothing is written then.
        FileError: another process writes the folder of the table.
    """
    path = path or dataset.splits_file
    with only_writer(path.parent):
        parts = make_parts(dataset, recipe)
        if copies is None:
            copies = find_copies(dataset, similarity=recipe.similarity)
        refuse_copies(copies, parts, similarity=recipe.similarity)
        header = {"recipe": asdict(recipe), "hash": parts_hash(parts), "recipe_hash": dataset.recipe.hash}
        write_table(path, pd.DataFrame({"clip": list(parts), "part": list(parts.values())}))
        write_json(path.with_suffix(".json"), header)
    return parts


def make_parts(dataset: Dataset, recipe: SplitRecipe) -> dict[str, Part]:
    """Return clip to part; write nothing, and compare no images.

    Raises:
        DatasetError: the parts cannot be made; the message says why.
    """
    clips = clips_of(dataset)
    counts = counts_of_subjects(dataset, clips)
    if recipe.official or dataset.has_official_parts_only:
        part_of_video = _official_split(dataset, clips, recipe)
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
    """Return the recipe of each fold; without folds, only ``recipe``."""
    subjects = len(set(first_spellings(dataset.pairs["subject"].unique()).values()))
    count = subjects if recipe.folds == EACH_SUBJECT else max(int(recipe.folds), 1)
    return tuple(replace(recipe, fold=fold) for fold in range(count))


def read_splits(dataset: Dataset, path: Path | None = None) -> dict[str, Part]:
    """Read clip to part, and check again that no subject is in two parts.

    Args:
        dataset: The dataset that was divided.
        path: The table; by default, ``splits.csv`` of the dataset.

    Raises:
        DatasetError: there is no split, it was edited, or it does not fit the dataset.
    """
    if path is None and not dataset.splits_file.is_file():
        raise DatasetError(
            f"{dataset.root} has no {dataset.splits_file.name}; make it with: ferfusion split {dataset.root}"
        )
    path = path or dataset.splits_file
    if not path.is_file():
        raise DatasetError(f"{no_such(path, wanted='table of parts')}; name one that ferfusion wrote")
    advice = "make it with: ferfusion split"
    table = read_table(path, columns=("clip", "part"), advice=advice)
    parts = dict(zip(table["clip"], table["part"], strict=True))
    header = path.with_suffix(".json")
    if read_json(header, advice=advice).get("hash") != parts_hash(parts):
        raise DatasetError(f"{path} does not fit its header {header.name}; make both with: ferfusion split")
    check_parts(dataset, parts)
    return parts


def split_header(dataset: Dataset, path: Path | None = None) -> Path:
    """Return the path of the JSON header beside a table of parts; by default, that of the dataset."""
    return (path or dataset.splits_file).with_suffix(".json")


def check_parts(dataset: Dataset, parts: Mapping[str, str]) -> None:
    """Refuse parts that share a subject or a video, leave a clip out, or are empty.

    Raises:
        DatasetError: the parts do not allow an honest measurement; the message says why.
    """
    clips = clips_of(dataset)
    unmatched = sorted(set(clips["clip"]) ^ set(parts))
    if unmatched:
        raise DatasetError(
            f"The split does not fit the data: {counted_are(len(unmatched), 'clip')} only in one of them, "
            f"for example {unmatched[0]}; make it again with: ferfusion split {dataset.root}"
        )
    found = set(parts.values())
    unknown = sorted(found - set(PARTS))
    empty = [part for part in PARTS if part not in found]
    if unknown or empty:
        raise DatasetError(f"The split has unknown parts {unknown} or empty parts {empty}")
    rows = dataset.pairs[["clip", "subject", "video"]].drop_duplicates()
    rows = rows.assign(subject=rows["subject"].map(first_spellings(rows["subject"])))
    for column in ("subject", "video"):
        spread = rows["clip"].map(parts).groupby(rows[column]).nunique()
        shared = sorted(spread.index[spread > 1])
        if shared:
            raise DatasetError(
                f"{counted_are(len(shared), column)} in more than one part, for example {shared[0]}: "
                "the same subject or video cannot train a model and test it"
            )


def parts_hash(parts: Mapping[str, str]) -> str:
    """Return 16 hex digits that identify a split."""
    return hashlib.sha256(json.dumps(dict(sorted(parts.items()))).encode()).hexdigest()[:16]


def part_counts(dataset: Dataset, parts: Mapping[str, Part]) -> dict[Part, dict[str, Any]]:
    """Return the numbers of subjects, videos, and pairs of each class, by part."""
    pairs = dataset.pairs.assign(part=[parts[clip] for clip in dataset.pairs["clip"]])
    return {
        part: {
            "subjects": int(rows["subject"].nunique()),
            "videos": int(rows["video"].nunique()),
            "pairs": {name: int((rows["emotion"] == name).sum()) for name in dataset.labels.names},
        }
        for part, rows in ((part, pairs[pairs["part"] == part]) for part in PARTS)
    }


def _hold_out(counts: pd.DataFrame, recipe: SplitRecipe) -> dict[str, Part]:
    shares = (1 - recipe.validation - recipe.test, recipe.validation, recipe.test)
    return assign_subjects(counts, shares=dict(zip(PARTS, shares, strict=True)), seed=recipe.seed)


def _fold_parts(counts: pd.DataFrame, recipe: SplitRecipe) -> dict[str, Part]:
    folds = fold_of_subject(counts, folds=recipe.folds, seed=recipe.seed)
    test_subjects = [subject for subject, fold in folds.items() if fold == recipe.fold]
    if not test_subjects:
        raise DatasetError(f"The folds are 0 to {max(folds.values())}; got fold {recipe.fold}")
    rest = counts.drop(index=test_subjects)
    if len(rest) < 2:
        raise DatasetError(
            f"Folds need at least 3 people, one each for training, validation and test; fold {recipe.fold} "
            f"tests {len(test_subjects)} of {counted(len(counts), 'person')}. Add videos of more people"
        )
    parts = cut_validation(rest, share=recipe.validation_of_rest, seed=recipe.seed)
    return parts | dict.fromkeys(test_subjects, "test")


def _official_split(dataset: Dataset, clips: pd.DataFrame, recipe: SplitRecipe) -> dict[str, Part]:
    official = dict(zip(dataset.videos["video"], dataset.videos["part"], strict=True))
    missing = [video for video in clips["video"] if not official.get(video)]
    if missing:
        raise DatasetError(
            f"The official split of the corpus has no part for {counted(len(missing), 'video')}, "
            f"for example {missing[0]}; unset official to make the parts"
        )
    of_clip = clips["video"].map(official)
    parts = official_parts(dict(zip(clips["video"], of_clip, strict=True)))
    if "validation" not in parts.values():
        training = clips[clips["video"].map(parts) == "train"]
        counts = counts_of_subjects(dataset, training)
        share = recipe.validation_of_rest
        if "validation" in set(of_clip):  # it is tested: the part that replaces it need not be larger
            replaced = dataset.pairs["clip"].isin(clips["clip"][of_clip == "validation"]).sum()
            share = min(share, float(replaced / counts.to_numpy().sum()))
        cut = cut_validation(counts, share=share, seed=recipe.seed)
        parts |= {
            video: cut[subject] for video, subject in zip(training["video"], training["subject"], strict=True)
        }
    return parts


def clips_of(dataset: Dataset) -> pd.DataFrame:
    """Return a row per clip: clip, video, subject; a pack of still images counts as one.

    All spellings of a person are the first one: a table may have been edited.
    """
    clips = dataset.pairs.groupby("clip", sort=False)[["video", "subject"]].first().reset_index()
    return clips.assign(subject=clips["subject"].map(first_spellings(clips["subject"])))


def counts_of_subjects(dataset: Dataset, clips: pd.DataFrame) -> pd.DataFrame:
    """Return the number of pairs of clips by subject (rows) and class (columns, those in the dataset)."""
    pairs = dataset.pairs
    subjects = pairs["clip"].map(dict(zip(clips["clip"], clips["subject"], strict=True)))
    present = [name for name in dataset.labels.names if name in set(pairs["emotion"])]
    return pd.crosstab(subjects, pairs["emotion"]).reindex(columns=present, fill_value=0)
