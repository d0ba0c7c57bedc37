"""``ferfusion synthesize``."""

from typing import Any

from rich.markup import escape

import ferfusion as fer
from ferfusion.cli.progress import console, progress_bar
from ferfusion.cli.verbs import command_of


@command_of(fer.synthesize)
def synthesize(*given: Any, **settings: Any) -> None:
    """Render, and print where the corpus is."""
    with progress_bar() as bar:
        corpus = fer.synthesize(*given, **settings, progress=bar)
    console.print(f"Corpus: {escape(str(corpus))}", soft_wrap=True)
    console.print(f"Next: ferfusion prepare {escape(str(corpus))} DATASET", soft_wrap=True)
