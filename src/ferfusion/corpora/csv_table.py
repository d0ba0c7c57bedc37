"""A CSV file with a row per video or photograph: path, label, and optionally subject, times and part."""

import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ferfusion.corpora.entries import PART_NAMES, CorpusListing, LeftOut, VideoEntry, unique_ids
from ferfusion.corpora.named_files import NamedFiles
from ferfusion.corpora.stills import has_photographs_only
from ferfusion.corpora.walk import Found, find_photographs, find_videos, unreadable_folders
from ferfusion.errors import CorpusError
from ferfusion.labels import canonical_emotion
from ferfusion.tables import decimal_point, read_cells

COLUMNS = ("path", "label")
OPTIONAL_COLUMNS = ("subject", "start_seconds", "end_seconds", "split")


def list_csv(root: Path) -> CorpusListing:
    """List a corpus that a CSV file describes; its paths are relative to the file's folder.

    A path may be a video, a folder of images, or a photograph. Without the column subject, each counts as a
    subject of its own. The table may be saved from a spreadsheet, with semicolons or tabs, decimal commas and
    further columns.

    Args:
        root: The file, or a folder with exactly one CSV file. In a folder, videos that no row names are
            reported too, or photographs if the rows name no video.

    Raises:
        CorpusError: there is no such file, or a needed column is missing, or no row can be used.
    """
    path = find_table(root)
    _, rows = read_table(path)
    files = NamedFiles(path.parent)
    entries: list[VideoEntry] = []
    left_out: list[LeftOut] = []
    seen: set[tuple[Path, float | None, float | None, str, str]] = set()
    for video_id, row in zip(unique_ids(row["path"] for row in rows), rows, strict=True):
        try:
            entry = _entry(files, video_id, row)
            stretch = (entry.path.resolve(), entry.start_seconds, entry.end_seconds)
            row_of_stretch = (*stretch, entry.emotion, row.get("subject", ""))
            if row_of_stretch in seen:
                raise CorpusError("a second row for the same video")
            seen.add(row_of_stretch)
            entries.append(entry)
        except CorpusError as error:
            left_out.append(LeftOut(row["path"], str(error)))
    if not entries:
        reason = f"the first is left out: {left_out[0].reason}" if left_out else "it is empty"
        raise CorpusError(f"{path} has no row that can be used; {reason}")
    listing = CorpusListing("csv", tuple(entries), tuple(left_out))
    find = find_photographs if has_photographs_only(listing) else find_videos
    closed = unreadable_folders(root) if root.is_dir() else []
    unnamed = _without_a_row(find(root)[0] if root.is_dir() else (), path, files, rows)
    return replace(listing, left_out=(*listing.left_out, *unnamed, *closed))


def find_table(root: Path) -> Path:
    """Return the CSV file, which is ``root`` itself or the only one in the folder ``root``.

    Raises:
        CorpusError: there is none, or there are several.
    """
    if root.is_file():
        return root
    if not root.is_dir():
        raise CorpusError(f"There is no file or folder {root}")
    tables = sorted(
        path for path in root.iterdir() if path.suffix.lower() == ".csv" and not path.name.startswith(".")
    )
    if len(tables) != 1:
        found = ", ".join(path.name for path in tables) or "none"
        raise CorpusError(f"The csv corpus needs one CSV file; in {root} there are: {found}")
    return tables[0]


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the names of the columns and the rows of a table with the columns path and label.

    Raises:
        CorpusError: it is no text file, or a column is missing or comes twice.
    """
    header, rows = read_cells(
        path, error=CorpusError, advice="save it as CSV, with the columns path,label,subject"
    )
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise CorpusError(
            f"{path} needs the columns path,label and, if people are known, subject; "
            f"missing: {', '.join(missing)}; "
            f"found: {', '.join(header)}"
        )
    twice = [name for name in (*COLUMNS, *OPTIONAL_COLUMNS) if header.count(name) > 1]
    if twice:
        raise CorpusError(f"{path} has the column {twice[0]} more than once; keep one of them")
    return header, rows


def _entry(files: NamedFiles, video_id: str, row: dict[str, str]) -> VideoEntry:
    """Return the entry of a row.

    Raises:
        CorpusError: the row cannot be used; the message is the reason.
    """
    if row[""]:
        raise CorpusError("the row has more cells than there are columns; quote a cell that has a comma")
    for column in (*COLUMNS, "subject"):
        if not row.get(column, video_id):
            raise CorpusError(f"the {column} is empty")
    path = files.find(row["path"])
    split = row.get("split", "").lower()
    if split and split not in PART_NAMES:
        raise CorpusError(f"split is {split!r}, not train, validation or test")
    start, end = _seconds(row, "start_seconds"), _seconds(row, "end_seconds")
    if start is not None and end is not None and end <= start:
        raise CorpusError(f"end_seconds {end} is not after start_seconds {start}")
    return VideoEntry(
        path,
        video_id,
        row.get("subject", video_id),
        canonical_emotion(row["label"]),
        start_seconds=start,
        end_seconds=end,
        part=PART_NAMES.get(split),
    )


def _seconds(row: dict[str, str], column: str) -> float | None:
    text = row.get(column, "")
    if not text:
        return None
    try:
        value = float(decimal_point(text))
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise CorpusError(f"{column} is {text!r}, not a number of seconds")
    return value


def _without_a_row(
    found: Iterable[Found], table: Path, files: NamedFiles, rows: list[dict[str, str]]
) -> Iterator[LeftOut]:
    named = set()
    for row in rows:
        with suppress(CorpusError):  # the row is left out with the reason
            named.add(files.find(row["path"]).resolve())
    for file in found:
        if file.path.resolve() not in named:
            yield file.left_out(f"no row in {table.name}")
