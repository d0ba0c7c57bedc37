"""``ferfusion study``: compare variants, or corpora, with statistics over people."""

from collections.abc import Hashable
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.markup import escape
from rich.table import Table

import ferfusion as fer
from ferfusion.cli.evaluate import score_cell
from ferfusion.cli.progress import console, progress_bar
from ferfusion.cli.verbs import command_of


@command_of(
    fer.study,
    rest=("more", "After several datasets: the further ones, and as the last path the study folder."),
)
def study(
    *given: Any,
    models: Annotated[list[Path] | None, Parameter(consume_multiple=True, negative_iterable=())] = None,
    **settings: Any,
) -> None:
    """Conduct a study, and print its table, its verdict and its cautions."""
    *datasets, folder = given
    dataset = datasets if len(datasets) > 1 else datasets[0]
    with progress_bar() as bar:
        done = fer.study(dataset, folder, models=models or (), **settings, progress=bar)
    console.print(cross_table(done) if "trained on" in done.summary else variants_table(done))
    for line in (*done.verdict, done.protocol, done.baseline):
        console.print(escape(line))
    for caution in done.cautions:
        console.print(escape(caution), style="yellow")
    for line in done.people_lines:
        console.print(escape(line))
    console.print(f"Report: {escape(str(done.report))}", soft_wrap=True)


def variants_table(done: "fer.Study") -> Table:
    """Return the scores per video of each variant, as a table for the terminal."""
    what = "model" if done.is_of_models else "variant"
    tested = "Tested people" if done.is_of_models else "Test part"
    title = f"{tested}, per video, with {done.confidence:.0%} intervals over people"
    table = Table(title=title, title_justify="left")
    table.add_column(what)
    for name in ("UAR", "WAR", "baseline\nUAR / WAR"):
        table.add_column(name, justify="right")
    for name in ("group", "seeds", "people"):
        table.add_column(name)
    for row in done.summary.to_dict("records"):
        table.add_row(
            escape(row["variant"]),
            score_cell(row["UAR"]),
            score_cell(row["WAR"]),
            row["baseline UAR / WAR"].replace(" / ", "\n"),
            row["group"],
            row["seeds"],
            row["people"],
            end_section=True,
        )
    if len(done.summary) > 1:
        table.caption = f"{what.capitalize()}s that share a letter do not differ significantly in UAR."
        table.caption_justify = "left"
    return table


def cross_table(done: "fer.Study") -> Table:
    """Return the scores of a study across corpora: rows are trained on, columns are tested on."""
    title = f"UAR, WAR and baseline UAR / WAR per video, with {done.confidence:.0%} intervals over people"
    table = Table(title=title, title_justify="left")
    rows = done.summary.to_dict("records")
    corpora = list(dict.fromkeys(row["tested on"].removesuffix(", held out") for row in rows))
    table.add_column("trained on")
    for corpus in corpora:
        table.add_column(f"tested on\n{escape(corpus)}", justify="right")
    for trained_on in dict.fromkeys(row["trained on"] for row in rows):
        own = {
            row["tested on"].removesuffix(", held out"): row
            for row in rows
            if row["trained on"] == trained_on
        }
        cells = [_cross_cell(own[corpus]) if corpus in own else "" for corpus in corpora]
        table.add_row(escape(trained_on), *cells, end_section=True)
    return table


def _cross_cell(row: dict[Hashable, Any]) -> str:
    held_out = "held-out " if row["tested on"].endswith(", held out") else ""
    people = f"{held_out}{'person' if row['people'] == '1' else 'people'}"
    return "\n".join(
        [
            *(f"{name} {score_cell(row[name])}" for name in ("UAR", "WAR")),
            row["baseline UAR / WAR"],
            f"[dim]{row['people']} {people}[/dim]",
        ]
    )
