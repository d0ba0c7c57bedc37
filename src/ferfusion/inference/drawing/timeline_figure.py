"""A prediction as a figure: of a video the probabilities stacked over time, of a photograph as bars."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.timeline import faces_of, unsure_word
from ferfusion.reporting.colours import FAINT, INK, SOFT, colour_of
from ferfusion.reporting.style import WIDTH_INCHES, NotebookFigure, fitted_name, set_title, style_axes

_MAX_FACES = 4
_LEGEND_COLUMNS = 4
_MAX_POINTS = 1500
_RIBBON = 0.08
"""Height of the line of names below the probabilities."""


def timeline_figure(prediction: VideoPrediction) -> Figure:
    """Draw the faces with the largest areas, one below the other, with the names of the timeline."""
    faces = faces_of(prediction.table)[:_MAX_FACES]
    names = [*prediction.info.labels.names, unsure_word(prediction.info.labels)]
    legend_rows = -(-len(names) // _LEGEND_COLUMNS)
    height = 0.74 + 0.18 * legend_rows + 1.5 * max(len(faces), 1)
    figure = NotebookFigure(figsize=(1.6 * WIDTH_INCHES, height), layout="constrained")
    grid = figure.subplots(max(len(faces), 1), 1, squeeze=False, sharex=True)[:, 0]
    for axes in grid:
        style_axes(axes)
        axes.set_ylim(-_RIBBON, 1)
        axes.set_yticks([0, 0.5, 1])
    for axes, (face, rows) in zip(grid, faces, strict=False):
        _draw_probabilities(axes, prediction, rows)
        _draw_names(axes, prediction, face)
        axes.set_ylabel(f"face {face}")
    if not faces:
        grid[0].annotate("no face found", (0.5, 0.5), xycoords="axes fraction", ha="center", color=SOFT)
    seconds = prediction.table["seconds"].to_numpy(float)
    if len(seconds) > 1:
        grid[-1].set_xlim(seconds.min(), seconds.max())
    grid[-1].set_xlabel("seconds")
    set_title(
        grid[0], prediction.video, "smoothed probability of each displayed expression; below it, the timeline"
    )
    figure.legend(
        handles=[Patch(label=fitted_name(name, lines=1), **_style(name, prediction)) for name in names],
        loc="outside lower center",
        ncols=_LEGEND_COLUMNS,
        fontsize=8.5,
        frameon=False,
        labelcolor=INK,
    )
    return figure


def faces_figure(prediction: VideoPrediction) -> Figure:
    """Draw the class probabilities of the largest faces of a photograph as bars, one face below the other."""
    shown = prediction.verdicts[:_MAX_FACES]
    names = prediction.info.labels.names
    height = 0.8 + (0.4 + 0.22 * len(names)) * max(len(shown), 1)
    figure = NotebookFigure(figsize=(1.2 * WIDTH_INCHES, height), layout="constrained")
    grid = figure.subplots(max(len(shown), 1), 1, squeeze=False, sharex=True)[:, 0]
    for axes, verdict in zip(grid, shown, strict=False):
        style_axes(axes)
        values = [verdict.probabilities[name] for name in names]
        bars = axes.barh(
            names, values, color=[colour_of(name, prediction.info.labels) for name in names], height=0.7
        )
        axes.bar_label(bars, fmt="%.2f", padding=3, fontsize=8.5, color=INK)
        axes.set_yticks(range(len(names)), [fitted_name(name, lines=2) for name in names])
        axes.invert_yaxis()
        axes.set_ylabel(f"face {verdict.face}")
    if not shown:
        style_axes(grid[0])
        grid[0].set_yticks([])
        grid[0].annotate("no face found", (0.5, 0.5), xycoords="axes fraction", ha="center", color=SOFT)
    grid[-1].set_xlim(0, 1.1)
    grid[-1].set_xticks([0, 0.5, 1])
    grid[-1].set_xlabel("probability")
    set_title(grid[0], prediction.video, "probability of each displayed expression")
    return figure


def _draw_probabilities(axes: Axes, prediction: VideoPrediction, rows: NDArray[np.int64]) -> None:
    seconds, means = _points(
        prediction.table["seconds"].to_numpy(float)[rows], prediction.smoothed[rows].astype(float)
    )
    tops = np.cumsum(means, axis=1)
    below = np.zeros(len(seconds))
    for code, name in enumerate(prediction.info.labels.names):
        axes.fill_between(
            seconds, below, tops[:, code], color=colour_of(name, prediction.info.labels), linewidth=0
        )
        below = tops[:, code]


def _draw_names(axes: Axes, prediction: VideoPrediction, face: int) -> None:
    for span in prediction.spans[face]:
        width = span.end - span.start
        axes.barh(
            -_RIBBON / 2, width, left=span.start, height=0.8 * _RIBBON, **_style(span.expression, prediction)
        )


def _style(name: str, prediction: VideoPrediction) -> dict[str, Any]:
    """Return the style of a name; stripes stand for no class, since a grey could be mistaken for Neutral."""
    if name == unsure_word(prediction.info.labels):
        return {"facecolor": "white", "edgecolor": FAINT, "hatch": "/////", "linewidth": 0}
    return {"facecolor": colour_of(name, prediction.info.labels), "edgecolor": "none"}


def _points(
    seconds: NDArray[np.float64], probabilities: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return at most ``_MAX_POINTS`` means of times and probabilities, with nan where the face was away."""
    size = -(-len(seconds) // _MAX_POINTS)
    starts = np.arange(0, len(seconds), size)
    counts = np.diff(np.append(starts, len(seconds)))
    at = np.add.reduceat(seconds, starts) / counts
    means = np.add.reduceat(probabilities, starts, axis=0) / counts[:, None]
    steps = np.diff(at)
    away = np.flatnonzero(steps > 12 * np.median(steps)) + 1 if len(steps) else np.zeros(0, np.int64)
    return np.insert(at, away, np.nan), np.insert(means, away, np.nan, axis=0)
