"""``ferfusion check``: look at a dataset before training, and at its labels after a study."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.markup import escape

import ferfusion as fer
from ferfusion.cli.progress import console, progress_bar
from ferfusion.cli.verbs import command_of


@command_of(fer.check)
def check(
    *given: Any,
    studies: Annotated[
        list[Path] | None, Parameter(name="--study", consume_multiple=True, negative_iterable=())
    ] = None,
    **settings: Any,
) -> None:
    """Check, and print what was found."""
    with progress_bar() as bar:
        checked = fer.check(*given, studies=studies or (), **settings, progress=bar)
    for title, lines in checked.lines.items():
        console.print(f"[bold]{escape(title)}[/bold]")
        for line in lines:
            console.print(f"  {escape(line)}")
    console.print(f"Page: {escape(str(checked.page))}", soft_wrap=True)
