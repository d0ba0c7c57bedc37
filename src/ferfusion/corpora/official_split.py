"""Corpora of extracted frames with an official split: one table of clips and labels for each part."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ferfusion.corpora.entries import PART_NAMES, CorpusListing, LeftOut, VideoEntry, safe_id
from ferfusion.corpora.walk import Found, find_image_folders, make_listing
from ferfusion.errors import CorpusError
from ferfusion.files import check_is_file, decode_text
from ferfusion.label_set import SEVEN, canonical_emotion


@dataclass(frozen=True)
class TableLayout:
    """The layout of such a corpus on disk; names are matched without regard to case.

    Attributes:
        table: Place of a table; its first group is the part.
        clip: Place of a folder of frames; its first group is the clip's name.
        read_line: Returns (clip, emotion) of a line of a table, or None for a line that is no row.
        best: Name of a folder in the path of a clip's best form, where there are several forms.
        expected: Example of a clip's and a table's place, for the message.
    """

    table: re.Pattern[str]
    clip: re.Pattern[str]
    read_line: Callable[[str], tuple[str, str] | None]
    expected: str
    best: str = ""


@dataclass(frozen=True)
class _Row:
    clip: str
    emotion: str
    part: str
    where: str


def list_official_split(corpus: str, root: Path, layout: TableLayout) -> CorpusListing:
    """Join the tables of an official split with the folders of frames; each clip is its own subject.

    Raises:
        CorpusError: ``root`` is no folder, a table cannot be read, or no clip is in a table.
    """
    folders, files = find_image_folders(root)
    tables = dict(_matches(layout.table, (Found(path, root) for path in files)))
    of_clip, rows = _settle_labels(
        row for table, match in tables.items() for row in _read_table(table, match[1], layout)
    )
    folders.sort(key=lambda folder: layout.best not in folder.folders)
    clips = {folder: match[1] for folder, match in _matches(layout.clip, folders)}
    rows += [_entry(folder, clips.get(folder), of_clip) for folder in folders]
    with_frames = {clip.lower() for clip in clips.values()}
    rows += [
        LeftOut(row.where, "a row without frames") for clip, row in of_clip.items() if clip not in with_frames
    ]
    others = [path for path in files if Found(path, root) not in tables]
    wanted = "an image or a table of the split"
    return make_listing(corpus, root, rows, others, expected=layout.expected, wanted=wanted)


def _settle_labels(table_rows: Iterable[_Row]) -> tuple[dict[str, _Row], list[VideoEntry | LeftOut]]:
    """Return the row of each clip by its name in lower case, and the rows that cannot be used."""
    of_clip: dict[str, _Row] = {}
    unused: list[VideoEntry | LeftOut] = []
    for row in table_rows:
        clip = row.clip.lower()
        if row.emotion not in SEVEN:
            unused.append(LeftOut(row.where, f"{row.emotion!r} is none of the seven emotions"))
        elif clip in of_clip:
            unused.append(LeftOut(row.where, f"a second row of the clip; {of_clip[clip].where} is used"))
        else:
            of_clip[clip] = row
    return of_clip, unused


def _entry(folder: Found, clip: str | None, of_clip: dict[str, _Row]) -> VideoEntry | LeftOut:
    if clip is None:
        return folder.left_out("not where clips are expected")
    row = of_clip.get(clip.lower())
    if row is None:
        return folder.left_out("in no table of the split")
    video_id = safe_id(clip)
    return VideoEntry(folder.path, video_id, video_id, row.emotion, part=row.part)


def _matches(pattern: re.Pattern[str], found: Iterable[Found]) -> Iterator[tuple[Found, re.Match[str]]]:
    for each in found:
        if match := pattern.fullmatch(each.place):
            yield each, match


def _read_table(table: Found, part: str, layout: TableLayout) -> Iterator[_Row]:
    check_is_file(table.path, error=CorpusError)
    try:
        lines = decode_text(table.path.read_bytes()).splitlines()
    except (OSError, ValueError) as error:
        raise CorpusError(f"Cannot read {table.path}: {error}") from error
    for line in filter(str.strip, lines):
        row = layout.read_line(line.strip())
        if row is not None:
            clip, emotion = row
            yield _Row(
                clip,
                canonical_emotion(emotion),
                PART_NAMES[part.lower()],
                f"{table.place}: {clip or line.strip()}",
            )
