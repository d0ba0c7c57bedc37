"""The raters' votes on CREMA-D: ``processedResults/tabulatedVotes.csv``.

About ten raters chose one of six expressions for each take: from the voice, from the face without sound, or
from both. Those of the face are read. The table leaves out replies whose first click came more than 10
seconds after the take (``processFinishedResponses.R`` of the corpus); ``finishedResponses.csv`` has all.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from ferfusion.corpora.entries import Votes
from ferfusion.corpora.votes import ADVICE, parse_counts
from ferfusion.errors import CorpusError
from ferfusion.reporting.words import counted
from ferfusion.tables import read_lines

VOTES_TABLE = "tabulatedvotes.csv"
CHOICES = MappingProxyType(
    {"A": "anger", "D": "disgust", "F": "fear", "H": "happiness", "N": "neutral", "S": "sadness"}
)
_FACE = "2"  # in the table, first digit of a row's name; in the replies, the type of the query
_REPLIES = "finishedresponses.csv"


def read_face_votes(path: Path) -> Votes:
    """Return the votes of raters who saw the face without sound, by the name of the take.

    Raises:
        CorpusError: the table has other columns, a cell is no number, or a take comes twice.
    """
    header, rows = read_lines(path, error=CorpusError, advice=ADVICE)
    wanted = [*CHOICES, "fileName"]
    if missing := [name for name in wanted if name not in header]:
        raise CorpusError(f"{path} has no column {', '.join(missing)}; {ADVICE}")
    places = [header.index(name) for name in wanted]
    counts: dict[str, tuple[int, ...]] = {}
    for line, cells in rows:
        where = f"{path}, line {line}"
        if len(cells) != len(header):
            raise CorpusError(
                f"{where} has not {len(header)} cells as the header, but {len(cells)}; {ADVICE}"
            )
        *votes, take = (cells[place] for place in places)
        if not cells[0].startswith(_FACE):
            continue
        if take.upper() in counts:
            raise CorpusError(f"{where}: {take!r:.80} comes twice; {ADVICE}")
        counts[take.upper()] = parse_counts(votes, list(CHOICES), where)
    return Votes(tuple(CHOICES.values()), {take: row for take, row in counts.items() if any(row)})


def dropped_line(votes: Votes, others: Iterable[Path]) -> str:
    """Return how many replies the table of votes leaves out, as far as the corpus's folder shows it.

    Args:
        votes: The votes.
        others: Files of the folder, with ``finishedResponses.csv`` or without.
    """
    what = "replies slower than 10 seconds, which tabulatedVotes.csv leaves out"
    path = next((path for path in others if path.name.lower() == _REPLIES), None)
    replies = _face_replies(path) if path else None
    if replies is None:
        return f"The votes lack {what}; how many is only in finishedResponses.csv, which is not here"
    dropped = sum(max(replies[take] - sum(row), 0) for take, row in votes.counts.items())
    given = sum(replies[take] for take in votes.counts)
    return f"The votes lack {what}: {dropped:,} of {counted(given, 'reply')}"


def _face_replies(path: Path) -> Counter[str] | None:
    """Return the number of replies to the face of each take; None if the file has not the replies."""
    with suppress(CorpusError):  # such as the pointer that a clone without Git LFS has
        header, rows = read_lines(path, error=CorpusError, advice=ADVICE)
        if {"queryType", "clipName"} <= set(header):
            places = header.index("queryType"), header.index("clipName")
            return Counter(
                _cell(cells, places[1]).upper() for _, cells in rows if _cell(cells, places[0]) == _FACE
            )
    return None


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""
