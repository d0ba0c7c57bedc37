"""The rows that every corpus loader returns."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ferfusion.errors import CorpusError


@dataclass(frozen=True)
class VideoEntry:
    """One labelled video (or a stretch of one) of a corpus.

    ``emotion`` is a canonical name (see ``labels``); ``video_id`` is unique in the corpus and safe as a
    file name; ``start_seconds`` and ``end_seconds`` cut a stretch out of a longer file; ``part`` is a
    split given by the corpus; ``note`` is an oddity that was settled and is shown in ``videos.csv``.
    """

    path: Path
    video_id: str
    subject: str
    emotion: str
    start_seconds: float | None = None
    end_seconds: float | None = None
    part: str | None = None
    note: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A file or a row of an annotation sheet that a loader does not use, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class CorpusListing:
    """What a corpus loader found under a root folder: rows to use, and rows left out with the reason."""

    corpus: str
    entries: tuple[VideoEntry, ...]
    left_out: tuple[LeftOut, ...] = field(default=())


VIDEO_SUFFIXES = frozenset(".avi .flv .m4v .mkv .mov .mp4 .mpeg .mpg .mts .ogv .ts .webm .wmv".split())


def list_files(root: Path) -> list[Path]:
    """Return every file under ``root`` in a fixed order, without hidden ones.

    Raises:
        CorpusError: ``root`` is not a folder.
    """
    if not root.is_dir():
        raise CorpusError(f"There is no folder {root}")
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return [path for path in paths if not any(part.startswith(".") for part in path.relative_to(root).parts)]


def unique_ids(names: Iterable[str]) -> list[str]:
    """Return an id for each name: safe as a file name, and never the same twice.

    >>> unique_ids(["s1/joy/a.mp4", "s1/joy/a.avi", "s 2/a.mp4"])
    ['s1-joy-a', 's1-joy-a-2', 's_2-a']
    """
    seen: Counter[str] = Counter()
    ids = []
    for name in names:
        stem = str(PurePosixPath(name).with_suffix("")).replace("/", "-")
        plain = re.sub(r"[^\w.-]+", "_", stem).strip(".") or "video"
        seen[plain.lower()] += 1
        count = seen[plain.lower()]
        ids.append(plain if count == 1 else f"{plain}-{count}")
    return ids
