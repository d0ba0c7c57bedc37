"""``ferfusion fetch``."""

from rich.markup import escape

import ferfusion as fer
from ferfusion.cli.progress import console
from ferfusion.cli.verbs import command_of


@command_of(fer.fetch)
def fetch(name: str) -> None:
    """Fetch, and print the path of the file."""
    console.print(escape(str(fer.fetch(name))), highlight=False, soft_wrap=True)
