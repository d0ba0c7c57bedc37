"""``ferfusion label PROJECT [VIDEO…]``: make a label project, or show, export and import its labels."""

import math
import shlex
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.markup import escape

import ferfusion as fer
from ferfusion.cli.progress import console, progress_bar
from ferfusion.cli.verbs import command_of
from ferfusion.errors import ConfigError

_QUEUE = "A study or run: its most doubtful videos are labelled, in place of VIDEOS."


@command_of(fer.labels, several="videos", without=frozenset({"reasons"}))
def label(
    folder: Path,
    *videos: Path,
    raters: Annotated[str, Parameter(help="Names of the raters, with commas between them.")] = "",
    subjects: Annotated[Path | None, Parameter(help="CSV file with the columns path and subject.")] = None,
    queue: Annotated[Path | None, Parameter(help=_QUEUE)] = None,
    dataset: Annotated[Path | None, Parameter(help="Dataset of the queue.")] = None,
    corpus: Annotated[Path | None, Parameter(help="Corpus that the dataset was prepared from.")] = None,
    number: Annotated[int, Parameter(help="Videos of each kind in the queue, at most.")] = 20,
    import_: Annotated[
        Path | None, Parameter(name="--import", help="Table of answers, or ELAN's export, to take over.")
    ] = None,
    rater: Annotated[str, Parameter(help="Whose answers the imported table has.")] = "",
    item: Annotated[str, Parameter(help="Item that the imported export of ELAN is about.")] = "",
    export: Annotated[Path | None, Parameter(help="CSV file to write labels to, for prepare.")] = None,
    which: Annotated[str, Parameter(help="consensus or answers: what is exported.")] = "consensus",
    **settings: Any,
) -> None:
    """Make or open a project, and print its progress and agreement."""
    if queue is not None:
        found = _queue(queue, dataset, corpus, number)
        settings["reasons"] = dict(zip(found["path"], found["reason"], strict=True))
        videos = (*videos, *map(Path, found["path"]))
    if videos:
        names = [name.strip() for name in raters.split(",") if name.strip()]
        with progress_bar() as bar:
            project = fer.labels(
                folder, list(videos), raters=names, subjects=subjects, **settings, progress=bar
            )
    else:
        project = fer.labels(folder)
    if import_ is not None:
        _import(project, import_, rater, item)
    if export is not None:
        file = project.export(export, which)
        console.print(f"Labels ({escape(which)}): {escape(str(file))}", soft_wrap=True)
        classes = shlex.quote(",".join(project.classes))
        console.print(
            f"Next: ferfusion prepare {escape(str(file))} DATASET --labels {escape(classes)}", soft_wrap=True
        )
    _show(project)
    console.print(f"Label: ferfusion app {escape(str(folder))}", soft_wrap=True)


def _queue(queue: Path, dataset: Path | None, corpus: Path | None, number: int) -> Any:
    if dataset is None or corpus is None:
        raise ConfigError("A queue needs the dataset and its corpus: --dataset DATASET --corpus ROOT")
    return fer.label_queue(dataset, queue, corpus, number=number)


def _import(project: fer.Labels, table: Path, rater: str, item: str) -> None:
    taken = project.import_table(table, rater, item=item)
    counts = taken["status"].value_counts()
    words = ", ".join(f"{number} {status}" for status, number in counts.items())
    console.print(f"Imported from {escape(str(table))}: {words or 'no row'}", soft_wrap=True)
    for row in taken[taken["status"] == "left out"].to_dict("records"):
        console.print(f"  line {row['line']}: {escape(row['reason'])}", style="yellow", soft_wrap=True)


def _show(project: fer.Labels) -> None:
    console.print(escape(repr(project)), soft_wrap=True)
    for row in project.progress.to_dict("records"):
        seen = f", a model's answer seen for {row['shown']}" if row["shown"] else ""
        console.print(
            f"  {escape(row['rater'])}: {row['done']} of {row['items']} finished, {row['marks']} marks{seen}"
        )
    agreement = project.agreement()
    for row in agreement.alpha.to_dict("records"):
        if math.isfinite(row["value"]):
            console.print(
                f"Alpha of the {row['what']} ({row['kind']}): {row['value']:.2f} "
                f"({row['low']:.2f} to {row['high']:.2f} over {row['videos']} videos)"
            )
    if agreement.caution and agreement.alpha["value"].notna().any():
        console.print(escape(agreement.caution), style="yellow", soft_wrap=True)
