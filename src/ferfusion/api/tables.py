"""Tables for notebooks and the terminal."""

import html
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ferfusion.evaluation.uncertainty import Interval
from ferfusion.reporting.pages import interval_text, percent


def titled_table(title: str, table: pd.DataFrame) -> str:
    """Return HTML of a table under a line in bold; floats have three digits."""
    shown = table.to_html(index=False, border=0, float_format="{:.3f}".format, na_rep="")
    return f"<p><b>{html.escape(title)}</b></p>{shown}"


def score_cells(uar: Mapping[Any, Any], war: Mapping[Any, Any]) -> dict[str, str]:
    r"""Return UAR and WAR with their intervals and baselines as text, from two rows of a table.

    >>> row = {"value": 0.5, "low": 0.4, "high": 0.6, "baseline": 0.2}
    >>> score_cells(row, row | {"baseline": 0.25})["baseline UAR / WAR"]
    '20.0\xa0% / 25.0\xa0%'
    """
    cells = {
        name: f"{percent(one['value'])} ({interval_text(Interval(one['low'], one['high']))})"
        for name, one in (("UAR", uar), ("WAR", war))
    }
    return cells | {"baseline UAR / WAR": f"{percent(uar['baseline'])} / {percent(war['baseline'])}"}
