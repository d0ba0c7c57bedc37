"""Tables for notebooks."""

import html

import pandas as pd


def titled_table(title: str, table: pd.DataFrame) -> str:
    """Return HTML of a table under a line in bold; floats have three digits."""
    shown = table.to_html(index=False, border=0, float_format="{:.3f}".format, na_rep="")
    return f"<p><b>{html.escape(title)}</b></p>{shown}"
