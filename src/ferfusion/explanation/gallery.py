"""Galleries: some correct and some wrong predictions of every class, with maps (the report's Figure 12)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from ferfusion.explanation.drawing import Tile, contribution_words, tiles
from ferfusion.explanation.examples import Example
from ferfusion.explanation.explainer import Explanation
from ferfusion.label_set import LabelSet
from ferfusion.reporting.colours import INK, SOFT, RgbImage
from ferfusion.reporting.style import WIDTH_INCHES, NotebookFigure

_TILE_PX, _GAP_PX = 160, 6
_MOST_TILES_NARROW = 5


def examples_figure(examples: Sequence[Example], labels: LabelSet) -> Figure:
    """Draw examples in rows: the prediction, the contributions of the streams, their inputs and the maps.

    The strongest facial actions are named where the dataset has actions.

    An example with ``why_not`` has a second row, for that class.
    """
    lines = [
        (example, explanation)
        for example in examples
        for explanation in (example.explanation, example.why_not)
        if explanation is not None
    ]
    rows = [tiles(example.face_input, explanation, side=_TILE_PX) for example, explanation in lines]
    count = len(rows[0])
    width = WIDTH_INCHES * (1 if is_narrow(rows[0]) else 2)
    height = len(rows) * (width / count + 0.42) + 0.15
    figure = NotebookFigure(figsize=(width, height), layout=ConstrainedLayoutEngine(h_pad=0.02, hspace=0))
    grid = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    for index, (axes, (example, explanation), row) in enumerate(zip(grid, lines, rows, strict=True)):
        axes.imshow(_strip(row))
        axes.axis("off")
        is_other = explanation is example.why_not
        title = _why_not(explanation, labels) if is_other else _prediction(example, labels)
        axes.set_title(f"{title}\n", loc="left", fontsize=9.5, color=INK, fontweight="bold")
        axes.annotate(
            _contributions(example, explanation),
            (0, 1),
            (0, 5),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=8,
            color=SOFT,
        )
        if index == len(rows) - 1:
            for column, tile in enumerate(row):
                axes.text(
                    column * (_TILE_PX + _GAP_PX) + _TILE_PX / 2,
                    _TILE_PX + 8,
                    tile.caption,
                    ha="center",
                    va="top",
                    fontsize=8,
                    color=SOFT,
                )
    return figure


def is_narrow(row: Sequence[Tile]) -> bool:
    """Return whether a row of tiles fits into half a page."""
    return len(row) <= _MOST_TILES_NARROW


def _strip(row: Sequence[Tile]) -> RgbImage:
    gap = np.full((_TILE_PX, _GAP_PX, 3), 255, np.uint8)
    pieces = [piece for tile in row for piece in (tile.image, gap)]
    return np.concatenate(pieces[:-1], axis=1)


def _prediction(example: Example, labels: LabelSet) -> str:
    code = example.explanation.code
    predicted = f"{labels.names[code]} {example.explanation.probabilities[code]:.2f}"
    if code == example.true_code:
        return f"{predicted}, correct"
    own = f"{example.explanation.probabilities[example.true_code]:.2f}"
    return f"{labels.names[example.true_code]} {own}, predicted {predicted}"


def _why_not(explanation: Explanation, labels: LabelSet) -> str:
    return f"Why not {labels.names[explanation.code]}: {explanation.probabilities[explanation.code]:.2f}"


def _contributions(example: Example, explanation: Explanation) -> str:
    contributions = contribution_words(explanation.contributions)
    actions = f"   {example.actions}" if example.actions else ""
    return f"{contributions}   ({example.video}, {example.seconds:.2f} s){actions}"
