"""Find pictures that stand in two parts: what a model has seen in training cannot test it.

A video can be in a corpus twice, under two names, re-encoded, resized or a little cropped. Its crops are then
near-identical, which means here: their grey pictures, reduced to 16x16, correlate at 0.96 or more. Brightness
and contrast do not matter, nor do the marks of a strong compression.

The search is exact. Crops are unit vectors, so that correlation is distance. A projection makes no distance
longer: pairs that are far apart on a few principal axes need no further look, and of the crops sorted along
the first axis only near neighbours need even that.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.errors import DatasetError
from ferfusion.preparation.dataset import Dataset
from ferfusion.preparation.split_recipe import ALIKE
from ferfusion.preparation.store import read_clip

SIDE = 16
_BLANK = 2.0
_AXES, _FITTED_ON = 16, 2000
_ROWS, _COLUMNS = 1024, 8192
_ROUNDING = 1e-5


@dataclass(frozen=True)
class Copy:
    """Two clips of different subjects that show the same pictures.

    Attributes:
        clips: The two clips.
        subjects: Their subjects.
        pairs: In each clip, the pair whose crop is most like one of the other clip.
        frames: How many crops of the first clip have a near-identical one in the second.
        alike: Correlation of the most alike crops.
    """

    clips: tuple[str, str]
    subjects: tuple[str, str]
    pairs: tuple[int, int]
    frames: int
    alike: float


@dataclass(frozen=True)
class NearPairs:
    """Rows that are near each other: the first, the second (a greater number), their product; each (N,)."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    alike: NDArray[np.float32]


def find_copies(dataset: Dataset, *, alike: float = ALIKE) -> tuple[Copy, ...]:
    """Compare the crop of every kept pair with those of all other subjects; the most alike clips come first.

    Blank crops are left out: they are alike and show nothing.

    Raises:
        DatasetError: a clip is missing or damaged.
    """
    rows = dataset.pairs.reset_index(drop=True)
    vectors = _vectors(dataset, rows)
    places = np.flatnonzero(vectors.any(axis=1))
    rows, vectors = rows.iloc[places], vectors[places]
    found = near_pairs(vectors, pd.factorize(rows["subject"])[0], alike=alike)
    table = pd.DataFrame(
        {
            "alike": found.alike,
            **{
                f"{name}{side}": rows[name].to_numpy()[place]
                for side, place in enumerate((found.first, found.second))
                for name in ("clip", "subject", "pair")
            },
        }
    ).sort_values("alike", ascending=False, kind="stable")
    copies = [_copy(each) for _, each in table.groupby(["clip0", "clip1"], sort=False)]
    return tuple(copies)


def refuse_copies(copies: Sequence[Copy], parts: Mapping[str, str], *, alike: float = ALIKE) -> None:
    """Refuse parts that share a picture.

    Args:
        copies: From ``find_copies``.
        parts: Clip to part.
        alike: The least correlation at which they were found.

    Raises:
        DatasetError: two clips with the same pictures are in different parts; the message names them.
    """
    leaks = [copy for copy in copies if parts[copy.clips[0]] != parts[copy.clips[1]]]
    if not leaks:
        return
    worst = leaks[0]
    sides = " and ".join(
        f"{clip} (subject {subject}, {parts[clip]} part, pair {pair})"
        for clip, subject, pair in zip(worst.clips, worst.subjects, worst.pairs, strict=True)
    )
    raise DatasetError(
        f"{len(leaks)} pairs of clips in different parts show the same pictures, for example {sides}: "
        f"{worst.frames} frames correlate at {alike:g} or more, the nearest at {worst.alike:.3f}. Give both "
        "one subject, or leave one out, and prepare again; if they are not one recording, raise --alike"
    )


def crop_vectors(crops_thwc: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return each crop as a vector of which the dot product with another is the correlation of the two.

    Shape (T, 256), from colour crops (T, S, S, 3) with S at least 16. A blank crop, whose grey values
    have a standard deviation under two, is all zeros.
    """
    small = [cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for crop in crops_thwc]
    grey = np.array([cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY) for crop in small], dtype=np.float32)
    centred = grey.reshape(len(grey), -1)
    centred = centred - centred.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.where(lengths < _BLANK * SIDE, 0, centred / np.maximum(lengths, 1e-6)).astype(np.float32)


def near_pairs(vectors: NDArray[np.float32], groups: NDArray[np.integer[Any]], *, alike: float) -> NearPairs:
    """Return every pair of rows of different groups whose dot product is ``alike`` or more.

    Args:
        vectors: Unit vectors, (N, D).
        groups: A number for each row, (N,); rows of one group are not compared.
        alike: The least dot product.
    """
    if not len(vectors):
        none = np.empty(0, np.int64)
        return NearPairs(none, none, np.empty(0, np.float32))
    order, low = _projected(vectors)
    reach = 2 * (1 - alike) + _ROUNDING
    parts = [_same_crops(vectors, groups, order[near], alike) for near in _near_places(low, reach)]
    return NearPairs(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _projected(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the rows in order along the first principal axis, and their few coordinates so ordered."""
    rng = np.random.default_rng(0)
    fitted_on = vectors[rng.permutation(len(vectors))[:_FITTED_ON]]
    axes = np.linalg.svd(fitted_on, full_matrices=False)[2][:_AXES]
    low = vectors @ axes.T
    order = np.argsort(low[:, 0], kind="stable")
    return order, low[order]


def _near_places(low: NDArray[np.float32], reach: float) -> Iterator[NDArray[np.int64]]:
    """Yield the places, (2, N), of points (sorted by their first coordinate) within a squared distance."""
    squares, ones = (low**2).sum(axis=1, keepdims=True), np.ones((len(low), 1), np.float32)
    left = np.hstack([-2 * low, squares, ones])  # |a - b|^2 = -2ab + |a|^2 + |b|^2 is one product
    right = np.hstack([low, ones, squares])
    ends = np.searchsorted(low[:, 0], low[:, 0] + np.sqrt(reach))
    for row in range(0, len(low), _ROWS):
        rows = slice(row, min(row + _ROWS, len(low)))
        for column in range(row, ends[rows.stop - 1], _COLUMNS):
            columns = slice(column, min(column + _COLUMNS, ends[rows.stop - 1]))
            near = np.flatnonzero(left[rows] @ right[columns].T < reach)
            first, second = np.divmod(near, columns.stop - column)
            places = np.stack([first + row, second + column])
            yield places[:, places[0] < places[1]]


def _same_crops(
    vectors: NDArray[np.float32], groups: NDArray[np.integer[Any]], rows: NDArray[np.int64], alike: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return those pairs of rows, (2, N), that are of two groups and truly near."""
    rows = np.sort(rows[:, groups[rows[0]] != groups[rows[1]]], axis=0)
    products = np.einsum("nd,nd->n", vectors[rows[0]], vectors[rows[1]])
    near = products >= alike
    return rows[0, near], rows[1, near], products[near]


def _vectors(dataset: Dataset, rows: pd.DataFrame) -> NDArray[np.float32]:
    """Return the vector of every row's crop, each clip's file read once."""
    vectors = np.zeros((len(rows), SIDE * SIDE), np.float32)
    for clip, places in rows.groupby("clip", sort=False).indices.items():
        crops = read_clip(dataset.clip_file(str(clip)), "crops")["crops"]
        pairs = rows["pair"].to_numpy()[places]
        if pairs.max() >= len(crops):
            raise DatasetError(
                f"data.csv has pair {pairs.max()} of the clip {clip}, which has {len(crops)} crops; "
                "prepare the dataset again"
            )
        vectors[places] = crop_vectors(crops[pairs])
    return vectors


def _copy(found: pd.DataFrame) -> Copy:
    """Return what a table of near-identical crops of two clips, the most alike first, comes to."""
    most = found.iloc[0]
    return Copy(
        clips=(most["clip0"], most["clip1"]),
        subjects=(most["subject0"], most["subject1"]),
        pairs=(int(most["pair0"]), int(most["pair1"])),
        frames=found["pair0"].nunique(),
        alike=float(most["alike"]),
    )
