"""Read the tab-separated export of ELAN: a row per annotation, or a column per tier.

ELAN (Max Planck Institute for Psycholinguistics) writes, as the user chooses, the name of the tier and of the
participant, begin, end and duration in up to three forms (hh:mm:ss.ms, seconds, milliseconds), the value, and
the name of the file; with a header, or without one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ferfusion.corpora.columns import parse_seconds
from ferfusion.errors import ConfigError, CorpusError
from ferfusion.files import check_is_file, decode_text
from ferfusion.labelling.incoming import IncomingRow
from ferfusion.labelling.project import Item, Project

_MILLISECONDS = 1_000
_BEGIN, _END, _DURATION = "begin time", "end time", "duration"
_FORMS: Mapping[str, int] = MappingProxyType({"ss.msec": 0, "hh:mm:ss.ms": 1, "msec": 2, "": 3})
"""The forms of a time, the one that is read first."""
_ABOUT = ("tier", "tier name", "participant", "annotator")
_FILES = ("file", "file name", "filename", "file path", "filepath", "path", "media file")
_VALUES = ("annotation", "annotation value", "value", "label", "text")
_LARGEST_BYTES = 64 * 2**20
_WITH_STRENGTH = re.compile(r"(?P<word>.*\D)[\s:]+(?P<strength>\d{1,2})")


@dataclass(frozen=True)
class _Header:
    """Where each value stands in a row.

    Attributes:
        begin: Column of the begin, and whether it is in milliseconds.
        end: The same of the end.
        about: Columns of tier and participant.
        file: Column of the file; None without one.
        values: Name of each column of values.
    """

    begin: tuple[int, bool]
    end: tuple[int, bool]
    about: tuple[int, ...]
    file: int | None
    values: Mapping[int, str]


def looks_like_elan(path: Path) -> bool:
    """Return whether a file is a tab-separated export of ELAN, by its first lines.

    Raises:
        CorpusError: the file is missing or is no text.
    """
    rows = [row for row in _lines(path) if not _is_comment(row)]
    if not rows or len(rows[0]) < 3:
        return False
    names = [name.strip().casefold() for name in rows[0]]
    return any(name.startswith(_BEGIN) for name in names) or _plain_times(rows[0]) is not None


def read_elan(path: Path, project: Project, *, rater: str, item: str = "") -> list[IncomingRow]:
    """Return the annotations of an export of ELAN.

    The video is the item that is named, or the file of a column or a comment of the export, or the one with
    the name of the export. The face of a video with several is that of the person who has the name of the
    tier or the participant, or of the number at the end of the tier's name. A value such as ``joy 3`` has an
    intensity.

    Args:
        path: The export.
        project: The project.
        rater: Whose answers they are.
        item: Id of the item that was labelled.

    Raises:
        CorpusError: the file is no such export.
        ConfigError: no rater is named, or the project has no such item.
    """
    if not rater:
        raise ConfigError(f"{path} is an export of ELAN, which does not say who labelled; name the rater")
    export = _Export(path, project, rater, project.item(item) if item else None)
    header, media = None, ""
    found: list[IncomingRow] = []
    for line, cells in enumerate(_lines(path), 1):
        if _is_comment(cells):
            media = _media_of(cells) or media
        elif header is None and any(cell.strip().casefold().startswith(_BEGIN) for cell in cells):
            header = _header(path, cells)
        else:
            found += export.annotations(
                line, _plain(cells) if header is None else _named(cells, header), media
            )
    return found


@dataclass(frozen=True)
class _Cells:
    """What a row of an export has.

    Attributes:
        times: Begin and end; None if they are none.
        about: Words about its tier and participant.
        file: Name of the file; empty without one.
        values: The annotations, by the names of their columns.
    """

    times: tuple[float, float] | None
    about: tuple[str, ...]
    file: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class _Export:
    path: Path
    project: Project
    rater: str
    item: Item | None

    def annotations(self, line: int, cells: _Cells, media: str) -> Iterator[IncomingRow]:
        """Yield the annotations of a row; ``media`` is the file that a comment before it names."""
        file = cells.file or media or self.path.name
        items = [self.item] if self.item else _items_named(self.project, file)
        wrong = "" if cells.times else "begin and end are no times, the begin first"
        start, end = cells.times or (None, None)
        for name, value in cells.values.items():
            if not value:
                continue  # another tier has the annotation
            word, strength = _strength(value)
            chosen = _of_face(items, [*cells.about, name])
            place = chosen or next(iter(items), None)
            yield IncomingRow(
                line,
                place.path if place else file,
                word,
                self.rater,
                face=chosen.face if chosen else None,
                start=start,
                end=end,
                intensity=strength,
                found=self.project.path_of(place) if place else None,
                wrong=wrong,
            )


def _lines(path: Path) -> list[list[str]]:
    check_is_file(path, error=CorpusError)
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ValueError(f"it has more than {_LARGEST_BYTES:,} bytes")
        text = decode_text(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path} cannot be read as a table ({error})") from error
    return [line.split("\t") for line in text.splitlines() if line.strip()]


def _is_comment(cells: Sequence[str]) -> bool:
    return cells[0].lstrip('" ').startswith("#")


def _media_of(cells: Sequence[str]) -> str:
    """Return the name of the file that a comment has, such as ``"#file:///C:/study/clip1.eaf"``."""
    return cells[0].strip('"# ').replace("\\", "/").rpartition("/")[2]


def _header(path: Path, cells: Sequence[str]) -> _Header:
    names = [cell.strip().casefold() for cell in cells]
    times = {begin: _time_column(names, begin) for begin in (_BEGIN, _END)}
    begin, end = times[_BEGIN], times[_END]
    if begin is None or end is None:
        raise CorpusError(f"{path} has no end of its annotations; export begin and end time from ELAN")
    about = tuple(place for place, name in enumerate(names) if name in _ABOUT or not name)
    file = next((place for place, name in enumerate(names) if name in _FILES), None)
    other = {
        place: "" if name in _VALUES else cells[place].strip()
        for place, name in enumerate(names)
        if place not in about and name not in _FILES and not name.startswith((_BEGIN, _END, _DURATION))
    }
    return _Header(begin, end, about, file, MappingProxyType(other))


def _time_column(names: Sequence[str], kind: str) -> tuple[int, bool] | None:
    """Return the column of a time, of several forms the one that is read first, and if it is milliseconds."""
    forms = {
        place: name.removeprefix(kind).strip(" -")
        for place, name in enumerate(names)
        if name.startswith(kind)
    }
    known = sorted((place for place in forms if forms[place] in _FORMS), key=lambda at: _FORMS[forms[at]])
    return (known[0], forms[known[0]] == "msec") if known else None


def _plain_times(cells: Sequence[str]) -> tuple[float, float] | None:
    """Return begin and end of a row without a header, between tier, participant and value; None without."""
    between = [cell.strip() for cell in cells[1:-1] if cell.strip()]
    clocks = [cell for cell in between if ":" in cell and parse_seconds(cell) is not None]
    numbers = [cell for cell in between if ":" not in cell and parse_seconds(cell) is not None]
    chosen = (clocks or numbers)[:3]
    seconds = [value for cell in chosen if (value := parse_seconds(cell)) is not None]
    if len(seconds) < 2:
        return None
    begin, end = seconds[:2]
    if not clocks and all(cell.isdecimal() for cell in chosen):
        begin, end = begin / _MILLISECONDS, end / _MILLISECONDS
    return (begin, end) if begin < end else None


def _plain(cells: Sequence[str]) -> _Cells:
    about = tuple(cell.strip() for cell in cells[:2])
    return _Cells(_plain_times(cells), about, "", {"": cells[-1].strip()})


def _named(cells: Sequence[str], header: _Header) -> _Cells:
    return _Cells(
        _times_of(cells, header),
        tuple(_at(cells, place) for place in header.about),
        "" if header.file is None else _at(cells, header.file),
        {name: _at(cells, place) for place, name in header.values.items()},
    )


def _times_of(cells: Sequence[str], header: _Header) -> tuple[float, float] | None:
    found = []
    for place, is_milliseconds in (header.begin, header.end):
        seconds = parse_seconds(_at(cells, place))
        if seconds is None:
            return None
        found.append(seconds / _MILLISECONDS if is_milliseconds else seconds)
    return (found[0], found[1]) if found[0] < found[1] else None


def _at(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _strength(value: str) -> tuple[str, int | None]:
    """Return the word and the intensity of a value.

    >>> _strength("joy 3"), _strength("Fear: 2"), _strength("calm")
    (('joy', 3), ('Fear', 2), ('calm', None))
    """
    found = _WITH_STRENGTH.fullmatch(value)
    return (found["word"].rstrip(" :"), int(found["strength"])) if found else (value, None)


def _items_named(project: Project, name: str) -> list[Item]:
    """Return the items of the video whose name, without its end, is that of a file."""
    wanted = Path(name.replace("\\", "/").rpartition("/")[2]).stem.casefold()
    return [item for item in project.items if Path(item.path).stem.casefold() == wanted]


def _of_face(items: Sequence[Item], words: Sequence[str]) -> Item | None:
    """Return the item that the words of a tier name; None if they name none of several."""
    if len(items) == 1:
        return items[0]
    for word in filter(None, words):
        people = [item for item in items if item.subject and item.subject.casefold() == word.casefold()]
        if len(people) == 1:
            return people[0]
        number = re.search(r"(\d+)$", word)
        faces = [item for item in items if number and item.face == int(number[1])]
        if len(faces) == 1:
            return faces[0]
    return None
