"""The rows that every corpus loader returns."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, TypeVar

from ferfusion.files import encodable

People = Mapping[str, Mapping[str, str]]
"""The columns of people: by person, a cell for each column."""
_LONGEST_ID = 160  # bytes; file systems allow 255, and suffixes are added


@dataclass(frozen=True)
class LabelledFace:
    """Which face of a video a row is about, where the video shows several.

    Attributes:
        name: Its number or name in the table; rows of one video with another name are about another face.
        seconds: A second at which it is seen.
        box: Its box there: x, y, width, height in pixels of the upright image.
    """

    name: str
    seconds: float
    box: tuple[float, float, float, float]

    @property
    def in_words(self) -> str:
        """Where it is seen.

        >>> LabelledFace("1", 0.48, (120.0, 60.5, 88.0, 88.0)).in_words
        'at 0.48 s, 88 pixels wide at x 120, y 60.5'
        """
        x, y, width, _ = self.box
        return f"at {self.seconds:g} s, {width:g} pixels wide at x {x:g}, y {y:g}"


@dataclass(frozen=True)
class VideoEntry:
    """One labelled video (or a stretch of one, or a sequence of images) of a corpus.

    Attributes:
        path: The video file, or the folder whose images are the frames.
        video_id: Unique in the corpus without regard to case, and safe as a file name.
        subject: The person; in a corpus without names, each video is its own subject.
        emotion: Canonical name of the expression (see ``labels``); in a listing with labels, a name of the
            label set.
        start_seconds: Start of the stretch, where the video is a stretch of a longer file.
        end_seconds: Its end.
        part: Part in the corpus's official split: train, validation or test.
        note: How an inconsistency of the corpus was resolved; a column of ``videos.csv``.
        rotation_degrees: Clockwise rotation that sets the frames upright, where the file does not have it.
        images_per_second: Frame rate of a folder of images.
        word: The word for the expression in a table or folder of the user's; empty in a known corpus.
        line: Line of the entry in its table.
        further: Name and cell of each further column of its table; columns of ``videos.csv``.
        face: The face that the label is of; None for the main face of the video.
    """

    path: Path
    video_id: str
    subject: str
    emotion: str
    start_seconds: float | None = None
    end_seconds: float | None = None
    part: str | None = None
    note: str = ""
    rotation_degrees: int = 0
    images_per_second: float = 25.0
    word: str = ""
    line: int | None = None
    further: tuple[tuple[str, str], ...] = ()
    face: LabelledFace | None = None

    @property
    def face_name(self) -> str:
        """Name of the face that the label is of; empty for the main face."""
        return "" if self.face is None else self.face.name


@dataclass(frozen=True)
class LeftOut:
    """A file, a group of files or a row of an annotation that a loader does not use, with the reason.

    Attributes:
        path: Relative to the corpus's root; a group is a pattern (``AudioWAV/**/*.wav``).
        reason: Why it is not used.
        subject: The person as its row has it; empty if that is not known.
        emotion: The expression as its row has it, or its class.
        further: Name and cell of each further column of its row.
    """

    path: str
    reason: str
    subject: str = ""
    emotion: str = ""
    further: tuple[tuple[str, str], ...] = ()


Row = TypeVar("Row", VideoEntry, LeftOut)


@dataclass(frozen=True)
class Votes:
    """How many raters chose each of several expressions for a video, beside its label.

    Attributes:
        choices: The expressions, or other choices such as unknown.
        counts: Votes for each of the choices, by the video's id; a video without votes is not there.
    """

    choices: tuple[str, ...]
    counts: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class CorpusListing:
    """What a corpus loader found under a root folder: rows to use, and rows left out with the reason.

    ``notes`` are sentences for the user about what was taken for what. The key of a person in ``people`` is
    that of ``same_person.subject_key``.
    """

    corpus: str
    entries: tuple[VideoEntry, ...]
    left_out: tuple[LeftOut, ...] = field(default=())
    notes: tuple[str, ...] = ()
    people: People = field(default_factory=dict)
    votes: Votes | None = None

    @property
    def further_names(self) -> tuple[str, ...]:
        """Names of the further columns of its rows, also of those that are left out."""
        rows = [*(entry.further for entry in self.entries), *(left.further for left in self.left_out)]
        return tuple(dict.fromkeys(name for further in rows for name, _ in further))


def left_out_entry(entry: VideoEntry, root: Path, reason: str) -> LeftOut:
    """Return the row of an entry that is not used after all.

    Args:
        entry: The entry.
        root: Folder of the corpus, or its file.
        reason: Why it is not used.
    """
    subject = "" if entry.subject == entry.video_id else entry.subject
    return LeftOut(relative_place(entry.path, root), reason, subject, entry.emotion, entry.further)


PART_NAMES = MappingProxyType(
    {
        "train": "train",
        "training": "train",
        "val": "validation",
        "valid": "validation",
        "validation": "validation",
        "test": "test",
    }
)
"""The part that each corpus's own name of a part means; names are in lower case."""


def unique_ids(names: Iterable[str]) -> list[str]:
    """Return an id for each name: safe as a file name, and never the same twice.

    >>> unique_ids(["s1/joy/a.mp4", "s1/joy/a.avi", "s 2/a.mp4", "../b.mp4"])
    ['s1-joy-a', 's1-joy-a-2', 's_2-a', 'b']
    """
    paths = map(PurePosixPath, names)
    return distinct_names((safe_id(str(path.parent / path.stem)) for path in paths), sign="-")


def distinct_names(names: Iterable[str], *, sign: str) -> list[str]:
    """Return names of which no two are the same but for their case: a repeated one gets a number.

    Args:
        names: The names.
        sign: What stands before the number.

    >>> distinct_names(["notes", "age", "Notes", "NOTES"], sign="_")
    ['notes', 'age', 'Notes_2', 'NOTES_3']
    """
    seen: set[str] = set()
    distinct = []
    for name in names:
        count, chosen = 1, name
        while chosen.casefold() in seen:
            count += 1
            chosen = f"{name}{sign}{count}"
        seen.add(chosen.casefold())
        distinct.append(chosen)
    return distinct


def safe_id(name: str) -> str:
    """Return a path as one name that every file system accepts.

    >>> safe_id("Clip 1/S001"), safe_id("")
    ('Clip_1-S001', 'video')
    """
    plain = re.sub(r"[^\w.-]+", "_", name.replace("/", "-")).strip(".-") or "video"
    if len(plain.encode()) > _LONGEST_ID:
        digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:12]
        plain = f"{plain.encode()[: _LONGEST_ID - 13].decode(errors='ignore')}-{digest}"
    return plain


def relative_place(path: Path, root: Path) -> str:
    """Return the path of a file relative to the corpus's folder, or to the folder of its table, as text."""
    base = root if root.is_dir() else root.parent
    return encodable(path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path))


def encodable_listing(listing: CorpusListing) -> CorpusListing:
    """Return a listing whose text tables can have, whatever the names of its files; paths stay."""
    return replace(
        listing,
        entries=tuple(map(_encodable, listing.entries)),
        left_out=tuple(map(_encodable, listing.left_out)),
        people={encodable(key): row for key, row in listing.people.items()},
    )


def _encodable(row: Row) -> Row:
    changed: dict[str, Any] = {
        name: encodable(value) for name, value in vars(row).items() if isinstance(value, str)
    }
    changed["further"] = tuple((name, encodable(cell)) for name, cell in row.further)
    return replace(row, **changed)
