"""``ferfusion compare RUN RUN…``: runs that exist already, side by side."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ferfusion.cli.evaluate import estimate_cell
from ferfusion.evaluation.pages import percent
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.study.comparison import ComparedRun, compare_runs, write_comparison


def compare(
    *runs: Path,
    out: Path = Path("comparison"),
    recipe: Annotated[EvaluateRecipe, Parameter(name="*")] = EvaluateRecipe(),  # noqa: B008 frozen
) -> None:
    """Put the test scores of several runs side by side, as a table, a chart and a page.

    Args:
        runs: Two or more folders that `train` wrote.
        out: Folder for the comparison; it is made if need be.
        recipe: How the scores and their intervals are made.
    """
    comparison = compare_runs(runs, recipe)
    page = write_comparison(comparison, out)
    console = Console()
    console.print(runs_table(comparison.runs, confidence=comparison.recipe.confidence))
    for warning in comparison.warnings:
        console.print(f"Not comparable: {escape(warning)}", style="yellow")
    for sentence in comparison.same_function:
        console.print(f"Note: {escape(sentence)}", style="dim")
    console.print(f"Comparison: {escape(str(page))}", soft_wrap=True)


def runs_table(runs: tuple[ComparedRun, ...], *, confidence: float) -> Table:
    """Return the test scores per video of each run, as a table for the terminal."""
    table = Table(
        title=f"Test part, per video, with {confidence:.0%} intervals over people", title_justify="left"
    )
    table.add_column("run")
    for name in ("parameters", "minutes", "WAR", "UAR", "macro-F1", "majority\nWAR / UAR"):
        table.add_column(name, justify="right")
    for run in runs:
        table.add_row(
            f"{escape(run.name)}\n[dim]{escape(run.run.variant)}[/dim]",
            "n/a" if run.run.parameters is None else f"{run.run.parameters:,}",
            "n/a" if run.minutes is None else f"{run.minutes:.1f}",
            *(estimate_cell(estimate) for estimate in run.video.estimates.values()),
            f"{percent(run.video.war.majority)}\n{percent(run.video.uar.majority)}",
            end_section=True,
        )
    return table
