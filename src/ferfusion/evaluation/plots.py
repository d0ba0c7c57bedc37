"""Figures of a run, drawn from tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter, StrMethodFormatter

from ferfusion.evaluation.metrics import FloatArray, IntArray, row_shares
from ferfusion.evaluation.scoring import Estimate, Scores, chance
from ferfusion.evaluation.uncertainty import Interval
from ferfusion.label_set import LabelSet
from ferfusion.parts import part_title, part_words
from ferfusion.reporting.colours import FAINT, GRID, INK, MARK, PART_COLOURS, SOFT
from ferfusion.reporting.style import (
    LEVEL_COLOURS,
    PAIRED_COLOURS,
    SHADES,
    WIDTH_INCHES,
    add_legend,
    fitted_name,
    name_bars,
    new_canvas,
    set_title,
)

_DASHED = (0, (3, 1.6))


def confusion_figure(scores: Scores, labels: LabelSet, *, normalised: bool) -> Figure:
    """Draw the confusion matrix of one part at one level: shares of each row in percent, or counts."""
    unit = "% of each true class" if normalised else "counts"
    return matrix_figure(
        scores.confusion,
        labels,
        normalised=normalised,
        title=f"{part_title(scores.part)}, per {scores.level}",
        subtitle=f"{unit}, {scores.rows:,} {scores.level}s",
    )


def matrix_figure(
    confusion: IntArray, labels: LabelSet, *, normalised: bool, title: str, subtitle: str
) -> Figure:
    """Draw a confusion matrix (C, C), rows true: shares of each row in percent, or counts.

    Args:
        confusion: The counts.
        labels: Names of the classes.
        normalised: Whether to draw shares.
        title: Title of the figure.
        subtitle: Line below the title.
    """
    side = max(WIDTH_INCHES, 0.58 * len(labels))
    figure, axes = new_canvas(height=side * 0.97, width=side)
    shades = row_shares(confusion) if normalised else confusion / max(confusion.max(), 1)
    numbers = _cell_texts(shades * 100 if normalised else confusion.astype(float))
    axes.imshow(np.nan_to_num(shades), cmap=SHADES, vmin=0, vmax=1)
    _write_cells(axes, numbers, np.nan_to_num(shades))
    below = [fitted_name(name, width=20, lines=1) for name in labels.names]
    axes.set_xticks(range(len(labels)), below, rotation=38, ha="right", rotation_mode="anchor")
    beside = [fitted_name(name, width=20, lines=2) for name in labels.names]
    axes.set_yticks(range(len(labels)), beside)
    _white_lines_between_cells(axes, len(labels))
    axes.set_xlabel("predicted")
    axes.set_ylabel("true (as labelled)")
    set_title(axes, title, subtitle)
    return figure


def loss_figure(epochs: pd.DataFrame, *, best_epoch: int | None) -> Figure:
    """Draw the loss of training and validation over the epochs."""
    figure, axes = new_canvas(height=3.3)
    for part, column in (("train", "train_loss"), ("validation", "val_loss")):
        _draw_line(axes, epochs, column, colour=PART_COLOURS[part], label=part)
    axes.set_ylim(bottom=0)
    _finish_epochs(axes, best_epoch)
    add_legend(figure, axes, columns=2)
    set_title(axes, "Loss", "lower is better")
    return figure


def score_figure(epochs: pd.DataFrame, *, best_epoch: int | None) -> Figure:
    """Draw WAR and UAR, per pair, of training and validation over the epochs."""
    figure, axes = new_canvas(height=3.55)
    for part, prefix in (("train", "train"), ("validation", "val")):
        colour = PART_COLOURS[part]
        _draw_line(axes, epochs, f"{prefix}_uar", colour=colour, label=f"{part} UAR")
        _draw_line(axes, epochs, f"{prefix}_accuracy", colour=colour, label=f"{part} WAR", dash=_DASHED)
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    _finish_epochs(axes, best_epoch)
    add_legend(figure, axes, columns=2)
    set_title(axes, "WAR and UAR, per pair", "higher is better")
    return figure


def rate_figure(epochs: pd.DataFrame, *, best_epoch: int | None) -> Figure:
    """Draw the learning rate over the epochs, on a logarithmic axis if it spans more than a factor of ten."""
    figure, axes = new_canvas(height=2.7)
    _draw_line(axes, epochs, "lr", colour=INK, label="learning rate")
    rates = epochs["lr"].dropna()
    if len(rates) and rates.min() > 0 and rates.max() / rates.min() > 10:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda rate, _place: f"{rate:g}"))
    _finish_epochs(axes, best_epoch)
    set_title(axes, "Learning rate", "of each epoch")
    return figure


def histogram_figure(
    counts: Mapping[str, Mapping[str, int]], labels: LabelSet, *, division: str = ""
) -> Figure:
    """Draw the number of pairs of each class in each part (``{part: {class: pairs}}``).

    Args:
        counts: The numbers.
        labels: The classes.
        division: Which division of the people it is, where there are several.
    """
    figure, axes = new_canvas(height=1.0 + 0.17 * (len(counts) + 1.2) * len(labels))
    thickness = 0.8 / len(counts)
    for offsets, (part, numbers) in zip(_bar_places(len(labels), len(counts)), counts.items(), strict=True):
        values = [numbers.get(name, 0) for name in labels.names]
        colour = PART_COLOURS.get(part, SOFT)
        bars = axes.barh(offsets, values, height=thickness * 0.86, color=colour, label=part)
        axes.bar_label(bars, fmt="{:,.0f}", fontsize=7.5, padding=3, color=SOFT)
    name_bars(axes, labels.names)
    axes.margins(x=0.14)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    add_legend(figure, axes, columns=3)
    set_title(axes, "Pairs of each class", f"by part of the split{division and ': '}{division}")
    return figure


def recall_figure(levels: Sequence[Scores], labels: LabelSet) -> Figure:
    """Draw the recall of each class at each level of one part, with the chance level."""
    figure, axes = new_canvas(height=1.0 + 0.2 * (len(levels) + 1.0) * len(labels))
    thickness = 0.8 / len(levels)
    for offsets, scores in zip(_bar_places(len(labels), len(levels)), levels, strict=True):
        recall = scores.classes.recall
        bars = axes.barh(
            offsets,
            np.nan_to_num(recall),
            height=thickness * 0.86,
            color=LEVEL_COLOURS[scores.level],
            label=f"per {scores.level}",
        )
        texts = ["no rows" if np.isnan(share) else f"{share:.0%}" for share in recall]
        axes.bar_label(bars, texts, fontsize=7.5, padding=3, color=SOFT)
    level = chance(levels[0])
    axes.axvline(level, color=INK, linewidth=1.1, linestyle=_DASHED, label=f"chance, {level:.0%}")
    name_bars(axes, labels.names)
    axes.set_xlim(0, 1.12)
    axes.set_xticks(np.linspace(0, 1, 5))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    add_legend(figure, axes, columns=3)
    set_title(axes, "Recall of each class", part_words(levels[0].part).removeprefix("the "))
    return figure


MOST_MARKED = 30
"""Longer curves have no marker at each epoch."""


@dataclass(frozen=True)
class Bars:
    """One bar for each of several names: a score with its interval and its baseline."""

    name: str
    estimates: tuple[Estimate, ...]


def table_figure(rows: pd.DataFrame, *, title: str, subtitle: str) -> Figure:
    """Draw UAR and WAR of variants from the rows of one level of a study's ``variants.csv``."""
    names = list(dict.fromkeys(rows["variant"]))
    bars = []
    for metric in ("uar", "war"):
        of_metric = rows[rows["metric"] == metric].set_index("variant").loc[names]
        numbers = of_metric[["value", "low", "high", "baseline"]].to_numpy(float).tolist()
        estimates = tuple(
            Estimate(value, Interval(low, high), baseline, baseline) for value, low, high, baseline in numbers
        )
        bars.append(Bars(metric.upper(), estimates))
    return interval_figure(names, bars, title=title, subtitle=subtitle)


def interval_figure(names: Sequence[str], groups: Sequence[Bars], *, title: str, subtitle: str) -> Figure:
    """Draw scores of several names, from top to bottom, with their intervals and baselines.

    Args:
        names: Names of runs or variants, from top to bottom.
        groups: A group of bars for each metric, with an estimate for each name.
        title: Title of the figure.
        subtitle: Line below the title.
    """
    figure, axes = new_canvas(height=1.15 + 0.22 * (len(groups) + 1.0) * len(names))
    thickness = 0.8 / len(groups)
    half = thickness * 0.43
    colours = PAIRED_COLOURS
    for place, (offsets, group) in enumerate(zip(_bar_places(len(names), len(groups)), groups, strict=True)):
        values = np.array([estimate.value for estimate in group.estimates])
        axes.barh(offsets, values, height=2 * half, color=colours[place % len(colours)], label=group.name)
        ends = np.array(
            [(one.value - one.interval.low, one.interval.high - one.value) for one in group.estimates]
        )
        axes.errorbar(
            values,
            offsets,
            xerr=np.nan_to_num(ends.T).clip(min=0),
            fmt="none",
            ecolor=INK,
            elinewidth=1.1,
            capsize=2.5,
        )
        axes.vlines(
            [estimate.baseline for estimate in group.estimates],
            offsets - half,
            offsets + half,
            color=MARK,
            linewidth=2.2,
            label="baseline" if place == 0 else "",
        )
    name_bars(axes, names)
    axes.set_xlim(0, 1.02)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    add_legend(figure, axes, columns=3)
    set_title(axes, title, subtitle)
    return figure


def _bar_places(num_groups: int, num_bars: int) -> list[FloatArray]:
    """Return for each bar of a group its middle in every group; the groups are at 0, 1 and so on."""
    thickness = 0.8 / num_bars
    groups = np.arange(num_groups, dtype=float)
    return [groups + (bar - (num_bars - 1) / 2) * thickness for bar in range(num_bars)]


def _cell_texts(values: FloatArray) -> list[list[str]]:
    return [["" if np.isnan(value) else f"{value:,.0f}" for value in row] for row in values]


def _write_cells(axes: Axes, texts: list[list[str]], shades: FloatArray) -> None:
    size = 9.5 if max(len(text) for row in texts for text in row) <= 5 else 8
    for (row, column), shade in np.ndenumerate(shades):
        text = texts[row][column]
        axes.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            fontsize=size,
            color="white" if shade > 0.5 else FAINT if text == "0" else INK,
            fontweight="bold" if row == column else "normal",
        )


def _white_lines_between_cells(axes: Axes, num_classes: int) -> None:
    edges = np.arange(num_classes + 1) - 0.5
    axes.set_xticks(edges, minor=True)
    axes.set_yticks(edges, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)


def _draw_line(
    axes: Axes,
    epochs: pd.DataFrame,
    column: str,
    *,
    colour: str,
    label: str,
    dash: tuple[int, tuple[float, float]] | str = "-",
) -> None:
    if column not in epochs:
        return
    marker = "o" if len(epochs) <= MOST_MARKED else ""
    axes.plot(
        epochs["epoch"],
        epochs[column],
        color=colour,
        label=label,
        linestyle=dash,
        linewidth=1.7,
        marker=marker,
        markersize=2.8,
    )


def _finish_epochs(axes: Axes, best_epoch: int | None) -> None:
    if best_epoch is not None:
        axes.axvline(best_epoch, color=SOFT, linewidth=1.1, linestyle=(0, (1.2, 1.8)), zorder=0)
        on_left = best_epoch > np.mean(axes.get_xlim())
        axes.annotate(
            f"kept: epoch {best_epoch}",
            (best_epoch, 0),
            (-4 if on_left else 4, 4),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="right" if on_left else "left",
            fontsize=8,
            color=SOFT,
        )
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
