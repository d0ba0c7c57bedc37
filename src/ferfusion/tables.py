"""Tables as CSV files: read and checked cell by cell, and written so that a spreadsheet runs no cell."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

from ferfusion.errors import DatasetError, FerfusionError, in_one_line
from ferfusion.files import check_is_file, decode_text, write_whole

MOST_COLUMNS = 5000
LARGEST_BYTES = 320 * 2**20
"""Of a table that a person may have saved; the one of FER2013 has 301 million."""
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[-+]\d+([.,]\d+)?([eE][-+]?\d+)?")
_LINE = re.compile(r"[^\r\n]*(\r\n|\r|\n)|[^\r\n]+")
"""A line with its end, as a text file has it; io.StringIO would take four times the memory of the text."""
_GUARDED = re.compile(r"'+[=+\-@\t\r\n]")

Parsed = TypeVar("Parsed")
Kind = type[int] | type[float] | type[bool]
_WORDS: Mapping[Kind, str] = MappingProxyType(
    {int: "a whole number", float: "a number", bool: "True or False"}
)
_TEXT_OF: Mapping[Kind, re.Pattern[str]] = MappingProxyType(
    {
        int: re.compile(r"\s*[-+]?[0-9]{1,18}\s*"),
        float: re.compile(r"\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?\s*"),
        bool: re.compile(r"True|False"),
    }
)


def safe_cell(text: str) -> str:
    """Return the text of a cell, with an apostrophe before what a spreadsheet would take for a formula.

    Text that has such an apostrophe already gets one more, so that ``plain_cell`` returns it as it was.

    >>> safe_cell("=1+1"), safe_cell("@a.mp4"), safe_cell("'=1"), safe_cell("-0.5")
    ("'=1+1", "'@a.mp4", "''=1", '-0.5')
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def plain_cell(text: str) -> str:
    """Return the text that ``safe_cell`` was called with.

    >>> plain_cell("'=1+1"), plain_cell("''=1"), plain_cell("'tis")
    ('=1+1', "'=1", "'tis")
    """
    return text[1:] if _GUARDED.match(text) else text


class CellWriter:
    """Writes the rows of a CSV table, with line feeds at their ends.

    Args:
        file: Where to write to, opened with ``newline=""``.
    """

    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(Lines(file), lineterminator="\r\n")

    def write(self, cells: Iterable[object]) -> None:
        """Write one row."""
        self._writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in cells])


class Lines:
    """Ends lines with a line feed, for a writer that ends them with both signs so that it quotes both.

    A carriage return that is not quoted would end a row, for most readers.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: str) -> int:
        """Write one row."""
        return self._file.write(row.removesuffix("\r\n") + "\n")

    def __iter__(self) -> Iterator[str]:  # by this pandas knows a file
        return iter(())


def write_table(
    path: Path, table: "pd.DataFrame", *, float_format: str | None = "%.6f", index: bool = False
) -> None:
    """Write a CSV file whole or not at all; memory holds one copy of the table.

    Args:
        path: The file.
        table: Its rows.
        float_format: How a float is written; None keeps all its digits.
        index: Whether the index becomes the first column.
    """
    safe = with_safe_cells(table, index=index)

    def write(partial: Path) -> None:
        with partial.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            safe.to_csv(Lines(file), index=index, float_format=float_format, lineterminator="\r\n")  # type: ignore[call-overload]

    write_whole(path, write)


def with_safe_cells(table: "pd.DataFrame", *, index: bool) -> "pd.DataFrame":
    """Return a table whose text a spreadsheet runs nowhere; columns without such text are not copied."""
    import pandas as pd  # noqa: PLC0415 this module is light

    safe = table.rename(columns=_safe_value)
    for place, (_, column) in enumerate(table.items()):
        if isinstance(column.dtype, pd.CategoricalDtype):
            safe.isetitem(place, column.cat.rename_categories(_safe_value).array)
        elif pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column):
            guarded = [_safe_value(value) for value in column]
            if any(value is not old for value, old in zip(guarded, column, strict=True)):
                safe.isetitem(place, guarded)
    return safe.rename(index=_safe_value) if index else safe


def _safe_value(value: Any) -> Any:
    return safe_cell(value) if isinstance(value, str) else value


def read_table(
    path: Path,
    *,
    columns: Iterable[str] = (),
    kind_of: Callable[[str], Kind | None] = lambda name: None,
    gaps: Collection[str] | None = (),
    error: type[FerfusionError] = DatasetError,
    advice: str = "run the command that wrote it",
) -> "pd.DataFrame":
    """Read a CSV table that ``write_table`` wrote, and check every cell.

    Args:
        path: The file.
        columns: Columns that it must have.
        kind_of: Returns the kind of a column, int, float or bool; None for text. The cells of a float column
            may be empty.
        gaps: Columns of whole numbers whose cells may be empty; None is all of them.
        error: The error to raise.
        advice: What the user can do about a missing or damaged file.

    Returns:
        The table: text as ``str``; whole numbers as int64, or Int64 where cells may be empty; numbers as
        float64, nan where a cell is empty.

    Raises:
        FerfusionError: ``error``, if the file is missing or damaged, or lacks a column, or a cell has another
            kind; the message has its line.
    """
    import numpy as np  # noqa: PLC0415 this module is light
    import pandas as pd  # noqa: PLC0415

    if not path.exists():
        raise error(f"{path} is missing; {advice}")
    check_is_file(path, error=error)
    try:
        header = _check_rows(path)
        gaps = header if gaps is None else gaps
        lacking = [name for name in columns if name not in header]
        if lacking:
            has = in_one_line(", ".join(header))
            raise error(f"{path} lacks the columns {', '.join(lacking)}; it has {has}; {advice}")
        known = {name: kind for name in header if (kind := kind_of(name)) is not None}
        try:
            with np.errstate(invalid="raise"):  # pandas takes 1e308 for a whole number, and of any value
                table = pd.read_csv(
                    path,
                    names=header,  # pandas has another name for a column without one
                    header=0,
                    dtype={name: _dtype(known.get(name), has_gaps=name in gaps) for name in header},
                    keep_default_na=False,
                    na_values={name: [""] for name in known},
                    index_col=False,
                )
            is_whole = all(_is_finite(table[name]) for name, kind in known.items() if kind is float)
        except (ValueError, TypeError, ArithmeticError):
            is_whole = False
        if not is_whole:
            raise ValueError(_wrong_cell(path, known, gaps))
    except OSError as failed:
        raise error(f"{path} cannot be read ({failed.strerror}); {advice}") from failed
    except (ValueError, csv.Error) as damaged:
        raise error(f"{path} is not a readable CSV file ({in_one_line(damaged)}); {advice}") from damaged
    return _with_plain_cells(table, text=[name for name in header if name not in known])


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the last line, and the cells, of every row that is not blank."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(map(_text_line, file), strict=True)
        for row in rows:
            if row:
                yield rows.line_num, row


def _text_line(line: str) -> str:
    if "\0" in line:
        raise ValueError("it has bytes that are no text")
    return line


def _check_rows(path: Path) -> list[str]:
    """Return the names of the columns; no name comes twice, and every row has a cell for each."""
    rows = _rows(path)
    _, header = next(rows, (0, []))
    if not header:
        raise ValueError("it is empty")
    _check_width(header)
    name, times = Counter(header).most_common(1)[0]
    if times > 1:
        raise ValueError(f"the column {name!r:.80} comes twice")
    for line, row in rows:
        if len(row) != len(header):
            raise ValueError(f"line {line} has not {len(header)} cells as the header, but {len(row)}")
    return header


def _check_width(header: Sequence[str]) -> None:
    if len(header) > MOST_COLUMNS:
        raise ValueError(f"it has {len(header):,} columns, at most {MOST_COLUMNS:,} are read")


def _dtype(kind: Kind | None, *, has_gaps: bool) -> Any:
    if kind is None:
        return str
    return "Int64" if kind is int and has_gaps else kind


def _is_finite(numbers: "pd.Series[float]") -> bool:
    return bool((numbers.dropna().abs() != float("inf")).all())


def _wrong_cell(path: Path, kinds: Mapping[str, Kind], gaps: Collection[str]) -> str:
    """Return a sentence about the first cell that is not of its column's kind."""
    rows = _rows(path)
    _, header = next(rows)
    for line, row in rows:
        for name, cell in zip(header, row, strict=True):
            kind = kinds.get(name)
            if kind is None or (cell == "" and (kind is float or name in gaps)):
                continue
            if not _TEXT_OF[kind].fullmatch(cell):
                return f"line {line}: the {name} is {cell!r:.80}, not {_WORDS[kind]}"
    return "a number is too large"


def _with_plain_cells(table: "pd.DataFrame", *, text: Iterable[str]) -> "pd.DataFrame":
    """Return a table without the apostrophes that ``safe_cell`` put before text."""
    for name in text:
        if any(cell.startswith("'") for cell in table[name].array):
            table[name] = table[name].map(plain_cell)
    return table.rename(columns=plain_cell)


def refuse_rows(
    path: Path,
    table: "pd.DataFrame",
    bad: "NDArray[np.bool_] | pd.Series[bool]",
    column: str,
    why: str,
    *,
    error: type[FerfusionError] = DatasetError,
) -> None:
    """Refuse a table that has bad rows; the message has the line and the cell of the first.

    Args:
        path: The file that the table was read from.
        table: The table.
        bad: Whether each row is bad.
        column: The column whose cell the message has.
        why: What is wrong with the cell.
        error: The error to raise.

    Raises:
        FerfusionError: ``error``, if there is a bad row.
    """
    rows = [row for row, is_bad in enumerate(bad) if is_bad]
    if rows:
        line, _ = next(islice(_rows(path), rows[0] + 1, None))
        value = table[column].iloc[rows[0]]
        shown = f"{value!r:.80}" if isinstance(value, str) else f"{value:g}"
        more = f" ({len(rows)} such rows)" if len(rows) > 1 else ""
        raise error(f"{path}, line {line}: {column} {shown} {why}{more}")


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
    return _read(path, parse_cells, error=error, advice=advice)


def read_lines(
    path: Path, *, error: type[FerfusionError], advice: str
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Do as ``read_cells``, and return what ``parse_lines`` does.

    Raises:
        FerfusionError: ``error``, if the file is missing or is no text.
    """
    return _read(path, parse_lines, error=error, advice=advice)


def _read(
    path: Path, parse: Callable[[bytes], Parsed], *, error: type[FerfusionError], advice: str
) -> Parsed:
    check_is_file(path, error=error)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ValueError(f"it has more than {LARGEST_BYTES:,} bytes")
        return parse(path.read_bytes())
    except OSError as failed:
        raise error(f"{path} cannot be read ({failed.strerror}); {advice}") from failed
    except ValueError as damaged:
        raise error(f"{path} is not a CSV table ({in_one_line(damaged)}); {advice}") from damaged


def parse_cells(content: bytes) -> tuple[list[str], list[dict[str, str]]]:
    r"""Return the names of a table's columns in lower case, and its rows; every cell is stripped text.

    A missing cell is empty; cells beyond the last column have the name "". Of columns with one name, the
    first counts. See ``parse_lines``.

    Raises:
        ValueError: the content is no text, or a quote is not closed.

    >>> parse_cells("Path;Label\na.mp4;joy\n".encode("utf-16"))
    (['path', 'label'], [{'path': 'a.mp4', 'label': 'joy', '': ''}])
    """
    names, rows = parse_lines(content)
    header = [name.lower() for name in names]
    return header, [_named(header, cells) for _, cells in rows]


def parse_lines(content: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    r"""Return the names of a table's columns, and the line and the cells of each row that is not blank.

    Cells are separated by the sign that is the most frequent of comma, semicolon and tab in the first line,
    or that Excel names there (``sep=;``). Cells are stripped, and without what ``safe_cell`` put before text.

    Raises:
        ValueError: the content is no text, or a quote is not closed.

    >>> parse_lines(b"Path;Label\n\na.mp4;joy\n")
    (['Path', 'Label'], [(3, ['a.mp4', 'joy'])])
    """
    text = decode_text(content)
    named = re.match(r"sep=(.)\r?\n", text)
    text = text[named.end() :] if named else text
    first = re.sub(r'"[^"]*"', "", text.partition("\n")[0])
    try:
        rows = csv.reader(
            (line[0] for line in _LINE.finditer(text)),
            delimiter=named[1] if named else max(",;\t", key=first.count),
            strict=True,
        )
        header = _plain(next(rows, []))
        _check_width(header)
        lines_before = int(bool(named))
        return header, [
            (rows.line_num + lines_before, _plain(row)) for row in rows if any(cell.strip() for cell in row)
        ]
    except (csv.Error, TypeError) as error:  # TypeError: Excel's line names a sign that separates no cells
        raise ValueError(str(error)) from error


def _plain(row: list[str]) -> list[str]:
    return [plain_cell(cell.strip()) for cell in row]


def _named(header: list[str], cells: list[str]) -> dict[str, str]:
    named: dict[str, str] = {}
    for name, cell in zip(header, cells + [""] * len(header), strict=False):
        named.setdefault(name, cell)
    return named | {"": "".join(cells[len(header) :])}
