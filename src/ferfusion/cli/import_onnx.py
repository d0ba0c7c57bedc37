"""``ferfusion import-onnx FILE BUNDLE``."""

from typing import Any

import ferfusion as fer
from ferfusion.cli.verbs import command_of
from ferfusion.errors import ConfigError


@command_of(fer.import_onnx)
def import_onnx(*given: Any, labels: str = "", mean: str = "", std: str = "", **settings: Any) -> None:
    """Import a model, and print its content, the assumptions about it and what was noticed."""
    names = [name.strip() for name in labels.split(",") if name.strip()]
    settings |= {"labels": names, "mean": _numbers("mean", mean), "std": _numbers("std", std)}
    model = fer.import_onnx(*given, **settings)
    for note in model.notes:
        print(note)
    print(f"Next: ferfusion predict VIDEO --bundle {model.path}")


def _numbers(name: str, text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")] if text.strip() else []
    except ValueError as error:
        raise ConfigError(
            f"{name} must be numbers with commas between them, such as 0.485,0.456,0.406, got {text!r:.80}"
        ) from error
