"""The heat map of a study across corpora: rows are trained on, columns are tested on."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from ferfusion.evaluation.uncertainty import Interval
from ferfusion.reporting.colours import INK, MARK, SOFT
from ferfusion.reporting.pages import interval_text, percent
from ferfusion.reporting.style import SHADES, WIDTH_INCHES, new_canvas, set_title
from ferfusion.reporting.words import counted

ALL_OTHERS = "all others"
_LEAST_SPAN = 0.2
"""Of the colours, so that small differences do not look large."""


def heat_map(table: pd.DataFrame, *, level: str = "video", metric: str = "uar") -> Figure:
    """Draw a score for each training and tested corpus, with its interval and the number of people.

    The colours begin at the lowest baseline. A cell with a frame is within a corpus.

    Args:
        table: ``cross.csv``.
        level: ``video`` or ``pair``.
        metric: ``uar``, ``war`` or ``macro_f1``.
    """
    cells = table[(table["level"] == level) & (table["metric"] == metric)]
    columns = list(dict.fromkeys(cells["tested_on"]))
    rows = list(dict.fromkeys(cells["trained_on"]))
    if len(rows) > 1 and not cells["trained_on"].duplicated().any():  # each corpus is left out once
        rows, cells = [ALL_OTHERS], cells.assign(trained_on=ALL_OTHERS)
    lowest, values = float(cells["baseline"].min()), np.full((len(rows), len(columns)), np.nan)
    highest = max(float(cells["value"].max()), lowest + _LEAST_SPAN)
    figure, axes = new_canvas(
        height=1.6 + 0.75 * len(rows), width=max(WIDTH_INCHES, 2.2 + 1.15 * len(columns))
    )
    for cell in cells.to_dict("records"):
        row, column = rows.index(cell["trained_on"]), columns.index(cell["tested_on"])
        values[row, column] = value = float(cell["value"])
        people = counted(int(cell["people"]), "person")
        interval = interval_text(Interval(float(cell["low"]), float(cell["high"])))
        is_dark = value - lowest > 0.45 * (highest - lowest)
        centred: dict[str, Any] = {"ha": "center", "va": "center", "color": "white" if is_dark else INK}
        axes.text(column, row - 0.2, percent(value), fontsize=10.5, **centred)
        axes.text(column, row + 0.17, f"{interval}\n{people}", fontsize=7.5, **centred)
        if cell["within"]:
            frame = Rectangle((column - 0.47, row - 0.46), 0.94, 0.92, fill=False, color=MARK, linewidth=2)
            axes.add_patch(frame)
    drawn = axes.imshow(values, cmap=SHADES, vmin=lowest, vmax=highest, aspect="auto")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    if max(map(len, columns)) > 14:
        axes.tick_params(axis="x", rotation=20)
    axes.set_xlabel("tested on (palest: the baseline)")
    axes.set_ylabel("trained on")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(drawn, ax=axes, format=PercentFormatter(1.0, decimals=0), fraction=0.06, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=7.5, colors=SOFT, length=0)
    name = {"uar": "UAR", "war": "WAR", "macro_f1": "Macro-F1"}[metric]
    set_title(axes, f"{name} per {level}", "framed: within the corpus" if cells["within"].any() else "")
    return figure
