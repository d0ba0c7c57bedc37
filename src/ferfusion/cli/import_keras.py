"""``ferfusion import-keras FILE BUNDLE``: a model that Keras trained, as a bundle."""

from typing import Any

import ferfusion as fer
from ferfusion.cli.verbs import command_of


@command_of(fer.import_keras)
def import_keras(*given: Any, **settings: Any) -> None:
    """Import, and print what was read and what was assumed."""
    model = fer.import_keras(*given, **settings)
    for note in model.notes:
        print(note)
    print(f"Now: ferfusion predict VIDEO --bundle {model.path}")
