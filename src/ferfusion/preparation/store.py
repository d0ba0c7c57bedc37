"""Files of a dataset folder, each written to a temporary name and then renamed: none is ever half there."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from ferfusion.errors import DatasetError


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a file under a temporary name beside ``path``, then give it its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    write(partial)
    partial.replace(path)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8", newline="\n"))


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file whole or not at all."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_rows(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file of many rows whole or not at all, on one line, which is quicker."""
    write_text(path, json.dumps(value, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file.

    Raises:
        DatasetError: it is missing or damaged.
    """
    try:
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DatasetError(f"There is no file {path}") from error
    except ValueError as error:
        raise DatasetError(f"{path} is damaged: {error}") from error
    return value


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a CSV file whole or not at all; a float keeps six digits after the point."""
    write_text(path, table.to_csv(index=False, float_format="%.6f", lineterminator="\n"))


def read_clip(path: Path, *names: str) -> dict[str, NDArray[Any]]:
    """Read the arrays of a clip: those that are named, or all.

    Raises:
        DatasetError: the file is missing or damaged.
    """
    try:
        with safe_open(path, framework="np") as file:
            arrays = {name: file.get_tensor(name) for name in names or file.keys()}
    except FileNotFoundError as error:
        raise DatasetError(f"There is no clip {path}; run prepare again") from error
    except SafetensorError as error:
        raise DatasetError(
            f"The clip {path} is damaged ({error}); delete it and run prepare again"
        ) from error
    return arrays
