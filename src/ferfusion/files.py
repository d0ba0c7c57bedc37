"""Files that are written whole or not at all: to a temporary name, which then becomes the name."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

from ferfusion.errors import DatasetError


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Call ``write`` with a temporary path beside ``path``, then rename the file that it wrote to ``path``.

    The temporary name has the number of the process, so that two processes can write the same file. If
    ``write`` raises, the temporary file is removed and ``path`` stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        write(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8", newline="\n"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    write_whole(path, lambda partial: partial.write_bytes(content))


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


def write_table(
    path: Path, table: "pd.DataFrame", *, float_format: str | None = "%.6f", index: bool = False
) -> None:
    """Write a CSV file whole or not at all.

    Args:
        path: The file.
        table: Its rows.
        float_format: How a float is written; None keeps all its digits.
        index: Whether the index becomes the first column.
    """
    write_text(path, table.to_csv(index=index, float_format=float_format, lineterminator="\n"))
