"""Search any number of images for near-identical ones.

Two images are near-identical if their grey versions, reduced to 16x16, correlate at 0.96 or more. Brightness,
contrast and strong compression have little influence on that.

The search is exact. Crops are unit vectors, so a high correlation is a short distance. A projection makes no
distance longer, so pairs that are far apart on a few principal axes need no exact comparison. Crops are
sorted along the first axis, and only neighbours on it are compared at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 16
"""Side of the images that are compared, in pixels."""
_BLANK = 2.0
"""Standard deviation of grey values under which an image is blank."""
_AXES, _FITTED_ON = 16, 2000
"""Number of principal axes, and of the vectors that they are fitted to."""
_ROWS, _COLUMNS = 1024, 8192
"""Largest size of a block of distances that is in memory at a time."""
_ROUNDING = 1e-5


@dataclass(frozen=True)
class NearPairs:
    """Pairs of near-identical vectors.

    Attributes:
        first: Row of the first vector, (N,).
        second: Row of the second one, a greater number, (N,).
        similarity: Their dot product, (N,).
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    similarity: NDArray[np.float32]


def crop_vectors(crops_thwc: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return crops as vectors, (T, 256), whose dot products are the correlations of the crops.

    A blank crop, with a standard deviation of grey values under two, becomes zeros.

    Args:
        crops_thwc: Crops in colour, (T, S, S, 3) with S at least 16.
    """
    small = [cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for crop in crops_thwc]
    grey = np.array([cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY) for crop in small], dtype=np.float32)
    centred = grey.reshape(len(grey), -1)
    centred = centred - centred.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.where(lengths < _BLANK * SIDE, 0, centred / np.maximum(lengths, 1e-6)).astype(np.float32)


def near_pairs(
    vectors: NDArray[np.float32], groups: NDArray[np.integer[Any]], *, similarity: float
) -> NearPairs:
    """Return every pair of rows of different groups whose dot product is ``similarity`` or more.

    Args:
        vectors: Unit vectors, (N, D).
        groups: A number for each row, (N,); rows of one group are not compared.
        similarity: The least dot product.
    """
    if not len(vectors):
        none = np.empty(0, np.int64)
        return NearPairs(none, none, np.empty(0, np.float32))
    order, low = _projected(vectors)
    squared_distance = 2 * (1 - similarity) + _ROUNDING
    near = [
        _confirmed(vectors, groups, order[candidates], similarity)
        for candidates in _candidates(low, squared_distance)
    ]
    return NearPairs(*(np.concatenate(each) for each in zip(*near, strict=True)))


def joined_groups(
    first: NDArray[np.integer[Any]], second: NDArray[np.integer[Any]], *, count: int
) -> NDArray[np.int64]:
    """Return for each row the first of the rows that pairs connect it with, (count,).

    >>> joined_groups(np.array([1, 0]), np.array([3, 1]), count=5).tolist()
    [0, 0, 2, 0, 4]
    """
    from scipy.sparse import coo_array  # noqa: PLC0415 a prediction does not wait for it
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    pairs = coo_array((np.ones(len(first)), (first, second)), shape=(count, count))
    _, firsts, group_of_row = np.unique(
        connected_components(pairs, directed=False)[1], return_index=True, return_inverse=True
    )
    found: NDArray[np.int64] = firsts[group_of_row]
    return found


def _projected(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the rows sorted along the first principal axis, (N,), and their coordinates, (N, axes)."""
    rng = np.random.default_rng(0)
    fitted_on = vectors[rng.permutation(len(vectors))[:_FITTED_ON]]
    axes = np.linalg.svd(fitted_on, full_matrices=False)[2][:_AXES]
    low = vectors @ axes.T
    order = np.argsort(low[:, 0], kind="stable")
    return order, low[order]


def _candidates(low: NDArray[np.float32], squared_distance: float) -> Iterator[NDArray[np.int64]]:
    """Yield the pairs, (2, N), of points within a distance; points are sorted by their first coordinate."""
    squares, ones = (low**2).sum(axis=1, keepdims=True), np.ones((len(low), 1), np.float32)
    left = np.hstack([-2 * low, squares, ones])  # |a - b|^2 = -2ab + |a|^2 + |b|^2 is one product
    right = np.hstack([low, ones, squares])
    ends = np.searchsorted(low[:, 0], low[:, 0] + np.sqrt(squared_distance))
    for row in range(0, len(low), _ROWS):
        rows = slice(row, min(row + _ROWS, len(low)))
        for column in range(row, ends[rows.stop - 1], _COLUMNS):
            columns = slice(column, min(column + _COLUMNS, ends[rows.stop - 1]))
            near = np.flatnonzero(left[rows] @ right[columns].T < squared_distance)
            first, second = np.divmod(near, columns.stop - column)
            pairs = np.stack([first + row, second + column])
            yield pairs[:, pairs[0] < pairs[1]]


def _confirmed(
    vectors: NDArray[np.float32],
    groups: NDArray[np.integer[Any]],
    rows: NDArray[np.int64],
    similarity: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return those of the pairs of rows, (2, N), that are of two groups and near, with their products."""
    rows = np.sort(rows[:, groups[rows[0]] != groups[rows[1]]], axis=0)
    products = np.einsum("nd,nd->n", vectors[rows[0]], vectors[rows[1]])
    near = products >= similarity
    return rows[0, near], rows[1, near], products[near]
