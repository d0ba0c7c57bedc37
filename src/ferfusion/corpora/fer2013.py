"""FER2013: 35,887 grey faces of 48x48 from the web in seven emotions, with an official split; votes by FER+.

Goodfellow et al. 2013, Challenges in Representation Learning; Barsoum, Zhang, Canton Ferrer & Zhang 2016,
ICMI. Two forms are read, from a folder or a zip file: the published table ``fer2013.csv``, with or without
FER+'s ``fer2013new.csv`` beside it, and folders of images, ``train/angry/00000.jpg``, with or without
``votes.csv``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

from ferfusion.corpora.entries import LeftOut, safe_id
from ferfusion.corpora.named_files import components, name_key
from ferfusion.corpora.stills import STILL_PARTS, VOTE_COLUMNS, Still, StillsListing
from ferfusion.corpora.walk import list_files
from ferfusion.errors import CorpusError
from ferfusion.files import parse_cells
from ferfusion.labels import canonical_emotion

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""In the order of the table's codes."""
SIDE = 48
PLACE = re.compile(
    rf"(?:.*/)?(?:fer2013\.csv|({'|'.join(STILL_PARTS)})/({'|'.join(EMOTIONS)})/[^/]+\.(?:jpe?g|png))", re.I
)
_TABLE, _FER_PLUS, _VOTES = "fer2013.csv", "fer2013new.csv", "votes.csv"

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
    if not root.is_file():
        return {path.relative_to(root).as_posix(): path.read_bytes for path in list_files(root)}
    try:
        archive = ZipFile(root)
    except BadZipFile as error:
        raise CorpusError(f"{root} is neither a folder nor a zip file") from error
    names = sorted(info.filename for info in archive.infolist() if not info.is_dir())
    return {name: lambda name=name: archive.read(name) for name in names}  # type: ignore[misc]


def _of_images(files: Files) -> Iterator[Still | LeftOut]:
    votes_place = _find(files, _VOTES)
    votes = _votes_by_place(files[votes_place]()) if votes_place else {}
    for place, read in files.items():
        match = PLACE.fullmatch(place)
        if match:
            part, emotion = STILL_PARTS[match[1].lower()], match[2]
            path = PurePosixPath(*PurePosixPath(place).parts[-3:])
            image_id = safe_id(f"{part}/{emotion.lower()}/{path.stem}")
            yield Still(
                image_id, place, canonical_emotion(emotion), part, read(), votes.get(_votes_key(place))
            )
        elif place != votes_place:
            yield LeftOut(place, "not an image at <part>/<emotion>/<image>")


def _of_table(files: Files) -> Iterator[Still | LeftOut]:
    rows = _read_table(_TABLE, files[_find(files, _TABLE)]())
    fer_plus = _find(files, _FER_PLUS)
    votes = _votes_in_order(files[fer_plus](), expected=len(rows)) if fer_plus else [None] * len(rows)
    for number, (row, vote) in enumerate(zip(rows, votes, strict=True)):
        yield _of_row(number, row, vote)


def _of_row(number: int, row: Mapping[str, str], votes: tuple[int, ...] | None) -> Still | LeftOut:
    place = f"{_TABLE}: row {number}"
    part = STILL_PARTS.get(row.get("usage", "").lower())
    code, cells = row.get("emotion", ""), row.get("pixels", "").split()
    try:
        pixels = bytes(map(int, cells))
    except ValueError:
        pixels = b""
    if part is None or code not in tuple("0123456") or len(pixels) != SIDE**2:
        return LeftOut(place, "not a row of emotion 0 to 6, 2304 pixels and a usage")
    pgm = b"P5 %d %d 255\n" % (SIDE, SIDE) + pixels
    return Still(f"{part}-{number:05d}", place, canonical_emotion(EMOTIONS[int(code)]), part, pgm, votes)


def _votes_by_place(text: bytes) -> dict[str, tuple[int, ...]]:
    """Return votes by the last three components of an image's path."""
    rows = _read_table(_VOTES, text)
    if rows and "path" not in rows[0]:
        raise CorpusError(f"{_VOTES} has no column path; it has {', '.join(filter(None, rows[0]))}")
    return {_votes_key(row["path"]): _votes(row) for row in rows}


def _votes_key(path: str) -> str:
    """Return the last three components of an image's path, in the form that all spellings of it share."""
    return "/".join(name_key(name) for name in components(path)[-3:])


def _votes_in_order(text: bytes, *, expected: int) -> list[tuple[int, ...] | None]:
    rows = _read_table(_FER_PLUS, text)
    if len(rows) != expected:
        raise CorpusError(
            f"{_FER_PLUS} has {len(rows)} rows and {_TABLE} has {expected}; they must be of the same images"
        )
    return [_votes(row) for row in rows]


def _votes(row: Mapping[str, str]) -> tuple[int, ...]:
    # FER+ itself writes NF for what is not a face
    cells = {**row, "not_a_face": row.get("not_a_face", row.get("nf", ""))}
    try:
        return tuple(int(cells[name]) for name in VOTE_COLUMNS)
    except (KeyError, ValueError) as error:
        raise CorpusError(f"A row of votes needs whole numbers for {', '.join(VOTE_COLUMNS)}") from error


def _read_table(place: str, text: bytes) -> list[dict[str, str]]:
    try:
        return parse_cells(text)[1]
    except ValueError as error:
        raise CorpusError(f"{place} is not a CSV table ({error}); save it as CSV") from error


def _find(files: Files, name: str) -> str:
    """Return the place of the file of that name; empty if there is none."""
    return next((place for place in files if PurePosixPath(place).name.lower() == name), "")
