"""``ferfusion study``: compare variants, with statistics over people."""

from typing import Any

from rich.markup import escape
from rich.table import Table

import ferfusion as fer
from ferfusion.cli.evaluate import score_cell
from ferfusion.cli.progress import console, progress_bar
from ferfusion.cli.verbs import command_of


@command_of(fer.study)
def study(*given: Any, **settings: Any) -> None:
    """Conduct a study, and print its table, its verdict and its cautions."""
    with progress_bar() as bar:
        done = fer.study(*given, **settings, progress=bar)
    console.print(variants_table(done))
    for line in (*done.verdict, done.protocol, done.baseline):
        console.print(escape(line))
    for caution in done.cautions:
        console.print(escape(caution), style="yellow")
    console.print(f"Report: {escape(str(done.report))}", soft_wrap=True)


def variants_table(done: "fer.Study") -> Table:
    """Return the scores per video of each variant, as a table for the terminal."""
    title = f"Test part, per video, with {done.confidence:.0%} intervals over people"
    table = Table(title=title, title_justify="left")
    table.add_column("variant")
    for name in ("UAR", "WAR", "majority\nUAR / WAR"):
        table.add_column(name, justify="right")
    for name in ("group", "seeds", "people"):
        table.add_column(name)
    for row in done.summary.to_dict("records"):
        table.add_row(
            escape(row["variant"]),
            score_cell(row["UAR"]),
            score_cell(row["WAR"]),
            row["majority UAR / WAR"].replace(" / ", "\n"),
            row["group"],
            row["seeds"],
            row["people"],
            end_section=True,
        )
    if len(done.summary) > 1:
        table.caption = "Variants that share a letter do not differ significantly in UAR."
        table.caption_justify = "left"
    return table
