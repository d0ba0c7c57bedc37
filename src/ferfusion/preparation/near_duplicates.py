"""Find images that are nearly the same, among any number of them.

Near-identical means here: the grey images, reduced to 16x16, correlate at 0.96 or more. Brightness and
contrast do not matter, nor do the marks of a strong compression.

The search is exact. Crops are unit vectors, so that correlation is distance. A projection makes no distance
longer: pairs that are far apart on a few principal axes need no further look, and of the crops sorted along
the first axis only near neighbours need even that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 16


_BLANK = 2.0


_AXES, _FITTED_ON = 16, 2000


_ROWS, _COLUMNS = 1024, 8192


_ROUNDING = 1e-5


@dataclass(frozen=True)
class NearPairs:
    """Rows that are near each other: the first, the second (a greater number), their product; each (N,)."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    alike: NDArray[np.float32]


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
