"""``ferfusion prepare``."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

import ferfusion as fer
from ferfusion.cli.describe import described_by
from ferfusion.cli.progress import console, progress_bar


@described_by(fer.prepare)
def prepare(
    root: Path,
    dataset: Path,
    *,
    corpus: str = "auto",
    labels: str = "six",
    recipe: Annotated[fer.PrepareRecipe | None, Parameter(name="*")] = None,
    detector_model: Path | None = None,
    images: bool = True,
    engine: str = "pool",
    workers: int | None = None,
    address: str | None = None,
) -> None:
    """See ``ferfusion.prepare``."""
    with progress_bar() as bar:
        data = fer.prepare(
            root,
            dataset,
            corpus=corpus,
            labels=labels,
            recipe=recipe,
            detector_model=detector_model,
            images=images,
            engine=engine,
            workers=workers,
            address=address,
            progress=bar,
        )
    _print_counts(data)


def _print_counts(data: fer.Dataset) -> None:
    counts = data.counts
    table = Table(title=f"Dataset {data.folder}", title_justify="left", show_header=False)
    for name in ("videos_by_status", "frames_by_status", "pairs_by_class"):
        if name in counts:
            label = name.replace("_by_", " by ")
            table.add_row(label, ", ".join(f"{key} {value}" for key, value in counts[name].items()))
    table.add_row("subjects", str(counts.get("subjects", "not known")))
    table.add_row("kept pairs", str(counts["pairs"]))
    console.print(table)
    lost = counts["videos"] - counts["videos_by_status"].get("ok", 0)
    if lost:
        console.print(f"{lost} rows of videos.csv are not used; the column reason says why.")
