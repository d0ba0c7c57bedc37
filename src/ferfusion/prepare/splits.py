"""Divide a dataset into train, validation and test parts: subjects apart, whole videos, classes balanced."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.errors import ConfigError, DatasetError
from ferfusion.prepare.dataset import Dataset
from ferfusion.prepare.store import read_json, write_json, write_table

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class SplitRecipe:
    """How a dataset is divided.

    Attributes:
        validation: Share of the pairs for the validation part, which chooses epochs and rates.
        test: Share of the pairs for the test part, which is read once, at the end.
        given: Take the parts that the corpus gives, instead of making them.
        seed: Seed of the search for the best balanced parts.
    """

    validation: float = 0.2
    test: float = 0.2
    given: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if not (0 < self.validation < 1 and 0 < self.test < 1 and self.validation + self.test < 1):
            raise ConfigError(
                "validation and test must be shares above 0 that leave some for training, "
                f"got {self.validation} and {self.test}"
            )

    @property
    def shares(self) -> NDArray[np.float64]:
        """Shares of train, validation and test."""
        return np.array([1 - self.validation - self.test, self.validation, self.test])


def split_dataset(dataset: Dataset, recipe: SplitRecipe) -> dict[str, str]:
    """Divide the dataset, write ``splits.csv`` and ``splits.json``, and return clip to part.

    Raises:
        DatasetError: the parts cannot be made; the message says why.
    """
    clips = _clips(dataset)
    if recipe.given:
        parts = _given_parts(dataset, clips)
    else:
        counts = clips.pivot_table(
            index="subject", columns="emotion", values="pairs", aggfunc="sum", fill_value=0
        ).reindex(columns=list(dataset.labels.names), fill_value=0)
        part_of_subject = assign_subjects(counts, shares=recipe.shares, seed=recipe.seed)
        parts = {
            clip: part_of_subject[subject]
            for clip, subject in zip(clips["clip"], clips["subject"], strict=True)
        }
    check_parts(dataset, parts)
    table = pd.DataFrame({"clip": clips["clip"], "part": [parts[clip] for clip in clips["clip"]]})
    write_table(dataset.root / "splits.csv", table)
    write_json(
        dataset.root / "splits.json",
        {"recipe": asdict(recipe), "hash": _hash(parts), "recipe_hash": dataset.recipe.hash},
    )
    return parts


def read_splits(dataset: Dataset) -> dict[str, str]:
    """Return clip to part, after checking again that no subject is in two parts.

    Raises:
        DatasetError: there is no split, it was changed by hand, or it does not fit the dataset.
    """
    path = dataset.root / "splits.csv"
    if not path.is_file():
        raise DatasetError(f"{dataset.root} has no splits.csv; make it with: ferfusion split {dataset.root}")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    parts = dict(zip(table["clip"], table["part"], strict=True))
    if read_json(dataset.root / "splits.json")["hash"] != _hash(parts):
        raise DatasetError(f"{path} does not fit its header splits.json; make both with: ferfusion split")
    check_parts(dataset, parts)
    return parts


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
    empty = [part for part in PARTS if part not in set(clips["part"])]
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


def assign_subjects(
    counts: pd.DataFrame, *, shares: NDArray[np.float64], seed: int, restarts: int = 40
) -> dict[str, str]:
    """Return subject to part, so that every class is spread over the parts as close to ``shares`` as can be.

    Minimises the sum over parts and classes of the squared distance from a class's share, each part's
    distances measured against its own share; by moves and swaps of single subjects from random starts.

    Args:
        counts: Pairs by subject (rows) and class (columns).
        shares: Shares of train, validation and test; their sum is 1.
        seed: Seed of the random starts.
        restarts: How many starts; the best end is taken.

    Raises:
        DatasetError: there are fewer than three subjects, or a class has fewer than three.
    """
    present = counts.loc[:, counts.sum() > 0]
    holders = (present > 0).sum()
    if len(counts) < len(PARTS):
        raise DatasetError(
            f"Three parts with their own subjects need at least three subjects, got {len(counts)}"
        )
    rare = [f"{name} ({number})" for name, number in holders.items() if number < len(PARTS)]
    if rare:
        raise DatasetError(
            "Every part needs every class, so each class needs at least three subjects; "
            f"too few: {', '.join(rare)}"
        )
    spread = present.to_numpy(np.float64) / present.to_numpy(np.float64).sum(axis=0)
    rng = np.random.default_rng(seed)
    tries = [_search(spread, shares, rng) for _ in range(restarts)]
    cost, best = min(tries, key=lambda each: each[0])
    if not np.isfinite(cost):
        raise DatasetError(
            "No way was found to give every class to every part with the subjects apart; "
            "ask for larger validation and test parts, or leave a rare class out"
        )
    return {str(subject): PARTS[part] for subject, part in zip(present.index, best, strict=True)}


def _cost(spread: NDArray[np.float64], parts: NDArray[np.int64], shares: NDArray[np.float64]) -> float:
    """Return the imbalance of a division; infinite where a part lacks a class."""
    sums = np.stack([spread[parts == part].sum(axis=0) for part in range(len(shares))])
    if (sums <= 0).any():
        return 10.0 + float((sums <= 0).sum())
    return float((((sums - shares[:, None]) / shares[:, None]) ** 2).mean())


def _search(
    spread: NDArray[np.float64], shares: NDArray[np.float64], rng: np.random.Generator
) -> tuple[float, NDArray[np.int64]]:
    parts = rng.choice(len(shares), size=len(spread), p=shares)
    cost = _cost(spread, parts, shares)
    improved = True
    while improved:
        improved = False
        for subject in rng.permutation(len(spread)):
            for tried in _neighbours(parts, int(subject), rng):
                tried_cost = _cost(spread, tried, shares)
                if tried_cost < cost - 1e-12:
                    parts, cost, improved = tried, tried_cost, True
    return (cost if cost < 10 else np.inf), parts


def _neighbours(parts: NDArray[np.int64], subject: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Return the divisions one move of ``subject`` or one swap with another subject away."""
    out = []
    for part in range(len(PARTS)):
        if part != parts[subject]:
            moved = parts.copy()
            moved[subject] = part
            out.append(moved)
    for other in rng.permutation(len(parts))[:20]:
        if parts[other] != parts[subject]:
            swapped = parts.copy()
            swapped[[subject, other]] = swapped[[other, subject]]
            out.append(swapped)
    return out


def _clips(dataset: Dataset) -> pd.DataFrame:
    """Return a row per clip: clip, video, subject, emotion, and its number of kept pairs."""
    return (
        dataset.pairs.groupby("clip", sort=False)
        .agg(
            video=("video", "first"),
            subject=("subject", "first"),
            emotion=("emotion", "first"),
            pairs=("pair", "size"),
        )
        .reset_index()
    )


def _given_parts(dataset: Dataset, clips: pd.DataFrame) -> dict[str, str]:
    given = dict(zip(dataset.videos["video"], dataset.videos["part"], strict=True))
    missing = [video for video in clips["video"] if not given.get(video)]
    if missing:
        raise DatasetError(
            f"The corpus gives no part for {len(missing)} videos, for example {missing[0]}; "
            "leave --given away to have the parts made"
        )
    return {clip: given[video] for clip, video in zip(clips["clip"], clips["video"], strict=True)}


def _hash(parts: Mapping[str, str]) -> str:
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
