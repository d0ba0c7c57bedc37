"""``ferfusion compare RUN MODEL…``: compare existing runs, and models on their test people."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

import ferfusion as fer
from ferfusion.cli.evaluate import score_cell
from ferfusion.cli.progress import progress_bar
from ferfusion.cli.verbs import command_of


@command_of(fer.compare, several="runs")
def compare(*runs: Path, out: Path = Path("comparison"), **settings: Any) -> None:
    """Compare, write the comparison, and print its table."""
    with progress_bar() as bar:
        comparison = fer.compare(runs, out=out, **settings, progress=bar)
    console = Console()
    console.print(runs_table(comparison))
    for line in (*comparison.lead, comparison.protocol):
        console.print(escape(line))
    for warning in comparison.warnings:
        console.print(f"Not comparable: {escape(warning)}", style="yellow")
    for caution in comparison.cautions:
        console.print(escape(caution), style="yellow")
    for sentence in comparison.equivalences:
        console.print(f"Note: {escape(sentence)}", style="dim")
    console.print(f"Comparison: {escape(str(comparison.page))}", soft_wrap=True)


def runs_table(comparison: fer.Comparison) -> Table:
    """Return the test scores per video of each run and model, as a table for the terminal."""
    title = f"{comparison.tested}, per video, with {comparison.confidence:.0%} intervals over people"
    table = Table(title=title, title_justify="left")
    table.add_column("run")
    for name in ("parameters", "minutes", "WAR", "UAR", "macro-F1", "baseline\nWAR / UAR"):
        table.add_column(name, justify="right")
    for row in comparison.summary.to_dict("records"):
        table.add_row(
            f"{escape(row['run'])}\n[dim]{escape(row['model'])}[/dim]",
            row["parameters"],
            row["minutes"],
            *(score_cell(row[name]) for name in ("WAR", "UAR", "macro-F1")),
            row["baseline WAR / UAR"].replace(" / ", "\n"),
            end_section=True,
        )
    return table
