"""Stretches of one video that overlap: rows that contradict each other, and frames that count twice."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ferfusion.corpora.entries import CorpusListing, VideoEntry, left_out_entry, relative_place
from ferfusion.corpora.same_person import conflict_of, places_of
from ferfusion.reporting.words import examples

_MOST_OF_A_STRETCH = 0.5


@dataclass(frozen=True)
class _Overlap:
    """Two rows of one file, with the stretch that both have."""

    first: VideoEntry
    second: VideoEntry
    start_seconds: float
    end_seconds: float

    @property
    def contradicts(self) -> bool:
        """Whether the rows disagree, and most of the shorter one is also in the other."""
        shorter = min(_end(each) - _start(each) for each in (self.first, self.second))
        shared = self.end_seconds - self.start_seconds
        return bool(self.conflict) and (math.isinf(shared) or shared > _MOST_OF_A_STRETCH * shorter)

    @property
    def conflict(self) -> str:
        return conflict_of((self.first, self.second))

    @property
    def stretch(self) -> str:
        end = "the end" if math.isinf(self.end_seconds) else f"{self.end_seconds:g} s"
        return f"from {self.start_seconds:g} s to {end}"


def without_overlaps(listing: CorpusListing, root: Path) -> tuple[CorpusListing, str]:
    """Return a listing in which no two rows contradict each other, and a sentence about shared frames.

    Two rows of one video that disagree on label or person, and share most of the shorter stretch, are both
    left out, because nobody can tell which is right. Rows that share less, or agree, are kept with a note.

    Args:
        listing: The listing, without two rows of the same stretch (see ``without_repeated_files``).
        root: Folder of the corpus, or its file.
    """
    overlaps = list(_overlaps(listing.entries))
    if not overlaps:
        return listing, ""
    reasons: dict[str, list[str]] = defaultdict(list)
    notes: dict[str, list[str]] = defaultdict(list)
    for each in overlaps:
        if each.contradicts:
            reason = f"{places_of((each.first, each.second), root)} overlap with {each.conflict}"
            for entry in (each.first, each.second):
                reasons[entry.video_id].append(reason)
    shared = []
    for each in overlaps:
        if each.first.video_id in reasons or each.second.video_id in reasons:
            continue
        name = relative_place(each.first.path, root)
        kind = f", with {each.conflict}" if each.conflict else ""
        shared.append(f"{name} {each.stretch} ({places_of((each.first, each.second), root)}{kind})")
        for entry, other in ((each.first, each.second), (each.second, each.first)):
            place = f"line {other.line}" if other.line else other.video_id
            notes[entry.video_id].append(f"the frames {each.stretch} are also in {place}{kind}")
    left_out = [
        left_out_entry(entry, root, "; ".join(reasons[entry.video_id]))
        for entry in listing.entries
        if entry.video_id in reasons
    ]
    entries = tuple(
        _with_notes(entry, notes.get(entry.video_id, ()))
        for entry in listing.entries
        if entry.video_id not in reasons
    )
    sentence = f"Frames that count twice: {examples(shared)}" if shared else ""
    return replace(listing, entries=entries, left_out=(*listing.left_out, *left_out)), sentence


def _with_notes(entry: VideoEntry, notes: Sequence[str]) -> VideoEntry:
    return replace(entry, note="; ".join(filter(None, (entry.note, *notes)))) if notes else entry


def _overlaps(entries: Sequence[VideoEntry]) -> Iterator[_Overlap]:
    of_file: dict[object, list[VideoEntry]] = defaultdict(list)
    for entry in entries:
        try:
            found = entry.path.stat()
        except OSError:  # it gets a row with the reason when it is read
            continue
        of_file[found.st_dev, found.st_ino].append(entry)
    for rows in of_file.values():
        ordered = sorted(rows, key=_start)
        for place, first in enumerate(ordered):
            for second in ordered[place + 1 :]:
                if _start(second) >= _end(first):
                    break
                if first.face and second.face and first.face.name != second.face.name:
                    continue  # two people at the same time
                yield _Overlap(first, second, _start(second), min(_end(first), _end(second)))


def _start(entry: VideoEntry) -> float:
    return entry.start_seconds or 0.0


def _end(entry: VideoEntry) -> float:
    return math.inf if entry.end_seconds is None else entry.end_seconds
