"""``ferfusion study``: compare variants, with statistics over people."""

from typing import Any

from rich.markup import escape

import ferfusion as fer
from ferfusion.cli.progress import console, progress_bar
from ferfusion.cli.verbs import command_of


@command_of(fer.study)
def study(*given: Any, **settings: Any) -> None:
    """Conduct a study, and print where its report is."""
    with progress_bar() as bar:
        done = fer.study(*given, **settings, progress=bar)
    console.print(f"Report: {escape(str(done.report))}", soft_wrap=True)
