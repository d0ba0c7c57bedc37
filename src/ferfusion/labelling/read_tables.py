"""Read a table of answers that a label project or a person wrote, to go on with it in another project."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from ferfusion.corpora.columns import parse_seconds
from ferfusion.corpora.csv_table import VideoTable, read_table
from ferfusion.corpora.named_files import NamedFiles
from ferfusion.corpora.raters import FACE, RATER, cell_of
from ferfusion.errors import ConfigError, CorpusError
from ferfusion.labelling.consensus import DISCUSSION, MAJORITY
from ferfusion.labelling.elan import looks_like_elan, read_elan
from ferfusion.labelling.incoming import IncomingRow, TakenRow, take_rows
from ferfusion.labelling.project import Project, read_project
from ferfusion.outputs import only_writer

IMPORT_COLUMNS = (
    *("line", "path", "face", "label", "start", "end", "intensity", "rater"),
    *("item", "status", "reason"),
)
"""Columns of the table of what an import has done."""


def import_answers(project: Project, path: Path, *, rater: str = "", item: str = "") -> pd.DataFrame:
    """Add the answers of a table or of an export of ELAN to a project, and its raters.

    Args:
        project: The project.
        path: The file.
        rater: Whose answers they are; by default, the column ``rater`` says it.
        item: Id of the item that an export of ELAN is about.

    Returns:
        What became of each row, in the columns ``IMPORT_COLUMNS``.

    Raises:
        CorpusError: the file is no such table.
        ConfigError: nobody says who labelled, or the name of a rater cannot be used.
    """
    rows = (
        read_elan(path, project, rater=rater, item=item)
        if looks_like_elan(path)
        else read_answers(path, rater=rater)
    )
    taken = take_rows(_with_raters(project, rows), rows)
    table = pd.DataFrame([_cells(one) for one in taken], columns=list(IMPORT_COLUMNS))
    return table.astype({"face": "Int64", "start": float, "end": float, "intensity": "Int64"})


def _with_raters(project: Project, rows: Sequence[IncomingRow]) -> Project:
    """Return the project as it is on the disk, with the raters of some rows."""
    with only_writer(project.folder):
        project = read_project(project.folder)
        new = [rater for rater in dict.fromkeys(row.rater for row in rows) if rater not in project.shares]
        for rater in new:
            project = project.with_rater(rater)
        if new:
            project.save()
    return project


def _cells(taken: TakenRow) -> list[Any]:
    row = taken.row
    about = [row.line, row.path, row.face, row.label, row.start, row.end, row.intensity, row.rater]
    return [*about, taken.item, taken.status, taken.reason]


def read_answers(path: Path, *, rater: str = "") -> list[IncomingRow]:
    """Return the rows of a table with the columns path and label.

    Args:
        path: The CSV file; its paths are relative to its folder. It may have the further columns that
            ``Labels.export`` writes.
        rater: Whose answers they are; by default, the column ``rater`` says it.

    Raises:
        CorpusError: it is no such table.
        ConfigError: nobody says who labelled.
    """
    table = read_table(path)
    files = NamedFiles(path.parent)
    return [_row(table, files, line, cells, rater) for line, cells in table.rows]


def _row(table: VideoTable, files: NamedFiles, line: int, cells: tuple[str, ...], rater: str) -> IncomingRow:
    further = table.further(cells)
    written = table.cell(cells, "path") or ""
    found = None
    with suppress(CorpusError):  # the video may lie elsewhere here, and is then known by its name
        found = files.find(written) if written else None
    wrong: list[str] = []
    times = [_seconds(table, cells, field, wrong) for field in ("start_seconds", "end_seconds")]
    return IncomingRow(
        line,
        written,
        table.cell(cells, "label") or "",
        _rater(table, line, cell_of(further, RATER), rater),
        face=_whole(cell_of(further, FACE), FACE, wrong),
        subject=table.cell(cells, "subject") or "",
        start=times[0],
        end=times[1],
        intensity=_whole(cell_of(further, "intensity"), "intensity", wrong),
        note=cell_of(further, "note"),
        found=found,
        wrong="; ".join(wrong),
    )


def _rater(table: VideoTable, line: int, written: str, given: str) -> str:
    if given:
        return given
    if written in (MAJORITY, DISCUSSION):
        raise ConfigError(
            f"{table.path} is a consensus ({written} in line {line}) and no answers of a person; name the "
            "rater whose answers they shall be"
        )
    if not written:
        raise ConfigError(f"{table.path} does not say who labelled in line {line}; name the rater")
    return written


def _seconds(table: VideoTable, cells: tuple[str, ...], field: str, wrong: list[str]) -> float | None:
    text = table.cell(cells, field) or ""
    seconds = parse_seconds(text)
    if text and seconds is None:
        wrong.append(f"{field} is {text!r:.80}, not a number of seconds, m:ss or h:mm:ss")
    return seconds


def _whole(text: str, name: str, wrong: list[str]) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdecimal():
        wrong.append(f"{name} is {text!r:.80}, not a whole number")
        return None
    return int(text)
