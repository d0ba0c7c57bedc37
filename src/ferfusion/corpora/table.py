"""A CSV file with a row per video: path,label,subject and optionally start_seconds,end_seconds,split."""

import math
from pathlib import Path

import pandas as pd

from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry, unique_ids
from ferfusion.errors import CorpusError
from ferfusion.labels import canonical_emotion

_PARTS = {
    "train": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}


def list_csv(root: Path) -> CorpusListing:
    """List a corpus that a CSV file describes; its paths count from the file's folder.

    Args:
        root: The file, or a folder with just one CSV file in it.

    Raises:
        CorpusError: there is no such file, or a needed column is missing, or no row can be used.
    """
    path = _find_table(root)
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False).rename(columns=lambda name: name.strip())
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path} is not a CSV table: {error}") from error
    missing = [name for name in ("path", "label", "subject") if name not in table.columns]
    if missing:
        raise CorpusError(
            f"{path} needs the columns path,label,subject; missing: {', '.join(missing)}; "
            f"found: {', '.join(table.columns)}"
        )
    entries: list[VideoEntry] = []
    left_out: list[LeftOut] = []
    for video_id, row in zip(unique_ids(table["path"]), table.to_dict("records"), strict=True):
        try:
            entries.append(_entry(path.parent, video_id, {str(key): str(row[key]) for key in row}))
        except CorpusError as error:
            left_out.append(LeftOut(str(row["path"]), str(error)))
    if not entries:
        raise CorpusError(
            f"{path} has no row that can be used: {left_out[0].reason if left_out else 'it is empty'}"
        )
    return CorpusListing("csv", tuple(entries), tuple(left_out))


def _find_table(root: Path) -> Path:
    if root.is_file():
        return root
    tables = sorted(root.glob("*.csv")) if root.is_dir() else []
    if len(tables) != 1:
        found = ", ".join(path.name for path in tables) or "none"
        raise CorpusError(f"The csv corpus needs one CSV file; in {root} there are: {found}")
    return tables[0]


def _entry(folder: Path, video_id: str, row: dict[str, str]) -> VideoEntry:
    path = folder / row["path"]
    for column in ("path", "label", "subject"):
        if not row[column].strip():
            raise CorpusError(f"the {column} is empty")
    if not path.is_file():
        raise CorpusError("there is no such file")
    split = row.get("split", "").strip().lower()
    if split and split not in _PARTS:
        raise CorpusError(f"split is {split!r}, not train, validation or test")
    start, end = _seconds(row, "start_seconds"), _seconds(row, "end_seconds")
    if start is not None and end is not None and end <= start:
        raise CorpusError(f"end_seconds {end} is not after start_seconds {start}")
    return VideoEntry(
        path,
        video_id,
        row["subject"].strip(),
        canonical_emotion(row["label"]),
        start_seconds=start,
        end_seconds=end,
        part=_PARTS.get(split),
    )


def _seconds(row: dict[str, str], column: str) -> float | None:
    text = row.get(column, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise CorpusError(f"{column} is {text!r}, not a number of seconds")
    return value
