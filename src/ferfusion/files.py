"""Files that are written whole or not at all: to a temporary name, which then becomes the name."""

import codecs
import csv
import io
import json
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

from ferfusion.errors import ConfigError, DatasetError, FerfusionError, file_errors
from ferfusion.temporary import final_path, temporary_path

_PROBE_BYTES = 4096
"""What is written to see whether a disk is full: a page, since a disk may have space for a name alone."""


def check_output_folder(folder: Path) -> None:
    """Check, before a long work, that a folder can be written to; it is made later if it is missing.

    Raises:
        ConfigError: the path is a file, or lies inside one.
        FileError: no file can be written there.
    """
    with file_errors(folder):
        nearest = next(each for each in (folder, *folder.parents) if each.exists())
        if not nearest.is_dir():
            raise ConfigError(f"{nearest} is a file; name a folder to write to, or a new one")
        with TemporaryFile(dir=nearest) as file:  # it has no name where the system can do that
            file.write(bytes(_PROBE_BYTES))
            file.flush()


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Call ``write`` with a temporary path beside ``path``, then rename the file that it wrote to ``path``.

    The temporary name is the process's own, so that two processes can write the same file. If
    ``write`` raises, the temporary file is removed and ``path`` stays as it was.

    Raises:
        FileError: the file cannot be written.
    """
    with file_errors(final_path(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = temporary_path(path)
        try:
            write(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all.

    What UTF-8 cannot encode, such as a part of a file name in another encoding, is written with a backslash.
    """
    write_whole(
        path,
        lambda partial: partial.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n"),
    )


def printable(text: str) -> str:
    r"""Return text with backslashes for what UTF-8 cannot encode, such as a byte of a file name.

    >>> printable("caf\udce9.mp4")
    'caf\\udce9.mp4'
    """
    return text.encode("utf-8", errors="backslashreplace").decode("utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    write_whole(path, lambda partial: partial.write_bytes(content))


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file whole or not at all."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_rows(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file of many rows whole or not at all, on one line, which is quicker."""
    write_text(path, json.dumps(value, ensure_ascii=False) + "\n")


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON text from a file that others may have written.

    Raises:
        ValueError: the text is damaged or nested too deep, repeats a name, or has a number that is not
            finite.

    >>> parse_json('{"size": 48, "size": 96}')
    Traceback (most recent call last):
    ValueError: the name 'size' comes twice
    """
    try:
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise ValueError(f"the name {name!r:.80} comes twice")
        values[name] = value
    return values


def _refuse_constant(name: str) -> None:
    raise ValueError(f"it has the number {name}, which is not finite")


def check_is_file(path: Path, *, error: type[FerfusionError] = DatasetError) -> None:
    """Check that a path is a file: reading a pipe or a device may never end.

    Raises:
        FerfusionError: ``error``, if it is something else, or if nothing is there.

    >>> check_is_file(Path("/dev/zero"))
    Traceback (most recent call last):
    ferfusion.errors.DatasetError: /dev/zero is a pipe or a device; name a file
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError) as missing:
        raise error(f"There is no file {path}") from missing
    except OSError as failed:
        raise error(f"Cannot read {path}: {failed.strerror}") from failed
    if not stat.S_ISREG(mode):
        raise error(f"{path} is a {'folder' if stat.S_ISDIR(mode) else 'pipe or a device'}; name a file")


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


def read_cells(
    path: Path, *, error: type[FerfusionError], advice: str
) -> tuple[list[str], list[dict[str, str]]]:
    """Read a table that a person may have saved from a spreadsheet: see ``parse_cells``.

    Args:
        path: The file.
        error: The error to raise.
        advice: What the user can do about a missing or damaged file.

    Raises:
        FerfusionError: ``error``, if the file is missing or is no text.
    """
    try:
        return parse_cells(path.read_bytes())
    except OSError as failed:
        raise error(f"{path} cannot be read ({failed.strerror}); {advice}") from failed
    except ValueError as damaged:
        raise error(f"{path} is not a CSV table ({damaged}); {advice}") from damaged


def parse_cells(content: bytes) -> tuple[list[str], list[dict[str, str]]]:
    r"""Return the names of a table's columns in lower case, and its rows; every cell is stripped text.

    Cells are separated by the sign that is the most frequent of comma, semicolon and tab in the first line,
    or that Excel names there (``sep=;``). A missing cell is empty; cells beyond the last column have the name
    "".

    Raises:
        ValueError: the content is no text, or a quote is not closed.

    >>> parse_cells("Path;Label\na.mp4;joy\n".encode("utf-16"))
    (['path', 'label'], [{'path': 'a.mp4', 'label': 'joy', '': ''}])
    """
    text = decode_text(content)
    named = re.match(r"sep=(.)\r?\n", text)
    text = text[named.end() :] if named else text
    first = re.sub(r'"[^"]*"', "", text.partition("\n")[0])
    cells = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=named[1] if named else max(",;\t", key=first.count),
        strict=True,
    )
    try:
        header = [name.strip().lower() for name in next(cells, [])]
        return header, [_named(header, row) for row in cells if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ValueError(str(error)) from error


def _named(header: list[str], row: list[str]) -> dict[str, str]:
    padded = [cell.strip() for cell in row] + [""] * len(header)
    beyond = "".join(cell.strip() for cell in row[len(header) :])
    return dict(zip(header, padded, strict=False)) | {"": beyond}


def decode_text(content: bytes) -> str:
    r"""Return the text of a file that a person may have saved: UTF-8, UTF-16 with its mark, or else cp1252.

    Raises:
        ValueError: it is no text.

    >>> decode_text(b"Zo\xeb"), decode_text("Zo\xeb".encode()), decode_text("Zo\xeb".encode("utf-16"))
    ('Zoë', 'Zoë', 'Zoë')
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252")
    if "\0" in text:
        raise ValueError("it has bytes that are no text; a spreadsheet must be saved as CSV")
    return text


def decimal_point(number: str) -> str:
    """Return a number with a decimal comma, as some spreadsheets write it, with a point.

    >>> decimal_point("0,25"), decimal_point("0.25"), decimal_point("1,234.5")
    ('0.25', '0.25', '1,234.5')
    """
    return number.replace(",", ".") if re.fullmatch(r"[-+]?\d*,\d+", number) else number


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
