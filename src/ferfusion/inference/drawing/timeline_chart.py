"""The timeline as a drawing: bins of time that fit a page, and the outlines of the stacked classes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.inference.timeline import faces_of, name_predictions
from ferfusion.label_set import LabelSet
from ferfusion.video.timestamps import SLACK_SECONDS

MAX_BINS = 600
WIDTH, HEIGHT = 1000, 100
"""Size of a drawing in units; a page parts it."""


@dataclass(frozen=True)
class Axis:
    """The time axis of a page: bins of equal length, or one bin for each frame of a short video.

    Attributes:
        edges: Ends of the bins in seconds, rising, (bins + 1,).
        frames: First frame with a prediction in each bin, or the last one before the bin, (bins,).
        bin_of_row: Bin of every row of the frame table, (rows,).
    """

    edges: NDArray[np.float64]
    frames: NDArray[np.int64]
    bin_of_row: NDArray[np.int64]


@dataclass(frozen=True)
class FaceChart:
    """The timeline of one face.

    Attributes:
        face: Its number.
        means: Mean smoothed probabilities in each bin, (bins, C); nan in bins without the face.
        names: Name of each bin; None in bins without the face.
        areas: Name of each class and the SVG path of its area, from the last class to the first. The area of
            a class includes the areas of all classes before it: drawn in this order, they look stacked.
        ribbon: Start, width and name of each span of one name.
    """

    face: int
    means: NDArray[np.float64]
    names: list[str | None]
    areas: list[tuple[str, str]]
    ribbon: list[tuple[float, float, str]]


def make_axis(table: pd.DataFrame) -> Axis:
    """Return the time axis of a frame table with at least one row."""
    frames, first = np.unique(table["frame"].to_numpy(np.int64), return_index=True)
    seconds = table["seconds"].to_numpy(np.float64)
    shown = seconds[first]
    usual = float(np.median(np.diff(shown))) if len(shown) > 1 else 0.04
    if len(shown) <= MAX_BINS:
        edges = np.append(shown, shown[-1] + usual)
    else:
        edges = np.linspace(shown[0], shown[-1] + usual, MAX_BINS + 1)
    bin_of_row = np.clip(np.searchsorted(edges, seconds + SLACK_SECONDS, side="right") - 1, 0, len(edges) - 2)
    shown_at = np.searchsorted(shown, edges[:-1] - SLACK_SECONDS, side="left").clip(max=len(shown) - 1)
    return Axis(edges, frames[shown_at], bin_of_row.astype(np.int64))


def make_chart(
    table: pd.DataFrame,
    smoothed: NDArray[np.float32],
    axis: Axis,
    labels: LabelSet,
    *,
    face: int,
    abstain_below: float,
) -> FaceChart:
    """Return the timeline of one face.

    Args:
        table: The frame table.
        smoothed: Smoothed probabilities of its rows, (rows, C).
        axis: Time axis of the page.
        labels: Classes.
        face: Number of the face.
        abstain_below: Probability below which a bin has no class.
    """
    rows = dict(faces_of(table))[face]
    bins = len(axis.edges) - 1
    bin_of_row = axis.bin_of_row[rows]
    counts = np.bincount(bin_of_row, minlength=bins)
    sums = np.stack([np.bincount(bin_of_row, column, minlength=bins) for column in smoothed[rows].T], axis=1)
    means = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], np.nan)
    x = _x(axis)
    tops = np.cumsum(np.nan_to_num(means), axis=1)
    parts = _unbroken(counts > 0)
    areas = [
        (name, "".join(_outline(x, tops[:, code], *part) for part in parts))
        for code, name in reversed(list(enumerate(labels.names)))
    ]
    names = name_predictions(means, labels, abstain_below=abstain_below)
    return FaceChart(face, means, names.tolist(), areas, _ribbon(x, names))


def _x(axis: Axis) -> NDArray[np.float64]:
    start, end = axis.edges[0], axis.edges[-1]
    return np.asarray((axis.edges - start) / (end - start) * WIDTH)


def _unbroken(present: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return (first, stop) of every unbroken sequence of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], present.astype(np.int8), [0]])))
    return [(int(first), int(stop)) for first, stop in edges.reshape(-1, 2)]


def _outline(x: NDArray[np.float64], top: NDArray[np.float64], first: int, stop: int) -> str:
    """Return a path through the middles of the bins at the height ``top``, closed along the base line."""
    middles = (x[first:stop] + x[first + 1 : stop + 1]) / 2
    across = [x[first], *middles, x[stop]]
    heights = HEIGHT * (1 - top[first:stop])
    ups = [heights[0], *heights, heights[-1]]
    line = "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(across, ups, strict=True))
    return f"M{x[first]:.1f} {HEIGHT}L{line}L{x[stop]:.1f} {HEIGHT}Z"


def _ribbon(x: NDArray[np.float64], names: NDArray[np.object_]) -> list[tuple[float, float, str]]:
    last = np.flatnonzero(np.append(names[1:] != names[:-1], True))
    first = np.concatenate([[0], last[:-1] + 1])
    return [
        (round(float(x[a]), 1), round(float(x[b + 1] - x[a]), 1), str(names[a]))
        for a, b in zip(first, last, strict=True)
        if names[a] is not None
    ]
