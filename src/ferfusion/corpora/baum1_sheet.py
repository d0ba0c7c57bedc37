"""Read an annotation sheet of BAUM-1 (Excel; needs the extra ``baum``)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from ferfusion.errors import CorpusError
from ferfusion.extras import require
from ferfusion.video.suffixes import VIDEO_SUFFIXES

_COLUMNS = ("clip name", "emotion", "emotion code")


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
    errors = (OSError, KeyError, ValueError, BadZipFile, openpyxl.utils.exceptions.InvalidFileException)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except errors as error:
        raise CorpusError(f"{path} is not an Excel sheet that can be read: {error}") from error
    try:
        yield from _read_rows(path, book.worksheets[0])
    finally:
        book.close()


def _read_rows(path: Path, sheet: Any) -> Iterator[SheetRow]:
    with_values = sheet.iter_rows(values_only=True)
    header = [_text(cell).lower() for cell in next(with_values, ())]
    missing = [column for column in _COLUMNS if column not in header]
    if missing:
        raise CorpusError(f"{path} has no column {', '.join(missing)}; it has: {', '.join(header)}")
    positions = [header.index(column) for column in _COLUMNS]
    for cells in with_values:
        clip, emotion, code = (_text(cells[at]) if at < len(cells) else "" for at in positions)
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
