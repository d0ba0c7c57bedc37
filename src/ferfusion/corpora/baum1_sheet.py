"""Read an annotation sheet of BAUM-1 (Excel; needs the extra ``baum``)."""

import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from ferfusion.errors import CorpusError, in_one_line
from ferfusion.extras import require
from ferfusion.video.suffixes import VIDEO_SUFFIXES

_COLUMNS = ("clip name", "emotion", "emotion code")
_LARGEST_BYTES, _MOST_ROWS, _MOST_COLUMNS = 64 * 2**20, 100_000, 1000
# what openpyxl and what it is made of raise for damaged sheets
_DAMAGE = (
    *(OSError, BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ParseError),
    *(LookupError, ValueError, TypeError, AttributeError, AssertionError, OverflowError),
)


@dataclass(frozen=True)
class SheetRow:
    """A row of a sheet: the clip's name without suffix, the emotion and its code, as text."""

    clip: str
    emotion: str
    code: str


def read_sheet(path: Path) -> Iterator[SheetRow]:
    """Yield the rows of a sheet; its columns are found by their names in the first row.

    Raises:
        CorpusError: it is no Excel file, or has not the three columns.
        MissingExtraError: openpyxl is not installed.
    """
    openpyxl = require("openpyxl", extra="baum")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which do not matter here
            _check_size(path)
            book = openpyxl.load_workbook(BytesIO(path.read_bytes()), read_only=True, data_only=True)
            rows = list(_cells(book))
    except (*_DAMAGE, openpyxl.utils.exceptions.InvalidFileException) as error:
        raise CorpusError(
            f"{path} is not an Excel sheet that can be read ({in_one_line(error)}); save it again as .xlsx"
        ) from error
    yield from _read_rows(path, rows)


def _check_size(path: Path) -> None:
    """Refuse a sheet that would fill the memory, before anything of it is inflated.

    Raises:
        ValueError: it is too large.
    """
    with ZipFile(path) as archive:
        size = sum(info.file_size for info in archive.infolist())
    if size > _LARGEST_BYTES:
        raise ValueError(f"it has {size:,} bytes when it is unpacked, at most {_LARGEST_BYTES:,} are read")


def _cells(book: Any) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each row of the first sheet as text."""
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # a sheet may state more than it has
    for number, row in enumerate(sheet.iter_rows(values_only=True)):
        if number > _MOST_ROWS:
            raise ValueError(f"it has more than {_MOST_ROWS:,} rows")
        yield tuple(_text(cell) for cell in row[:_MOST_COLUMNS])


def _read_rows(path: Path, rows: list[tuple[str, ...]]) -> Iterator[SheetRow]:
    header = [cell.lower() for cell in rows[0]] if rows else []
    missing = [column for column in _COLUMNS if column not in header]
    if missing:
        has = in_one_line(", ".join(filter(None, header)) or "nothing")
        raise CorpusError(f"{path} has no column {', '.join(missing)}; it has: {has}")
    positions = [header.index(column) for column in _COLUMNS]
    for cells in rows[1:]:
        clip, emotion, code = (cells[at] if at < len(cells) else "" for at in positions)
        name = Path(clip)
        if clip:
            yield SheetRow(name.stem if name.suffix.lower() in VIDEO_SUFFIXES else clip, emotion, code)


def _text(cell: object) -> str:
    """Return a cell as plain text; Excel keeps whole numbers as floats.

    >>> _text(7.0), _text(" Fear "), _text(None)
    ('7', 'Fear', '')
    """
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()
