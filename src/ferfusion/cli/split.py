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
    """Divide a dataset into train, validation and test parts that share no subject, video or picture.

    Args:
        dataset: Dataset folder made by prepare.
        recipe: How to divide it.
    """
    data = open_dataset(dataset)
    parts = split_dataset(data, recipe)
    counts = part_counts(data, parts)
    fold = f", fold {recipe.fold}" if recipe.folds else ""
    table = Table("", *counts, title=f"Kept pairs of each part{fold}", title_justify="left")
    table.add_row("subjects", *(str(each["subjects"]) for each in counts.values()))
    table.add_row("videos", *(str(each["videos"]) for each in counts.values()), end_section=True)
    for name in data.labels.names:
        shares = ((each["pairs"][name], sum(each["pairs"].values())) for each in counts.values())
        table.add_row(name, *(f"{number} ({number / max(total, 1):.0%})" for number, total in shares))
    console.print(table)
