"""Files that are written whole or not at all: to a temporary name, which then becomes the name."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

from ferfusion.errors import DatasetError, FerfusionError


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


def read_json(
    path: Path, *, error: type[FerfusionError] = DatasetError, advice: str = "run the command that wrote it"
) -> dict[str, Any]:
    """Read an object from a JSON file.

    Args:
        path: The file.
        error: The error to raise.
        advice: What the user can do about a missing or damaged file.

    Raises:
        FerfusionError: ``error``, if the file is missing or damaged, or holds no object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise error(f"{path} is missing; {advice}") from missing
    except OSError as failed:
        raise error(f"{path} cannot be read ({failed.strerror}); {advice}") from failed
    except (ValueError, RecursionError) as damaged:
        raise error(f"{path} is damaged ({damaged}); {advice}") from damaged
    if not isinstance(value, dict):
        raise error(f"{path} is damaged (it holds a {type(value).__name__}, expected an object); {advice}")
    return value


def read_table(
    path: Path,
    *,
    columns: Iterable[str] = (),
    error: type[FerfusionError] = DatasetError,
    advice: str = "run the command that wrote it",
    **settings: Any,
) -> "pd.DataFrame":
    """Read a CSV file.

    Args:
        path: The file.
        columns: Columns that it must have.
        error: The error to raise.
        advice: What the user can do about a missing or damaged file.
        settings: Arguments of ``pandas.read_csv``.

    Raises:
        FerfusionError: ``error``, if the file is missing or damaged, or lacks a column.
    """
    import pandas as pd  # noqa: PLC0415 this module is light

    try:
        table: pd.DataFrame = pd.read_csv(path, **settings)
    except FileNotFoundError as missing:
        raise error(f"{path} is missing; {advice}") from missing
    except OSError as failed:
        raise error(f"{path} cannot be read ({failed.strerror}); {advice}") from failed
    except (pd.errors.EmptyDataError, pd.errors.ParserError, ValueError) as damaged:
        reason = str(damaged).strip()
        raise error(f"{path} is not a readable CSV file ({reason}); {advice}") from damaged
    lacking = [name for name in columns if name not in table]
    if lacking:
        has = ", ".join(map(str, table.columns))
        raise error(f"{path} lacks the columns {', '.join(lacking)}; it has {has}; {advice}")
    return table


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
