"""Figures of the sanity checks."""

from types import MappingProxyType

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ferfusion.explanation.deletion import ANOTHER, LEAST, OWN, RANDOM, SHARES
from ferfusion.explanation.drawing import STREAM_WORDS
from ferfusion.explanation.sanity_checks import DeletionCheck, RandomisationCheck
from ferfusion.reporting.colours import GRID, INK, MARK, OKABE_ITO, SOFT
from ferfusion.reporting.style import add_legend, new_canvas, set_title

_BLUE, _GREEN = OKABE_ITO["blue"], OKABE_ITO["green"]
_LINES: MappingProxyType[str, tuple[str, str, str]] = MappingProxyType(
    {
        OWN: (MARK, "-", "most marked first"),
        ANOTHER: (_BLUE, "--", "by another pair's map"),
        RANDOM: (INK, ":", "by a random map"),
        LEAST: (_GREEN, "-.", "least marked first"),
    }
)
_STREAM_COLOURS = (MARK, _BLUE, _GREEN)


def deletion_figure(check: DeletionCheck) -> Figure:
    """Draw the probability of the top class as more of one input is deleted."""
    figure, axes = new_canvas(height=3.4)
    for order, curve in check.curves.items():
        colour, dash, words = _LINES[order]
        label = f"{words}, area {check.areas[order]:.2f}"
        axes.plot(SHARES, curve, color=colour, linestyle=dash, linewidth=1.8, label=label)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel(f"share of the {_words(check.stream)} deleted")
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    add_legend(figure, axes, columns=2)
    set_title(axes, f"Deletion of the {_words(check.stream)}", "mean probability of the predicted class")
    return figure


def randomisation_figure(check: RandomisationCheck) -> Figure:
    """Draw the similarity to the trained model's maps as weights become random from the logits down."""
    figure, axes = new_canvas(height=3.6)
    names = [step.name or "trained" for step in check.steps]
    for colour, name in zip(_STREAM_COLOURS, check.other_pairs, strict=False):
        values = [step.correlations[name] for step in check.steps]
        axes.plot(range(len(names)), values, color=colour, marker="o", markersize=3, label=_words(name))
        axes.axhline(
            check.other_pairs[name],
            color=colour,
            linestyle=":",
            linewidth=1.2,
            label=f"{_words(name)}, another pair",
        )
    axes.axhline(0, color=SOFT, linewidth=0.8)
    axes.set_ylim(-0.5, 1.05)
    axes.set_xticks(range(len(names)), names, rotation=38, ha="right", rotation_mode="anchor")
    axes.set_ylabel("rank correlation")
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    add_legend(figure, axes, columns=2)
    set_title(
        axes, "Random weights, layer by layer", "similarity to the trained model's maps; down to this layer"
    )
    return figure


def _words(stream: str) -> str:
    return STREAM_WORDS.get(stream, stream)
