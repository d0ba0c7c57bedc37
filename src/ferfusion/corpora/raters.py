"""Rows of several raters in one table: those of one stretch of one face become one row, with votes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from ferfusion.corpora.entries import LeftOut, VideoEntry, Votes, left_out_entry
from ferfusion.corpora.same_person import places_of
from ferfusion.files import target_of
from ferfusion.label_set import word_key
from ferfusion.reporting.words import counted, listed

RATER = "rater"
FACE = "face"
OF_LABELS = frozenset({RATER, FACE, "intensity", "note", "shown", "raters", "how"})
"""Columns of a table that say something about a label, and nothing about a person."""


@dataclass(frozen=True)
class JoinedRatings:
    """What became of the rows of several raters.

    Attributes:
        entries: The rows, one for each stretch of a face.
        left_out: Rows of raters who have no majority.
        votes: How many raters chose what; None if no stretch has several raters.
        sentence: What was joined; empty if nothing was.
    """

    entries: tuple[VideoEntry, ...]
    left_out: tuple[LeftOut, ...]
    votes: Votes | None
    sentence: str


def cell_of(further: Iterable[tuple[str, str]], column: str) -> str:
    """Return the cell of a further column, whatever the case of its name; empty without one.

    >>> cell_of([("Alter", "32"), ("Rater", "ann")], "rater")
    'ann'
    """
    return next((cell for name, cell in further if word_key(name) == column), "")


def joined_ratings(entries: Sequence[VideoEntry], root: Path) -> JoinedRatings:
    """Join the rows of different raters on the same stretch of the same face.

    The label is what more than half of them chose. A stretch without such a majority is left out.

    Args:
        entries: The rows.
        root: Folder of the corpus, or its table.
    """
    groups: dict[object, list[VideoEntry]] = defaultdict(list)
    for entry in entries:
        groups[_stretch(entry)].append(entry)
    several = [rows for rows in groups.values() if len(rows) > 1]
    if not several:
        return JoinedRatings(tuple(entries), (), None, "")
    words = _words(entries)
    counts: dict[str, tuple[int, ...]] = {}
    kept: dict[str, VideoEntry] = {entry.video_id: entry for entry in entries}
    left_out: list[LeftOut] = []
    for rows in several:
        chosen = Counter(row.emotion for row in rows)
        for row in rows:
            del kept[row.video_id]
        best, number = chosen.most_common(1)[0]
        if 2 * number <= len(rows):
            left_out.append(_without_majority(rows, chosen, words, root))
            continue
        first = next(row for row in rows if row.emotion == best)
        joined = replace(first, video_id=rows[0].video_id, line=rows[0].line, further=_further(rows))
        if first.subject == first.video_id:
            joined = replace(joined, subject=joined.video_id)
        kept[joined.video_id] = joined
        counts[joined.video_id] = tuple(chosen[emotion] for emotion in words)
    in_order = tuple(kept[entry.video_id] for entry in entries if entry.video_id in kept)
    votes = Votes(tuple(words.values()), MappingProxyType(counts)) if counts else None
    return JoinedRatings(in_order, tuple(left_out), votes, _sentence(several, len(left_out)))


def _stretch(entry: VideoEntry) -> object:
    if not cell_of(entry.further, RATER):
        return entry.video_id
    return target_of(entry.path), entry.start_seconds, entry.end_seconds, entry.face_name


def _words(entries: Iterable[VideoEntry]) -> dict[str, str]:
    """Return the first word of each expression."""
    words: dict[str, str] = {}
    for entry in entries:
        words.setdefault(entry.emotion, entry.word or entry.emotion)
    return words


def _without_majority(
    rows: Sequence[VideoEntry], chosen: Mapping[str, int], words: Mapping[str, str], root: Path
) -> LeftOut:
    said = listed([f"{number} {words[emotion]}" for emotion, number in chosen.items()])
    reason = f"no majority of {counted(len(rows), 'rater')}: {said} ({places_of(rows, root)})"
    return replace(left_out_entry(rows[0], root, reason), emotion="", further=_further(rows))


def _further(rows: Sequence[VideoEntry]) -> tuple[tuple[str, str], ...]:
    """Return the further columns of rows, with the cells that differ side by side."""
    cells: dict[str, dict[str, None]] = {}
    for row in rows:
        for name, cell in row.further:
            cells.setdefault(name, {})[cell] = None
    return tuple((name, "; ".join(filter(None, different))) for name, different in cells.items())


def _sentence(several: Sequence[Sequence[VideoEntry]], without: int) -> str:
    rest = f"; without a majority, and left out: {without:,}" if without else ""
    rows = counted(sum(map(len, several)), "row")
    return (
        f"Rows of several raters: {rows} became {counted(len(several), 'label')}, that of most raters{rest}"
    )
