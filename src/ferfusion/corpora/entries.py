"""The rows that every corpus loader returns."""

from dataclasses import dataclass, field
from pathlib import Path


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
