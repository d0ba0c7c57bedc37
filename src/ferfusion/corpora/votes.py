"""Votes of raters on the videos of a corpus, beside the label: ``votes.csv`` in the corpus's folder."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from ferfusion.corpora.columns import COLUMN_WORDS, parse_seconds
from ferfusion.corpora.entries import CorpusListing, VideoEntry, Votes, relative_place
from ferfusion.corpora.named_files import components, name_key
from ferfusion.corpora.raters import FACE
from ferfusion.encodings import encoding_note
from ferfusion.errors import CorpusError
from ferfusion.label_set import word_key
from ferfusion.reporting.words import counted, examples, listed
from ferfusion.tables import read_lines

VOTES_FILE = "votes.csv"
ADVICE = "correct it, or remove it to prepare without votes"
_COUNT = re.compile(r"[0-9]{1,9}")
_VIDEO_KEYS = frozenset(map(word_key, COLUMN_WORDS["path"].split()))
_WHICH = MappingProxyType(
    {
        **{word_key(each): "start_seconds" for each in ("start", "start_seconds")},
        **{word_key(each): "end_seconds" for each in ("end", "end_seconds")},
        FACE: FACE,
    }
)
"""Columns that say which row of a video is meant, where it has several."""
_SAME_SECONDS = 1e-3


def with_votes_file(
    listing: CorpusListing, root: Path, *, label_map: Mapping[str, str] = MappingProxyType({})
) -> CorpusListing:
    """Return a listing with the votes of ``votes.csv`` in the corpus's folder, or beside its table.

    The table has a column with the video, its path in the corpus or its id, and a column for each choice with
    the number of raters who made it. Columns ``start``, ``end`` and ``face`` say which row of a video is
    meant. Without such a table, the listing keeps its own votes. A note has the number of raters, and of
    videos without votes.

    Args:
        listing: The listing.
        root: Folder of the corpus, or its file.
        label_map: Class of each word, for the choices too.

    Raises:
        CorpusError: the table has other columns, a cell is no number, or a video comes twice.
    """
    path = _find(root)
    if path is not None:
        votes, unknown = _read(path, listing, root)
        notes = [*filter(None, (*listing.notes, encoding_note(path)))]
        if unknown:
            notes.append(f"{path.name} has votes on {counted(len(unknown), 'video')} without a row in the "
                         f"corpus: {examples(unknown)}")  # fmt: skip
        left_out = tuple(row for row in listing.left_out if row.path.lower() != VOTES_FILE)
        listing = replace(listing, votes=votes, notes=tuple(notes), left_out=left_out)
    if listing.votes is None:
        return listing
    used = joined_choices(listing.votes, label_map)
    note = votes_in_words(used, [entry.video_id for entry in listing.entries])
    return replace(listing, votes=used, notes=(*listing.notes, note))


def _find(root: Path) -> Path | None:
    folder = root if root.is_dir() else root.parent
    found = (path for path in sorted(folder.iterdir()) if path.name.lower() == VOTES_FILE and path != root)
    return next(found, None)


def _read(path: Path, listing: CorpusListing, root: Path) -> tuple[Votes, list[str]]:
    """Return the votes, and the videos of the table that the listing does not have."""
    header, rows = read_lines(path, error=CorpusError, advice=ADVICE)
    at = [place for place, name in enumerate(header) if word_key(name) in _VIDEO_KEYS]
    which = {place: _WHICH[word_key(name)] for place, name in enumerate(header) if word_key(name) in _WHICH}
    choices = [name for place, name in enumerate(header) if place not in (*at, *which)]
    if len(at) != 1 or len(choices) < 2 or not all(choices):
        raise CorpusError(
            f"{path} needs one column with the video, such as path, and for each of several expressions a "
            f"column with the number of raters who chose it; found: {', '.join(header)}; {ADVICE}"
        )
    if len({word_key(name) or name for name in choices}) < len(choices):
        raise CorpusError(f"{path} has two columns of one name among {', '.join(choices)}; {ADVICE}")
    ids = _ids_by_name(listing, root)
    entry_of = {entry.video_id: entry for entry in listing.entries}
    counts: dict[str, tuple[int, ...]] = {}
    unknown = []
    for line, cells in rows:
        where = f"{path}, line {line}"
        if len(cells) != len(header):
            raise CorpusError(
                f"{where} has not {len(header)} cells as the header, but {len(cells)}; {ADVICE}"
            )
        written = cells[at[0]]
        numbers = [cell for place, cell in enumerate(cells) if place not in (*at, *which)]
        row = parse_counts(numbers, choices, where)
        matching = ids.get(_key(written), [])
        if len(matching) > 1 and which:
            meant = {field: cells[place] for place, field in which.items() if cells[place]}
            matching = [each for each in matching if _is_meant(entry_of[each], meant)]
        if len(matching) > 1:
            raise CorpusError(
                f"{where}: {written!r:.80} has several rows in the corpus; name each by its id in "
                f"videos.csv, such as {matching[0]}, or by columns start, end and face"
            )
        if not matching:
            unknown.append(written)
        elif matching[0] in counts:
            raise CorpusError(f"{where}: {written!r:.80} comes twice; {ADVICE}")
        else:
            counts[matching[0]] = row
    return Votes(tuple(choices), {name: row for name, row in counts.items() if any(row)}), unknown


def parse_counts(cells: Sequence[str], choices: Sequence[str], where: str) -> tuple[int, ...]:
    """Return numbers of votes from the cells of a row.

    Args:
        cells: A cell for each choice.
        choices: Their names.
        where: File and line, for the message.

    Raises:
        CorpusError: a cell is no number of votes.
    """
    for name, cell in zip(choices, cells, strict=True):
        if not _COUNT.fullmatch(cell):
            raise CorpusError(f"{where}: the {name} is {cell!r:.80}, not a number of votes; {ADVICE}")
    return tuple(map(int, cells))


def _ids_by_name(listing: CorpusListing, root: Path) -> dict[str, list[str]]:
    """Return the ids that the path of a video can mean; an id means itself."""
    ids: dict[str, list[str]] = defaultdict(list)
    for entry in listing.entries:
        for name in {_key(str(entry.path)), _key(relative_place(entry.path, root))}:
            ids[name].append(entry.video_id)
    return ids | {_key(entry.video_id): [entry.video_id] for entry in listing.entries}


def _is_meant(entry: VideoEntry, meant: Mapping[str, str]) -> bool:
    """Return whether an entry has the start, the end and the face of a row of votes."""
    times = {"start_seconds": entry.start_seconds, "end_seconds": entry.end_seconds}
    for field, cell in meant.items():
        if field == FACE and cell != entry.face_name:
            return False
        if field != FACE:
            own, wanted = times[field], parse_seconds(cell)
            if own is None or wanted is None or abs(own - wanted) > _SAME_SECONDS:
                return False
    return True


def _key(path: str) -> str:
    return "/".join(name_key(name) for name in components(path) if name != ".")


def joined_choices(votes: Votes, label_map: Mapping[str, str]) -> Votes:
    """Return votes whose choices have the class of ``label_map``; choices of one class are added.

    >>> joined_choices(Votes(("fear", "anger", "joy"), {"a": (1, 2, 4)}), {"Fear": "bad", "Anger": "bad"})
    Votes(choices=('bad', 'joy'), counts={'a': (3, 4)})
    """
    of_key = {word_key(word) or word: label for word, label in label_map.items()}
    names = [of_key.get(word_key(choice) or choice, choice) for choice in votes.choices]
    joined = tuple(dict.fromkeys(names))
    counts = {
        video: tuple(
            sum(count for count, name in zip(row, names, strict=True) if name == each) for each in joined
        )
        for video, row in votes.counts.items()
    }
    return Votes(joined, counts)


def votes_in_words(votes: Votes, videos: Iterable[str]) -> str:
    """Return how many raters chose among what for the videos of a corpus, in a sentence.

    >>> votes_in_words(Votes(("fear", "anger"), {"a": (1, 2), "b": (4, 4)}), ["a", "b", "c"])
    'Votes on 2 of 3 videos: 3 to 8 raters a video chose among fear and anger; 1 video has a tie'
    """
    ids = list(videos)
    rows = [votes.counts[video] for video in ids if video in votes.counts]
    if not rows:
        return f"Votes on none of {counted(len(ids), 'video')}"
    numbers = sorted(map(sum, rows))
    each = f"{numbers[0]}" if numbers[0] == numbers[-1] else f"{numbers[0]} to {numbers[-1]}"
    ties = sum(row.count(max(row)) > 1 for row in rows)
    tied = (
        f"{counted(ties, 'video')} {'has' if ties == 1 else 'have'} a tie" if ties else "no video has a tie"
    )
    return (
        f"Votes on {len(rows):,} of {counted(len(ids), 'video')}: {each} raters a video chose among "
        f"{listed(votes.choices)}; {tied}"
    )
