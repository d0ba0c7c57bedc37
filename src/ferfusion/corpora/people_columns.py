"""Columns of people, such as age or sex: of a corpus's own table, and of a ``subjects.csv`` beside it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from ferfusion.corpora.columns import COLUMN_WORDS, find_columns
from ferfusion.corpora.entries import CorpusListing, People, VideoEntry
from ferfusion.corpora.raters import OF_LABELS
from ferfusion.corpora.same_person import subject_key
from ferfusion.encodings import encoding_note
from ferfusion.errors import CorpusError
from ferfusion.label_set import word_key
from ferfusion.reporting.words import counted, examples
from ferfusion.tables import read_lines

PEOPLE_FILE = "subjects.csv"
"""A table with a row per person, in the folder of a corpus and in that of a dataset."""
_ADVICE = "save it as CSV with the column subject and a row per person, or rename it"


def constant_columns(entries: Iterable[VideoEntry]) -> People:
    """Return the further columns of a table that have one value in all rows of each person.

    An empty cell contradicts no other. A column that has the same value for all people, such as a frame rate,
    says nothing about them, nor does a column of labels, such as the rater. The key of a person is that of
    ``subject_key``.
    """
    values: dict[str, dict[str, set[str]]] = {}
    for entry in entries:
        if entry.subject != entry.video_id:
            for name, cell in entry.further:
                if word_key(name) in OF_LABELS:
                    continue
                values.setdefault(name, {}).setdefault(subject_key(entry.subject), set()).update(
                    {cell} - {""}
                )
    people: dict[str, dict[str, str]] = {}
    for name, of_person in values.items():
        known = [cells for cells in of_person.values() if cells]
        says_nothing = len(known) > 1 and len(set[str]().union(*known)) == 1
        if known and not says_nothing and all(len(cells) == 1 for cells in known):
            for key, cells in of_person.items():
                people.setdefault(key, {})[name] = next(iter(cells), "")
    return people


def read_people(path: Path, *, subject: str = "") -> People:
    """Read a table of people.

    Args:
        path: The file.
        subject: Name of the column of the person; by default, it is found by its name.

    Raises:
        CorpusError: it is no table, or has no column of the person, a row without a person, or two rows of a
            person that differ.
    """
    return _read_people(path, subject=subject)[0]


def _read_people(path: Path, *, subject: str = "") -> tuple[People, dict[str, str]]:
    """Return the columns of people, and how the table writes each person, both by key."""
    header, rows = read_lines(path, error=CorpusError, advice=_ADVICE)
    given = dict.fromkeys(COLUMN_WORDS, "")
    del given["subject"]
    try:
        columns = find_columns(
            header, [cells for _, cells in rows], given=given | ({"subject": subject} if subject else {})
        )
    except CorpusError as error:
        raise CorpusError(f"{path}: {error}; {_ADVICE}") from error
    # find_columns takes no id that numbers the rows, and here each row is a person
    ids = [number for number, name in enumerate(header) if word_key(name) == "id"]
    place = columns.place_of.get("subject", ids[0] if ids else None)
    if place is None:
        raise CorpusError(f"{path} has no column of the person; found: {', '.join(header)}; {_ADVICE}")
    names = [_free_name(name) for name in columns.names]
    people: dict[str, dict[str, str]] = {}
    written: dict[str, str] = {}
    for line, cells in rows:
        key = subject_key(cells[place]) if place < len(cells) else ""
        if not key:
            raise CorpusError(f"{path}: line {line} has no person; {_ADVICE}")
        if any(cells[len(names) :]):
            raise CorpusError(
                f"{path}: line {line} has more cells than there are columns; quote a cell with a comma"
            )
        row = {
            name: cell
            for number, (name, cell) in enumerate(zip(names, cells, strict=False))
            if number != place
        }
        written.setdefault(key, cells[place])
        if people.setdefault(key, row) != row:
            raise CorpusError(
                f"{path}: line {line} is a second, other row of {cells[place]}; keep one of them"
            )
    return people, written


def with_people(listing: CorpusListing, root: Path, *, table: Path | None = None) -> CorpusListing:
    """Return a listing with the columns of the ``subjects.csv`` in its folder, which take precedence.

    A note names people of the file who have no row in the corpus.

    Args:
        listing: The listing.
        root: Folder of the corpus, or its file.
        table: The table of its videos, which may have that name.

    Raises:
        CorpusError: the file is no table of people (see ``read_people``).
    """
    path = (root if root.is_dir() else root.parent) / PEOPLE_FILE
    if not path.is_file() or (table is not None and path.samefile(table)):
        return listing
    read, written = _read_people(path)
    subjects = {subject_key(entry.subject) for entry in listing.entries}
    unknown = [name for key, name in written.items() if key not in subjects]
    named = f"{counted(len(unknown), 'person')} without a row in the corpus: {examples(unknown)}"
    people = {
        key: {**read.get(key, {}), **listing.people.get(key, {}), **_filled(read.get(key, {}))}
        for key in {**listing.people, **read}
    }
    left_out = tuple(left for left in listing.left_out if left.path != PEOPLE_FILE)
    notes = tuple(
        filter(None, (*listing.notes, encoding_note(path), f"{PEOPLE_FILE} has {named}" if unknown else ""))
    )
    return replace(listing, people=MappingProxyType(people), left_out=left_out, notes=notes)


def people_of(listing: CorpusListing) -> dict[str, dict[str, str]]:
    """Return the cells of each person with videos of whom anything is known, by subject, column by column.

    Columns without any value are left out; every person has all others.
    """
    found = {
        entry.subject: listing.people[key]
        for entry in listing.entries
        if (key := subject_key(entry.subject)) in listing.people
    }
    names = dict.fromkeys(name for row in found.values() for name, cell in row.items() if cell)
    return {subject: {name: row.get(name, "") for name in names} for subject, row in found.items() if names}


def people_sentence(listing: CorpusListing) -> str:
    """Return which columns of people there are, and who has no row; empty without any."""
    people = people_of(listing)
    if not listing.people:
        return ""
    names = list(dict.fromkeys(name for row in people.values() for name in row))
    subjects = dict.fromkeys(entry.subject for entry in listing.entries)
    without = [subject for subject in subjects if subject not in people]
    if not names:
        return f"No columns of people: none of the {counted(len(subjects), 'person')} has a row with a value"
    lack = (
        f"; {len(without)} of {counted(len(subjects), 'person')} without: {examples(without)}"
        if without
        else ""
    )
    return f"Columns of people: {', '.join(names)}{lack}"


def _free_name(name: str) -> str:
    return f"table_{name}" if name.casefold() == "subject" else name


def _filled(row: Mapping[str, str]) -> dict[str, str]:
    return {name: cell for name, cell in row.items() if cell}
