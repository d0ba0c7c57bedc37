"""``ferfusion split``."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from ferfusion.cli.progress import console
from ferfusion.prepare.dataset import open_dataset
from ferfusion.prepare.splits import SplitRecipe, part_counts, split_dataset

_DEFAULT_RECIPE = SplitRecipe()


def split(dataset: Path, *, recipe: Annotated[SplitRecipe, Parameter(name="*")] = _DEFAULT_RECIPE) -> None:
    """Divide a dataset into train, validation and test parts that share no subject and no video.

    Args:
        dataset: Dataset folder made by prepare.
        recipe: How to divide it.
    """
    data = open_dataset(dataset)
    parts = split_dataset(data, recipe)
    table = Table("part", "subjects", "videos", "pairs", *data.labels.names, title="Kept pairs of each part")
    for part, counts in part_counts(data, parts).items():
        total = sum(counts["pairs"].values())
        table.add_row(
            part,
            str(counts["subjects"]),
            str(counts["videos"]),
            str(total),
            *(f"{number} ({number / total:.0%})" for number in counts["pairs"].values()),
        )
    console.print(table)
