"""Tell which corpus a folder holds, by the places and names of its files."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from PIL import Image

from ferfusion.corpora import (
    afew,
    ckplus,
    cremad,
    dfew,
    enterface,
    fer2013,
    ferv39k,
    mead,
    mmi,
    oulu_casia,
    ravdess,
    savee,
)
from ferfusion.corpora.baum1 import sheet_name
from ferfusion.corpora.csv_table import VideoTable, find_table, read_table
from ferfusion.corpora.path_pattern import PathPattern
from ferfusion.corpora.walk import walk
from ferfusion.errors import CorpusError
from ferfusion.label_set import SEVEN, emotion_of_word
from ferfusion.video.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES

_NAMES_PER_FOLDER = 40  # enough to tell; some folders hold a hundred thousand images


@dataclass(frozen=True)
class Recognition:
    """The name of a corpus (a key of ``CORPORA``), and the evidence for it as a sentence."""

    corpus: str
    evidence: str


def _sheet(part: str) -> re.Pattern[str]:
    return re.compile(rf"(?:.*/)?{re.escape(sheet_name(part))}", re.I)


SIGNS: MappingProxyType[str, re.Pattern[str]] = MappingProxyType(
    {
        "baum1a": _sheet("1a"),
        "baum1s": _sheet("1s"),
        "ravdess": ravdess.PLACE,
        "cremad": cremad.PLACE,
        "enterface": enterface.PLACE,
        "savee": savee.PLACE,
        "rml": re.compile(r"(?:.*/)?rml[-_ ]?\d/s\d/(?:[^/]+/)?(an|di|fe|ha|sa|su)[^/]*\.\w+", re.I),
        "mmi": mmi.PLACE,
        "ckplus": ckplus.PLACE,
        "oulu_casia": oulu_casia.PLACE,
        "afew": afew.PLACE,
        "dfew": dfew.table_place(1),
        "ferv39k": ferv39k.TABLE,
        "mead": mead.PLACE,
        "fer2013": fer2013.PLACE,
    }
)
"""The place of at least one file of each corpus matches its pattern."""


def recognise(
    root: Path, *, columns: str | Mapping[str, str] | None = None, pattern: str | None = None
) -> Recognition:
    """Return the corpus that ``root`` holds.

    Files that are known of a corpus take precedence over a CSV table, and a table over folders named after
    emotions. Columns are of a table only, and a pattern is of a table or of folders.

    Args:
        root: The folder, or a file.
        columns: Names of the columns of a table by field.
        pattern: Where label and subject stand in the paths.

    Raises:
        CorpusError: there is no such folder, the corpus is unknown, several fit, or ``root`` is a file and
            neither a table of videos nor a zip file.
    """
    suffix = root.suffix.lower()
    if root.is_file() and suffix in VIDEO_SUFFIXES | IMAGE_SUFFIXES:
        raise CorpusError(f"{root} is one file; name the folder of a corpus, or a table of its videos")
    paths = None if pattern is None else PathPattern(pattern)
    if columns is not None or (root.is_file() and suffix != ".zip"):
        table = find_table(root, columns=columns, pattern=paths)
        return _described_by(read_table(table, columns=columns, pattern=paths))
    if paths:
        try:
            return _described_by(read_table(find_table(root, pattern=paths), pattern=paths))
        except CorpusError:  # no table, or none of videos
            return Recognition("folder", f"its paths have the pattern {paths.text}")
    found = _first_of_each(root)
    if {"baum1a", "baum1s"} <= found.keys():
        found["baum1"] = f"{found.pop('baum1a')} and {found.pop('baum1s')}"
    if len(found) > 1:
        listed = "; ".join(f"{name}: {place}" for name, place in found.items())
        raise CorpusError(f"{root} holds more than one corpus ({listed}); name the one to prepare")
    for corpus, place in found.items():
        return Recognition(corpus, f"it holds {place}")
    try:
        return _described_by(read_table(find_table(root)))
    except CorpusError as error:  # none, several, no text, or other columns: then it is not this
        why_no_table = str(error)
    fallback = _labelled_by_folders(root)
    if fallback is None:
        raise CorpusError(
            f"No corpus is recognised in {root}; looked for the files of {', '.join(SIGNS)}, for a CSV file "
            f"with the columns path,label,subject, and for videos or photographs in folders named after "
            f"emotions; name the corpus, or its columns, or a pattern of its paths ({why_no_table})"
        )
    return fallback


def _first_of_each(root: Path) -> dict[str, str]:
    """Return the first place that is a sign of each corpus.

    A single file that is named like another corpus's does not make a folder that corpus: where the signs are
    videos or images, half of all videos and images must match one. Folders of photographs that are named
    like FER2013's are FER2013 only with its own images or all of its folders.
    """
    found: dict[str, str] = {}
    by_sample: set[str] = set()
    like_fer2013: list[str] = []
    seen = matching = 0
    for place in _places(root):
        is_sample = Path(place).suffix.lower() in VIDEO_SUFFIXES | IMAGE_SUFFIXES
        corpora = [corpus for corpus, sign in SIGNS.items() if sign.fullmatch(place)]
        for corpus in corpora:
            found.setdefault(corpus, place)
            by_sample |= {corpus} if is_sample else set()
        seen += is_sample
        matching += bool(is_sample and corpora)
        like_fer2013 += [place] if is_sample and "fer2013" in corpora else []
    if "fer2013" in by_sample and root.is_dir() and not _is_fer2013(root, like_fer2013):
        del found["fer2013"]
        matching -= len(like_fer2013)
    return {
        corpus: place for corpus, place in found.items() if corpus not in by_sample or 2 * matching >= seen
    }


def _is_fer2013(root: Path, images: list[str]) -> bool:
    if fer2013.has_own_folders(images):
        return True
    try:
        with Image.open(root / images[0]) as image:
            return image.size == (fer2013.SIDE, fer2013.SIDE)
    except (OSError, ValueError, Image.DecompressionBombError):
        return False


def _places(root: Path) -> Iterator[str]:
    if root.suffix.lower() == ".zip" and root.is_file():
        yield from fer2013.list_places(root)
        return
    for folder, names in walk(root):
        for name in names[:_NAMES_PER_FOLDER]:
            yield (folder / name).relative_to(root).as_posix()


def _described_by(table: VideoTable) -> Recognition:
    place_of = table.columns.place_of
    names = [table.columns.names[place_of[field]] for field in ("path", "label") if field in place_of]
    return Recognition("csv", f"{table.path.name} has the columns {' and '.join(names)}")


def _labelled_by_folders(root: Path) -> Recognition | None:
    for place in _places(root):
        *folders, name = place.split("/")
        known = any(emotion_of_word(folder) in SEVEN for folder in folders)
        if known and len(folders) <= 2 and Path(name).suffix.lower() in VIDEO_SUFFIXES | IMAGE_SUFFIXES:
            return Recognition("folder", f"its folders are named after emotions, as in {place}")
    return None
