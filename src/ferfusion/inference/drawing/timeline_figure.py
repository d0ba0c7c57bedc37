"""The timeline of a video as a figure: the smoothed probabilities of each face, stacked over time."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from ferfusion.inference.drawing.overlay import colour_of
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.timeline import faces_of, unsure_word
from ferfusion.reporting.style import FAINT, INK, SOFT, WIDTH_INCHES, NotebookFigure, set_title, style_axes

_MOST_FACES = 4
_MOST_POINTS = 1500
_RIBBON = 0.08
"""Height of the line of names below the probabilities."""


def timeline_figure(read: VideoPrediction) -> Figure:
    """Draw the faces that fill the most of a video, one below the other, with the names of the timeline."""
    faces = faces_of(read.table)[:_MOST_FACES]
    height = 1.1 + 1.5 * max(len(faces), 1)
    figure = NotebookFigure(figsize=(1.6 * WIDTH_INCHES, height), layout="constrained")
    grid = figure.subplots(max(len(faces), 1), 1, squeeze=False, sharex=True)[:, 0]
    for axes in grid:
        style_axes(axes)
        axes.set_ylim(-_RIBBON, 1)
        axes.set_yticks([0, 0.5, 1])
    for axes, (face, rows) in zip(grid, faces, strict=False):
        _draw_probabilities(axes, read, rows)
        _draw_names(axes, read, face)
        axes.set_ylabel(f"face {face}")
    if not faces:
        grid[0].annotate("no face found", (0.5, 0.5), xycoords="axes fraction", ha="center", color=SOFT)
    seconds = read.table["seconds"].to_numpy(float)
    if len(seconds) > 1:
        grid[-1].set_xlim(seconds.min(), seconds.max())
    grid[-1].set_xlabel("seconds")
    set_title(
        grid[0], read.video, "smoothed probability of each displayed expression; below it, the timeline"
    )
    names = [*read.labels.names, unsure_word(read.labels)]
    figure.legend(
        handles=[Patch(label=name, **_style(name, read)) for name in names],
        loc="outside lower center",
        ncols=4,
        fontsize=8.5,
        frameon=False,
        labelcolor=INK,
    )
    return figure


def _draw_probabilities(axes: Axes, read: VideoPrediction, rows: NDArray[np.int64]) -> None:
    seconds, means = _points(read.table["seconds"].to_numpy(float)[rows], read.smoothed[rows].astype(float))
    tops = np.cumsum(means, axis=1)
    below = np.zeros(len(seconds))
    for code, name in enumerate(read.labels.names):
        axes.fill_between(seconds, below, tops[:, code], color=colour_of(name), linewidth=0)
        below = tops[:, code]


def _draw_names(axes: Axes, read: VideoPrediction, face: int) -> None:
    for span in read.spans[face]:
        width = span.end - span.start
        axes.barh(-_RIBBON / 2, width, left=span.start, height=0.8 * _RIBBON, **_style(span.expression, read))


def _style(name: str, read: VideoPrediction) -> dict[str, Any]:
    """Return how a name is filled; stripes stand for no name, so that it is not taken for Neutral's grey."""
    if name == unsure_word(read.labels):
        return {"facecolor": "white", "edgecolor": FAINT, "hatch": "/////", "linewidth": 0}
    return {"facecolor": colour_of(name), "edgecolor": "none"}


def _points(
    seconds: NDArray[np.float64], probabilities: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return at most so many points as a figure shows, with a break (nan) where the face was away."""
    size = -(-len(seconds) // _MOST_POINTS)
    starts = np.arange(0, len(seconds), size)
    counts = np.diff(np.append(starts, len(seconds)))
    at = np.add.reduceat(seconds, starts) / counts
    means = np.add.reduceat(probabilities, starts, axis=0) / counts[:, None]
    steps = np.diff(at)
    away = np.flatnonzero(steps > 12 * np.median(steps)) + 1 if len(steps) else np.zeros(0, np.int64)
    return np.insert(at, away, np.nan), np.insert(means, away, np.nan, axis=0)
