"""``ferfusion import-keras FILE BUNDLE``."""

from typing import Any

import ferfusion as fer
from ferfusion.cli.verbs import command_of


@command_of(fer.import_keras)
def import_keras(*given: Any, labels: str = "", **settings: Any) -> None:
    """Import a model, and print its content and the assumptions about it."""
    names = [name.strip() for name in labels.split(",") if name.strip()]
    model = fer.import_keras(*given, labels=names, **settings)
    for note in model.notes:
        print(note)
    print(f"Next: ferfusion predict VIDEO --bundle {model.path}")
