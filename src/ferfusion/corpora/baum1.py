"""BAUM-1: acted (1a) and spontaneous (1s) clips of 31 subjects, annotated in two Excel sheets.

Zhalehpour, Onder, Akhtar & Erdem 2016, IEEE Transactions on Affective Computing 8(3).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ferfusion.corpora.entries import VIDEO_SUFFIXES, CorpusListing, LeftOut, VideoEntry, list_files
from ferfusion.errors import CorpusError
from ferfusion.extras import require
from ferfusion.labels import canonical_emotion

# The two sheets number the emotions differently: 7 is Sadness in 1a and Fear in 1s.
CODES = MappingProxyType(
    {
        "1a": "Anger Boredom Disgust Fear Happiness Interest Sadness Surprise Unsure".split(),
        "1s": (
            "Anger Boredom Bothered Concentrating Contempt Disgust Fear Happiness Neutral Sadness "
            "Surprise Thinking Unsure"
        ).split(),
    }
)
_COLUMNS = ("clip name", "emotion", "emotion code")


@dataclass(frozen=True)
class _Row:
    clip: str
    emotion: str
    code: str


def list_baum1(root: Path) -> CorpusListing:
    """List both parts of BAUM-1; the subjects of the two are the same people and keep the same names."""
    return _list("baum1", root, ("1a", "1s"))


def list_baum1a(root: Path) -> CorpusListing:
    """List BAUM-1a, the acted clips."""
    return _list("baum1a", root, ("1a",))


def list_baum1s(root: Path) -> CorpusListing:
    """List BAUM-1s, the spontaneous clips."""
    return _list("baum1s", root, ("1s",))


def _list(corpus: str, root: Path, sets: tuple[str, ...]) -> CorpusListing:
    files = list_files(root)
    entries: list[VideoEntry] = []
    left_out: list[LeftOut] = []
    for name in sets:
        found, rest = _list_set(root, files, name)
        entries += found
        left_out += rest
    if not entries:
        raise CorpusError(f"No annotated video of BAUM-{' or '.join(sets)} under {root}")
    return CorpusListing(corpus, tuple(entries), tuple(left_out))


def _list_set(root: Path, files: list[Path], name: str) -> tuple[list[VideoEntry], list[LeftOut]]:
    sheet = next((path for path in files if path.name.lower() == f"annotations_baum{name}.xlsx"), None)
    if sheet is None:
        raise CorpusError(f"No Annotations_BAUM{name}.xlsx under {root}")
    videos = _videos(root, files, name)
    entries: list[VideoEntry] = []
    left_out: list[LeftOut] = []
    used: set[str] = set()
    for row in _read_sheet(sheet):
        where = f"{sheet.name}: {row.clip}"
        path = videos.get(row.clip.upper())
        emotion, note = _settle(row, name)
        if row.clip.upper() in used:
            left_out.append(LeftOut(where, "a second row for the same clip"))
        elif path is None:
            left_out.append(LeftOut(where, "a row without a video"))
        elif not emotion:
            left_out.append(LeftOut(where, note))
        else:
            stem = path.stem.upper()
            entries.append(VideoEntry(path, f"{name}-{stem}", stem.partition("_")[0], emotion, note=note))
        used.add(row.clip.upper())
    left_out += [
        LeftOut(path.relative_to(root).as_posix(), f"no row in {sheet.name}")
        for stem, path in videos.items()
        if stem not in used
    ]
    return entries, left_out


def _videos(root: Path, files: list[Path], name: str) -> dict[str, Path]:
    """Return the videos of one set by their upper-case stem; its folder begins with BAUM1a or BAUM1s."""
    return {
        path.stem.upper(): path
        for path in files
        if path.suffix.lower() in VIDEO_SUFFIXES
        and any(part.lower().startswith(f"baum{name}") for part in path.relative_to(root).parts[:-1])
    }


def _settle(row: _Row, name: str) -> tuple[str, str]:
    """Return the emotion, and a note where name and code disagree; the name is taken."""
    codes = CODES[name]
    coded = codes[int(row.code) - 1] if row.code.isdigit() and 1 <= int(row.code) <= len(codes) else ""
    named = canonical_emotion(row.emotion) if row.emotion else ""
    if named and coded and named != coded:
        return named, f"the sheet says {named} but code {row.code} is {coded}; the name is taken"
    if not named and coded:
        return coded, f"the sheet has no emotion but code {row.code}, {coded}"
    return named, "" if named else "the sheet has neither an emotion nor a known code"


def _read_sheet(path: Path) -> Iterator[_Row]:
    """Yield the rows of an annotation sheet; its columns are found by their names in the first row."""
    openpyxl = require("openpyxl", extra="baum")
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (OSError, KeyError, ValueError, openpyxl.utils.exceptions.InvalidFileException) as error:
        raise CorpusError(f"{path} is not an Excel sheet that can be read: {error}") from error
    with_values = book.worksheets[0].iter_rows(values_only=True)
    header = [_text(cell).lower() for cell in next(with_values, ())]
    missing = [column for column in _COLUMNS if column not in header]
    if missing:
        raise CorpusError(f"{path} has no column {', '.join(missing)}; it has {', '.join(header)}")
    places = [header.index(column) for column in _COLUMNS]
    for cells in with_values:
        clip, emotion, code = (_text(cells[place]) if place < len(cells) else "" for place in places)
        if clip:
            yield _Row(
                Path(clip).stem if Path(clip).suffix.lower() in VIDEO_SUFFIXES else clip, emotion, code
            )
    book.close()


def _text(cell: object) -> str:
    """Return a cell as plain text; Excel keeps whole numbers as floats."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()
