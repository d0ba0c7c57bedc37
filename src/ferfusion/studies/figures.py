"""Figures that compare the variants of a study."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ferfusion.data.clips import PairReader
from ferfusion.evaluation import plots
from ferfusion.evaluation.calibration import Reliability
from ferfusion.evaluation.metrics import FloatArray, class_scores
from ferfusion.flow.encodings import FLOW_ENCODINGS
from ferfusion.parts import PARTS
from ferfusion.reporting.colours import GRID, INK, OKABE_ITO, SOFT
from ferfusion.reporting.style import (
    SHADES,
    WIDTH_INCHES,
    NotebookFigure,
    add_legend,
    fitted_name,
    new_canvas,
    save,
    set_title,
)
from ferfusion.reporting.words import counted
from ferfusion.studies.findings import Findings, reliability_of
from ferfusion.studies.results import Results

# Okabe and Ito's colours, which differ for any colour vision; then the same with other dashes
_COLOURS = (*OKABE_ITO.values(), INK)
_DASHES: tuple[str | tuple[int, tuple[float, ...]], ...] = ("-", (0, (4, 1.5)), (0, (1, 1.2)))


def draw_figures(findings: Findings, folder: Path) -> dict[str, Path]:
    """Draw every figure of a study as PNG; return them by name, which is the file's stem."""
    labels = findings.statistics.labels
    people = counted(findings.statistics.subjects, "person")
    figures = result_figures(findings, subtitle=f"mean over seeds, {people} in the test part")
    figures["learning"] = curves_figure(
        {each.name: each.mean_curve("val_uar") for each in findings.variants},
        title="UAR of the validation part",
        subtitle="per pair, mean over trainings",
    )
    first = findings.variants[0].runs[0]
    figures["learning_rate"] = plots.rate_figure(first.epochs, best_epoch=None)
    folds = len(findings.study.splits)
    counts: dict[str, dict[str, int]] = {part: first.class_counts(part) for part in PARTS}
    figures["class_histogram"] = plots.histogram_figure(
        counts, labels, division="" if folds < 2 else f"fold 0 of {folds}; each fold has other parts"
    )
    figures["samples"] = samples_figure(findings)
    return {name: save(figure, folder / f"{name}.png") for name, figure in figures.items()}


def result_figures(findings: Results, *, subtitle: str) -> dict[str, Figure]:
    """Draw the scores and the errors of all that are compared.

    Args:
        findings: Their predictions and statistics.
        subtitle: Who was tested.
    """
    labels, statistics = findings.statistics.labels, findings.statistics
    figures: dict[str, Figure] = {}
    for level in ("video", "pair"):
        rows = [each for each in statistics.variants if each.level == level]
        bars = [
            plots.Bars(metric.upper(), tuple(row.estimates[metric] for row in rows))
            for metric in ("uar", "war")
        ]
        figures[f"scores_{level}"] = plots.interval_figure(
            [row.name for row in rows],
            bars,
            title=f"UAR and WAR per {level}",
            subtitle=subtitle,
        )
    for row in statistics.variants:
        if row.level == "video":
            figures[f"confusion_{row.name}"] = plots.matrix_figure(
                row.confusion,
                labels,
                normalised=True,
                title=row.name,
                subtitle="% of each true class, per video, "
                + counted(int(row.confusion.sum()), "prediction"),
            )
            figures[f"reliability_{row.name}"] = reliability_figure(
                reliability_of(findings, row.name), title=row.name
            )
    figures["recall"] = recall_grid(findings)
    return figures


def curves_figure(curves: Mapping[str, pd.Series], *, title: str, subtitle: str) -> Figure:
    """Draw a share over the epochs for several variants."""
    figure, axes = new_canvas(height=3.3 + 0.2 * ((len(curves) + 1) // 2), width=1.5 * WIDTH_INCHES)
    for place, (name, curve) in enumerate(curves.items()):
        axes.plot(
            curve.index,
            curve.to_numpy(),
            color=_COLOURS[place % len(_COLOURS)],
            linestyle=_DASHES[place // len(_COLOURS) % len(_DASHES)],
            linewidth=1.6,
            marker="o" if len(curve) <= plots.MOST_MARKED else "",
            markersize=2.8,
            label=name,
        )
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    add_legend(figure, axes, columns=3)
    set_title(axes, title, subtitle)
    return figure


def reliability_figure(bins: Reliability, *, title: str) -> Figure:
    """Draw the accuracy at each confidence; on the diagonal, both are equal."""
    figure, axes = new_canvas(height=3.4, width=0.78 * WIDTH_INCHES)
    filled = bins.counts > 0
    axes.plot([0, 1], [0, 1], color=SOFT, linewidth=1.0, linestyle=(0, (3, 1.6)))
    axes.plot(
        bins.confidence[filled],
        bins.accuracy[filled],
        color=_COLOURS[0],
        marker="o",
        markersize=4,
        linewidth=1.5,
    )
    share = bins.counts / max(bins.counts.sum(), 1)
    axes.bar((bins.edges[:-1] + bins.edges[1:]) / 2, share, width=0.9 / len(share), color="#d7e6f1", zorder=0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("confidence")
    axes.set_ylabel("accuracy")
    set_title(axes, title, "line: accuracy; bars: share of predictions")
    return figure


def recall_grid(findings: Results) -> Figure:
    """Draw the recall of each class for each variant, per video."""
    labels = findings.statistics.labels
    rows = [each for each in findings.statistics.variants if each.level == "video"]
    recalls = np.stack([class_scores(each.confusion, beta=1.0).recall for each in rows])
    figure, axes = new_canvas(height=1.5 + 0.34 * len(rows), width=1.5 * WIDTH_INCHES)
    axes.imshow(np.nan_to_num(recalls), cmap=SHADES, vmin=0, vmax=1, aspect="auto")
    for (row, column), recall in np.ndenumerate(recalls):
        text = "n/a" if np.isnan(recall) else f"{100 * recall:.0f}"
        colour = "white" if recall > 0.5 else INK
        axes.text(column, row, text, ha="center", va="center", fontsize=8.5, color=colour)
    classes = [fitted_name(name, width=20, lines=1) for name in labels.names]
    axes.set_xticks(range(len(labels)), classes, rotation=30, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), [fitted_name(each.name, width=26, lines=2) for each in rows])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    several = ", all seeds together" if max(findings.statistics.seeds.values()) > 1 else ""
    set_title(axes, "Recall of each expression", f"% of its test videos{several}")
    return figure


def samples_figure(findings: Findings) -> Figure:
    """Draw a pair of each class from the training part: the face, and its flow as direction and length."""
    labels, dataset = findings.statistics.labels, findings.study.dataset
    table = dataset.pairs
    middles = [_middle_pair(table[table["emotion"] == name]) for name in labels.names]
    chosen = table.loc[[row for row in middles if row is not None]]
    reader = PairReader(dataset.clips_folder, list(chosen["clip"]), list(chosen["pair"]))
    crops, flow = reader.gather(np.arange(len(chosen)))
    drawn = np.moveaxis(np.asarray(FLOW_ENCODINGS["hsv"](flow.astype(np.float32))), 1, -1)
    return _image_rows([crops / 255.0, drawn], names=list(chosen["emotion"]))


def _middle_pair(rows: pd.DataFrame) -> int | None:
    """Return the index of the pair in the middle of the first video of a class."""
    if rows.empty:
        return None
    first = rows[rows["video"] == rows["video"].iloc[0]]
    return int(first.index[len(first) // 2])


def _image_rows(rows: Sequence[FloatArray], *, names: Sequence[str]) -> Figure:
    figure = NotebookFigure(figsize=(1.5 * WIDTH_INCHES, 2.9), layout="constrained")
    grid = figure.subplots(len(rows), len(names), squeeze=False)
    for row, images in enumerate(rows):
        for column, image in enumerate(images):
            axes = grid[row, column]
            axes.imshow(np.clip(image, 0, 1), interpolation="nearest")
            axes.set_axis_off()
            if row == 0:
                axes.set_title(fitted_name(names[column], width=12), fontsize=8.5, color=INK)
    return figure
