"""``ferfusion split``."""

from typing import Any

from rich.table import Table

import ferfusion as fer
from ferfusion.cli.progress import console
from ferfusion.cli.verbs import command_of


@command_of(fer.split)
def split(*given: Any, **settings: Any) -> None:
    """Split, and print the size of each part."""
    parts = fer.split(*given, **settings).set_index("part")
    recipe = settings.get("recipe")
    fold = f", fold {recipe.fold}" if recipe and recipe.folds else ""
    table = Table("", *parts.index, title=f"Kept pairs of each part{fold}", title_justify="left")
    table.add_row("subjects", *map(str, parts["subjects"]))
    table.add_row("videos", *map(str, parts["videos"]), end_section=True)
    pairs = parts.drop(columns=["subjects", "videos"])
    shares = pairs.div(pairs.sum(axis=1).clip(lower=1), axis=0)
    for name in pairs.columns:
        cells = zip(pairs[name], shares[name], strict=True)
        table.add_row(name, *(f"{number} ({share:.0%})" for number, share in cells))
    console.print(table)
