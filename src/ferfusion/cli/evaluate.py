"""``ferfusion evaluate``: scores of a run, or of any model on a dataset, with figures and a report."""

from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

import ferfusion as fer
from ferfusion.cli.progress import console, progress_bar
from ferfusion.cli.verbs import command_of


@command_of(fer.evaluate)
def evaluate(*given: Any, dataset: Path | None = None, out: Path | None = None, **settings: Any) -> None:
    """Evaluate, and print the scores with their cautions."""
    place = Path("measurement") if dataset is not None and out is None else out
    with progress_bar() as bar:
        scores = fer.evaluate(*given, dataset=dataset, out=place, **settings, progress=bar)
    console.print(scores_table(scores))
    for line in (scores.protocol, scores.baseline):
        console.print(escape(line))
    for caution in scores.cautions:
        console.print(escape(caution), style="yellow")
    for line in scores.vote_lines:
        console.print(escape(line))
    for line in scores.people_lines:
        console.print(escape(line))
    console.print(f"Report: {escape(str(scores.report))}", soft_wrap=True)


def scores_table(scores: "fer.Scores") -> Table:
    """Return the scores as a table for the terminal, WAR and UAR side by side."""
    table = Table(title=f"Scores, with {scores.confidence:.0%} intervals over people", title_justify="left")
    table.add_column("Part, level")
    for name in ("WAR", "UAR", "macro-F1", "baseline\nWAR / UAR", "rows", "people"):
        table.add_column(name, justify="right")
    for row in scores.summary.to_dict("records"):
        table.add_row(
            f"{row['part']}\nper {row['level']}",
            *(score_cell(row[name]) for name in ("WAR", "UAR", "macro-F1")),
            row["baseline WAR / UAR"].replace(" / ", "\n"),
            row["rows"],
            row["people"],
            end_section=row["level"] == "pair",
        )
    return table


def score_cell(text: str) -> str:
    """Return a score with its interval below it, in rich's markup."""
    value, _, interval = text.partition(" (")
    return f"[bold]{value}[/bold]\n[dim]{interval.removesuffix(')')}[/dim]"
