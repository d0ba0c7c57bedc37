"""A table with a row per video or photograph: path, label, and optionally subject, times and part."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePosixPath

from ferfusion.corpora.columns import Columns, find_columns, parse_box, parse_columns, parse_seconds
from ferfusion.corpora.entries import (
    PART_NAMES,
    CorpusListing,
    LabelledFace,
    LeftOut,
    VideoEntry,
    unique_ids,
)
from ferfusion.corpora.named_files import NamedFiles, components
from ferfusion.corpora.path_pattern import PathPattern
from ferfusion.corpora.people_columns import constant_columns, with_people
from ferfusion.corpora.raters import FACE, RATER, cell_of, joined_ratings
from ferfusion.corpora.stills import has_photographs_only
from ferfusion.corpora.votes import VOTES_FILE
from ferfusion.corpora.walk import Found, find_photographs, find_videos, unreadable_folders
from ferfusion.encodings import encoding_note
from ferfusion.errors import ConfigError, CorpusError
from ferfusion.files import no_such, target_of
from ferfusion.label_set import emotion_of_word, word_key
from ferfusion.reporting.words import examples, listed
from ferfusion.tables import read_lines

TABLE_SUFFIXES = (".csv", ".tsv")
_WORKBOOKS = (".xlsx", ".xls", ".ods", ".numbers")
_NEEDED = ("path", "label")
_IN_PATH = ("label", "subject")
"""Fields that a pattern can have in place of a column."""
_OWN_FILES = ("dataset.json", "verdict.json")
"""A folder with one of these holds what ferfusion wrote, and no videos of a corpus."""
_OF_MERGED_CELLS = "; of merged cells, the first row alone has the value: fill in every row"


@dataclass(frozen=True)
class VideoTable:
    """A table of videos.

    Attributes:
        path: The file.
        columns: Its columns.
        rows: Line and cells of each row.
        pattern: Where further fields stand in the paths.
    """

    path: Path
    columns: Columns
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    pattern: PathPattern | None = None

    def cell(self, cells: tuple[str, ...], field: str) -> str | None:
        """Return the cell of a field; None without such a column."""
        place = self.columns.place_of.get(field)
        return None if place is None else _at(cells, place)

    def further(self, cells: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Return the name and the cell of each further column."""
        return tuple((name, _at(cells, place)) for name, place in self.columns.further.items())


def list_csv(
    root: Path,
    *,
    columns: Mapping[str, str] | str | None = None,
    pattern: PathPattern | None = None,
) -> CorpusListing:
    """List a corpus that a table describes; its paths are relative to the table's folder.

    A path may be a video, a folder of images, or a photograph. Without a subject, each counts as a subject of
    its own. The table may be saved from a spreadsheet, with semicolons or tabs, decimal commas and further
    columns; those that are constant for each person are columns of people, as are those of a
    ``subjects.csv`` beside it. Videos of its folder that no row names are left out, or photographs if the
    rows name no video.

    Args:
        root: The table, or a folder with one table of videos.
        columns: Names of columns by field, for columns that are not found by their names.
        pattern: Where fields stand in the paths instead.

    Raises:
        CorpusError: there is no such table, or a needed column is missing, or no row can be used.
        ConfigError: ``columns`` has no such form.
    """
    table = read_table(find_table(root, columns=columns, pattern=pattern), columns=columns, pattern=pattern)
    folder = table.path.parent
    files = NamedFiles(folder)
    entries: list[VideoEntry] = []
    left_out: list[LeftOut] = []
    line_of: dict[tuple[object, ...], int] = {}
    filled: set[str] = set()
    for video_id, (line, cells) in zip(_ids(table), table.rows, strict=True):
        written = table.cell(cells, "path") or ""
        try:
            entry = _entry(files, video_id, table, cells)
            stretch = (target_of(entry.path), entry.start_seconds, entry.end_seconds, entry.face_name)
            subject = "" if entry.subject == video_id else entry.subject
            claims = (*stretch, cell_of(entry.further, RATER), _word(entry), subject)
            if line_of.setdefault(claims, line) != line:
                raise CorpusError(f"a second row for the same video, after line {line_of[claims]}")
            entries.append(replace(entry, line=line))
        except CorpusError as error:
            subject, label = (table.cell(cells, field) or "" for field in ("subject", "label"))
            empty = {"subject": subject, "label": label}
            has_raters = bool(cell_of(table.further(cells), RATER))
            is_merged = any(f"the {field} is empty" == str(error) for field in filled if not empty[field])
            reason = f"{error}{_OF_MERGED_CELLS if is_merged and not has_raters else ''}"
            left_out.append(LeftOut(written, reason, subject, label, table.further(cells)))
        filled |= {field for field in ("subject", "label") if table.cell(cells, field)}
    if not entries:
        reason = f"the first is left out: {left_out[0].reason}" if left_out else "it is empty"
        raise CorpusError(f"{table.path} has no row that can be used; {reason}")
    joined = joined_ratings(entries, root)
    left_out += joined.left_out
    notes = (*_notes(table, entries), *filter(None, [joined.sentence]))
    listing = CorpusListing("csv", joined.entries, tuple(left_out), notes, votes=joined.votes)
    if root.is_dir() or any(target_of(entry.path).is_relative_to(target_of(folder)) for entry in entries):
        find = find_photographs if has_photographs_only(listing) else find_videos
        left_out += _without_a_row(find(folder)[0], table, files)
        left_out += unreadable_folders(folder)
    listing = replace(listing, left_out=tuple(left_out), people=constant_columns(listing.entries))
    return with_people(listing, table.path, table=table.path)


def find_table(
    root: Path,
    *,
    columns: Mapping[str, str] | str | None = None,
    pattern: PathPattern | None = None,
) -> Path:
    """Return the table, which is ``root`` itself or the only one of videos in the folder ``root``.

    Args:
        root: The table, or the folder.
        columns: Names of columns by field.
        pattern: Where fields stand in the paths instead.

    Raises:
        CorpusError: there is none, or there are several.
    """
    if root.is_file():
        return root
    if not root.is_dir():
        raise CorpusError(no_such(root, wanted="file or folder"))
    tables = [
        path
        for path in sorted(root.iterdir())
        if path.suffix.lower() in TABLE_SUFFIXES and not path.name.startswith(".")
    ]
    if len(tables) > 1:
        tables = [path for path in tables if path.name.lower() != VOTES_FILE]
    if len(tables) == 1:
        return tables[0]
    of_videos = []
    for table in tables:
        with suppress(CorpusError):
            of_videos.append(read_table(table, columns=columns, pattern=pattern).path)
    workbooks = [path.name for path in sorted(root.iterdir()) if path.suffix.lower() in _WORKBOOKS]
    if not tables and workbooks:
        raise CorpusError(f"{root} has {examples(workbooks)}; save the sheet of the videos as CSV there")
    if len(of_videos) != 1:
        found = ", ".join(path.name for path in of_videos or tables) or "none"
        kind = " tables of videos" if of_videos else ""
        raise CorpusError(f"The csv corpus needs one CSV file; in {root} there are{kind}: {found}")
    return of_videos[0]


def read_table(
    path: Path,
    *,
    columns: Mapping[str, str] | str | None = None,
    pattern: PathPattern | None = None,
) -> VideoTable:
    """Read a table of videos, and find its columns.

    Args:
        path: The file.
        columns: Names of columns by field.
        pattern: Where fields stand in the paths instead.

    Raises:
        CorpusError: it is no text file, or a column is missing or can be one of several.
        ConfigError: ``columns`` has no such form, or a field of the pattern.
    """
    given = parse_columns(columns)
    in_path = [field for field in _IN_PATH if pattern and field in pattern.fields]
    for field in in_path:
        if given.setdefault(field, ""):
            raise ConfigError(f"The {field} is in the pattern and in the column {given[field]}; name one")
    header, rows = read_lines(
        path, error=CorpusError, advice="save it as CSV, with the columns path,label,subject"
    )
    try:
        found = find_columns(header, [cells for _, cells in rows], given=given, is_time=_is_time)
    except CorpusError as error:
        raise CorpusError(f"{path}: {error}") from error
    missing = [field for field in _NEEDED if field not in found.place_of and field not in in_path]
    if missing:
        raise CorpusError(
            f"{path} needs columns for path and label and, if people are known, subject; "
            f"missing: {', '.join(missing)}; found: {', '.join(header)}; "
            f"name them, such as --columns path=Datei,label=Emotion"
        )
    return VideoTable(path, found, tuple((line, tuple(cells)) for line, cells in rows), pattern)


def _notes(table: VideoTable, entries: list[VideoEntry]) -> tuple[str, ...]:
    notes = [f"Table {table.path.name}: {table.columns.in_words}"]
    if encoding := encoding_note(table.path):
        notes.append(encoding)
    if all(entry.subject == entry.video_id for entry in entries):
        notes.append(
            f"No column of {table.path.name} has the person: each video counts as a person of its own, and "
            "the parts may share people; name the column with --columns subject=..."
        )
    if unused := table.columns.unused_times:
        notes.append(
            f"Times of stretches are not taken from {listed(unused)}, whose cells are no seconds, m:ss or "
            "h:mm:ss: the rows count as whole videos"
        )
    return tuple(notes)


def _word(entry: VideoEntry) -> str:
    return word_key(entry.word) or entry.word


def _ids(table: VideoTable) -> list[str]:
    """Return an id for each row: of its path in the table's folder, or of the end of a path elsewhere."""
    names = []
    for _, cells in table.rows:
        name = table.cell(cells, "path") or ""
        parts = components(name)
        if parts and (parts[0] == "/" or parts[0].endswith(":")):
            inside = _inside(Path(name), table.path.parent)
            name = inside or "/".join(parts[1:][-2:])
        start = table.cell(cells, "start_seconds")
        if start and (seconds := parse_seconds(start)) is not None:
            pure = PurePosixPath(name)
            stem = (pure.parent / pure.stem).as_posix()
            name = f"{stem}-{seconds:g}s{pure.suffix or '.s'}"
        if table.cell(cells, "face_box") and (face := cell_of(table.further(cells), FACE)):
            pure = PurePosixPath(name)
            name = f"{(pure.parent / pure.stem).as_posix()}-face{face}{pure.suffix or '.f'}"
        names.append(name)
    return unique_ids(names)


def _inside(path: Path, folder: Path) -> str:
    for one, other in ((path, folder), (target_of(path), target_of(folder))):
        if one.is_relative_to(other):
            return one.relative_to(other).as_posix()
    return ""


def _entry(files: NamedFiles, video_id: str, table: VideoTable, cells: tuple[str, ...]) -> VideoEntry:
    """Return the entry of a row.

    Raises:
        CorpusError: the row cannot be used; the message is the reason.
    """
    if any(cells[len(table.columns.names) :]):
        raise CorpusError("the row has more cells than there are columns; quote a cell that has a comma")
    fields = {field: table.cell(cells, field) or "" for field in table.columns.place_of}
    further = table.further(cells)
    if table.pattern and fields["path"]:
        in_path = table.pattern.read(fields["path"])
        fields |= {name: text for name, text in in_path.items() if name in _IN_PATH}
        taken = {name.casefold() for name in table.columns.names}
        further += tuple(
            (f"path_{name}" if name.casefold() in taken else name, text)
            for name, text in in_path.items()
            if name not in _IN_PATH
        )
    for field in (*_NEEDED, "subject"):
        if not fields.get(field, video_id):
            raise CorpusError(f"the {field} is empty")
    path = files.find(fields["path"])
    split = fields.get("split", "").lower()
    if split and split not in PART_NAMES:
        raise CorpusError(f"split is {split!r}, not train, validation or test")
    start, end = (_seconds(fields, field) for field in ("start_seconds", "end_seconds"))
    if start is not None and end is not None and end <= start:
        raise CorpusError(f"end_seconds {end} is not after start_seconds {start}")
    return VideoEntry(
        path,
        video_id,
        fields.get("subject", video_id),
        emotion_of_word(fields["label"]),
        start_seconds=start,
        end_seconds=end,
        part=PART_NAMES.get(split),
        word=fields["label"],
        further=further,
        face=_face(fields.get("face_box", ""), further),
    )


def _face(box: str, further: tuple[tuple[str, str], ...]) -> LabelledFace | None:
    """Return the face of a row, whose name is in a column ``face``; None for the main face.

    Raises:
        CorpusError: the box is none.
    """
    if not box:
        return None
    found = parse_box(box)
    if found is None:
        raise CorpusError(
            f"face_box is {box!r:.80}, not five numbers: a second, then x, y, width and height in pixels"
        )
    return LabelledFace(cell_of(further, FACE) or box, *found)


def _at(cells: tuple[str, ...], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _seconds(fields: Mapping[str, str], field: str) -> float | None:
    text = fields.get(field, "")
    if not text:
        return None
    seconds = parse_seconds(text)
    if seconds is None:
        raise CorpusError(f"{field} is {text!r}, not a number of seconds, m:ss or h:mm:ss")
    return seconds


def _is_time(text: str) -> bool:
    return parse_seconds(text) is not None


def _without_a_row(found: Iterable[Found], table: VideoTable, files: NamedFiles) -> Iterator[LeftOut]:
    named = set()
    for _, cells in table.rows:
        with suppress(CorpusError):  # the row is left out with the reason
            named.add(target_of(files.find(table.cell(cells, "path") or "")))
    is_own = cache(lambda folder: any((folder / name).is_file() for name in _OWN_FILES))
    for file in found:
        folders = [file.path.parent, *file.path.parent.parents]
        if any(is_own(folder) for folder in folders if folder.is_relative_to(file.root)):
            continue
        if target_of(file.path) not in named:
            yield file.left_out(f"no row in {table.path.name}")
