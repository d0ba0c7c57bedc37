"""FER2013: 35,887 grey faces of 48x48 from the web in seven emotions, with an official split; votes by FER+.

Goodfellow et al. 2013, Challenges in Representation Learning; Barsoum, Zhang, Canton Ferrer & Zhang 2016,
ICMI. Two forms are read, from a folder or a zip file: the published table ``fer2013.csv``, with or without
FER+'s ``fer2013new.csv`` beside it, and folders of images, ``train/angry/00000.jpg``, with or without
``votes.csv``.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath

from ferfusion.corpora.entries import LeftOut, unique_ids
from ferfusion.corpora.named_files import components, name_key
from ferfusion.corpora.stills import STILL_PARTS, VOTE_COLUMNS, Still, StillsListing
from ferfusion.corpora.walk import list_files
from ferfusion.corpora.zip_files import zip_members
from ferfusion.errors import CorpusError, in_one_line
from ferfusion.files import check_is_file, encodable
from ferfusion.label_set import canonical_emotion
from ferfusion.parts import PARTS
from ferfusion.reporting.words import counted
from ferfusion.tables import parse_cells

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""In the order of the table's codes."""
SIDE = 48
PLACE = re.compile(
    rf"(?:.*/)?(?:fer2013\.csv|({'|'.join(STILL_PARTS)})/({'|'.join(EMOTIONS)})/[^/]+\.(?:jpe?g|png))", re.I
)
_TABLE, _FER_PLUS, _VOTES = "fer2013.csv", "fer2013new.csv", "votes.csv"
_COUNT = re.compile(r"[0-9]{1,9}")

Files = Mapping[str, Callable[[], bytes]]
"""A reader for each file of a corpus, by its place."""


def list_fer2013(root: Path) -> StillsListing:
    """List FER2013 with its official split and FER+'s votes, if they exist.

    Args:
        root: The folder or zip file that holds the table or the folders of images.

    Raises:
        CorpusError: there is no such folder or file, or nothing of FER2013 in it, or the votes do not fit.
    """
    files = list_places(root)
    rows = list(_of_table(files) if _find(files, _TABLE) else _of_images(files))
    stills = tuple(row for row in rows if isinstance(row, Still))
    if not stills:
        raise CorpusError(
            f"Nothing of the corpus fer2013 under {root}; expected is fer2013.csv or train/angry/00000.jpg"
        )
    return StillsListing("fer2013", stills, tuple(row for row in rows if isinstance(row, LeftOut)))


def list_places(root: Path) -> Files:
    """Return a reader for every file of a folder or of a zip file.

    Raises:
        CorpusError: ``root`` is neither.
    """
    if root.is_file():
        return zip_members(root)
    return {
        encodable(path.relative_to(root).as_posix()): partial(_read_file, path) for path in list_files(root)
    }


def _read_file(path: Path) -> bytes:
    check_is_file(path, error=CorpusError)
    try:
        return path.read_bytes()
    except OSError as error:
        raise CorpusError(f"it cannot be read: {error.strerror}") from error


def has_own_folders(places: Iterable[str]) -> bool:
    """Return whether images lie in all seven folders of FER2013, in its training part and in another.

    >>> has_own_folders(["train/happy/1.jpg", "train/sad/2.jpg", "test/happy/3.jpg"])
    False
    """
    folders = {(STILL_PARTS[match[1].lower()], match[2].lower()) for match in _images(places).values()}
    whole = [part for part in PARTS if all((part, emotion) in folders for emotion in EMOTIONS)]
    return len(whole) > 1 and "train" in whole


def _images(places: Iterable[str]) -> dict[str, re.Match[str]]:
    """Return the match of each image at ``<part>/<emotion>/<image>``, by its place."""
    matches = ((place, PLACE.fullmatch(place)) for place in places)
    return {place: match for place, match in matches if match and match[1]}


def _of_images(files: Files) -> Iterator[Still | LeftOut]:
    votes_place = _find(files, _VOTES)
    votes = _votes_by_place(_read_table(files, votes_place, ("path",))) if votes_place else {}
    images = _images(files)
    parts = {place: STILL_PARTS[match[1].lower()] for place, match in images.items()}
    names = (
        f"{parts[place]}/{match[2].lower()}/{PurePosixPath(place).name}" for place, match in images.items()
    )
    ids = dict(zip(images, unique_ids(names), strict=True))
    for place, read in files.items():
        if place in images:
            emotion = canonical_emotion(images[place][2])
            try:
                yield Still(ids[place], place, emotion, parts[place], read(), votes.get(_votes_key(place)))
            except CorpusError as error:
                yield LeftOut(place, str(error))
        elif place != votes_place or not place:
            yield LeftOut(place, "not an image at <part>/<emotion>/<image>")


def _of_table(files: Files) -> Iterator[Still | LeftOut]:
    rows = _read_table(files, _find(files, _TABLE), ("emotion", "pixels", "usage"))
    fer_plus = _find(files, _FER_PLUS)
    votes = _votes_in_order(files, fer_plus, expected=len(rows)) if fer_plus else [None] * len(rows)
    for number, (row, vote) in enumerate(zip(rows, votes, strict=True)):
        yield _of_row(number, row, vote)


def _of_row(number: int, row: Mapping[str, str], votes: tuple[int, ...] | None) -> Still | LeftOut:
    place = f"{_TABLE}: row {number}"
    part = STILL_PARTS.get(row.get("usage", "").lower())
    code, cells = row.get("emotion", ""), row.get("pixels", "").split()
    try:
        pixels = bytes(map(int, cells))
    except (ValueError, OverflowError):
        pixels = b""
    if part is None or code not in tuple("0123456") or len(pixels) != SIDE**2:
        return LeftOut(place, "not a row of emotion 0 to 6, 2304 pixels and a usage")
    pgm = b"P5 %d %d 255\n" % (SIDE, SIDE) + pixels
    return Still(f"{part}-{number:05d}", place, canonical_emotion(EMOTIONS[int(code)]), part, pgm, votes)


def _votes_by_place(rows: list[dict[str, str]]) -> dict[str, tuple[int, ...]]:
    """Return votes by the last three components of an image's path."""
    votes: dict[str, tuple[int, ...]] = {}
    for number, row in enumerate(rows, start=1):
        of_image = _votes(row, f"{_VOTES}, row {number}")
        if votes.setdefault(_votes_key(row["path"]), of_image) != of_image:
            raise CorpusError(f"{_VOTES}, row {number}: {row['path']!r:.80} has other votes in a row above")
    return votes


def _votes_key(path: str) -> str:
    """Return the last three components of an image's path, in the form that all spellings of it share."""
    return "/".join(name_key(name) for name in components(path)[-3:])


def _votes_in_order(files: Files, place: str, *, expected: int) -> list[tuple[int, ...] | None]:
    rows = _read_table(files, place, ())
    if len(rows) != expected:
        raise CorpusError(
            f"{_FER_PLUS} has {counted(len(rows), 'row')} and {_TABLE} has {expected}; "
            "they must be of the same images"
        )
    return [_votes(row, f"{_FER_PLUS}, row {number}") for number, row in enumerate(rows, start=1)]


def _votes(row: Mapping[str, str], where: str) -> tuple[int, ...]:
    # FER+ itself writes NF for what is not a face
    cells = {**row, "not_a_face": row.get("not_a_face", row.get("nf", ""))}
    for name in VOTE_COLUMNS:
        if not _COUNT.fullmatch(cells.get(name, "")):
            raise CorpusError(
                f"{where}: the {name} is {cells.get(name, '')!r:.80}, not a number of votes; "
                f"a row of votes needs whole numbers for {', '.join(VOTE_COLUMNS)}"
            )
    return tuple(int(cells[name]) for name in VOTE_COLUMNS)


def _read_table(files: Files, place: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        header, rows = parse_cells(files[place]())
    except CorpusError as error:
        raise CorpusError(f"{place} cannot be used: {error}") from error
    except ValueError as error:
        raise CorpusError(f"{place} is not a CSV table ({in_one_line(error)}); save it as CSV") from error
    missing = [name for name in columns if name not in header]
    if missing:
        has = in_one_line(", ".join(header))
        raise CorpusError(f"{place} has no column {', '.join(missing)}; it has {has}")
    twice = [name for name, times in Counter(filter(None, header)).items() if times > 1]
    if twice:
        raise CorpusError(f"{place} has the column {twice[0]!r:.80} more than once; keep one of them")
    return rows


def _find(files: Files, name: str) -> str:
    """Return the place of the file of that name; empty if there is none."""
    return next((place for place in files if PurePosixPath(place).name.lower() == name), "")
