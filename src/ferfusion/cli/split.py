"""``ferfusion split``."""

from typing import Any

from rich.markup import escape
from rich.table import Table

import ferfusion as fer
from ferfusion.cli.progress import console
from ferfusion.cli.verbs import command_of


@command_of(fer.split)
def split(*given: Any, **settings: Any) -> None:
    """Split, and print the size of each part, with a caution where one is too small."""
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
        table.add_row(escape(name), *(f"{number} ({share:.0%})" for number, share in cells))
    console.print(table)
    for caution in fer.Dataset(given[0]).split_cautions:
        console.print(escape(caution), style="yellow", soft_wrap=True)
