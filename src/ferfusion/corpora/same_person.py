"""One person under several spellings, and one file under several names, in the rows of a corpus."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ferfusion.corpora.entries import CorpusListing, VideoEntry, left_out_entry, relative_place
from ferfusion.reporting.words import counted, examples, listed, plural
from ferfusion.spelling import without_case


def subject_key(subject: str) -> str:
    r"""Return the form that all spellings of a person share.

    They differ by case (I is also the Turkish \u0131), composed accents, blanks, and full-width letters.

    >>> subject_key(" Jo\u0308rg ") == subject_key("J\u00f6rg"), subject_key("Anna  B")
    (True, 'anna b')
    """
    return without_case(" ".join(unicodedata.normalize("NFKC", subject).split()))


def first_spellings(subjects: Iterable[str]) -> dict[str, str]:
    """Return for each subject the first spelling of the same person.

    >>> first_spellings(["Anna", "ben", "anna", "ANNA "])
    {'Anna': 'Anna', 'ben': 'ben', 'anna': 'Anna', 'ANNA ': 'Anna'}
    """
    first: dict[str, str] = {}
    return {subject: first.setdefault(subject_key(subject), subject) for subject in subjects}


def with_one_spelling(listing: CorpusListing) -> tuple[CorpusListing, str]:
    """Return a listing in which each person has one spelling, the first, and a sentence about the others.

    Rows with another spelling have a note. The sentence is empty if there is none.
    """
    spelling = first_spellings(entry.subject for entry in listing.entries)
    others = [f"{each!r} is {kept!r}" for each, kept in spelling.items() if each != kept]
    if not others:
        return listing, ""
    entries = tuple(_respelled(entry, spelling[entry.subject]) for entry in listing.entries)
    return replace(listing, entries=entries), f"One person in several spellings: {', '.join(others)}"


def _respelled(entry: VideoEntry, subject: str) -> VideoEntry:
    if entry.subject == subject:
        return entry
    notes = [entry.note, f"the subject is spelled {entry.subject!r}"]
    return replace(entry, subject=subject, note="; ".join(filter(None, notes)))


def without_repeated_files(listing: CorpusListing, root: Path) -> CorpusListing:
    """Return a listing in which each file, or stretch of one, is used once.

    Links and other paths can name one file. Of several rows with one label and one subject, the first is
    used; rows that disagree are all left out, because nobody can tell which is right.

    Args:
        listing: The listing.
        root: Folder of the corpus, or its file.
    """
    groups: dict[object, list[VideoEntry]] = defaultdict(list)
    for entry in listing.entries:
        groups[_identity(entry)].append(entry)
    reasons: dict[str, str] = {}
    for same in groups.values():
        if conflict := conflict_of(same):
            reason = _of_places(same, root, conflict)
            reasons |= dict.fromkeys((each.video_id for each in same), reason)
        else:
            reason = f"the same file as {relative_place(same[0].path, root)}"
            reasons |= dict.fromkeys((each.video_id for each in same[1:]), reason)
    if not reasons:
        return listing
    left_out = [
        left_out_entry(entry, root, reasons[entry.video_id])
        for entry in listing.entries
        if entry.video_id in reasons
    ]
    entries = tuple(entry for entry in listing.entries if entry.video_id not in reasons)
    return replace(listing, entries=entries, left_out=(*listing.left_out, *left_out))


def conflict_of(same: Sequence[VideoEntry]) -> str:
    """Return the different labels, or else people, of rows of one file; empty if they agree.

    A subject that is not known contradicts no other.
    """
    claimed = {
        "label": {each.emotion: each.word or each.emotion for each in same},
        "person": {subject_key(each.subject): each.subject for each in same if each.subject != each.video_id},
    }
    for noun, words in claimed.items():
        if len(words) > 1:
            number = "two" if len(words) == 2 else str(len(words))
            return f"{number} {plural(noun)}: {', '.join(words.values())}"
    return ""


def places_of(same: Sequence[VideoEntry], root: Path) -> str:
    """Return the lines of rows in their table, or else their paths."""
    lines = [str(each.line) for each in same if each.line]
    if len(lines) == len(same):
        return f"lines {listed(lines)}"
    return listed(list(dict.fromkeys(relative_place(each.path, root) for each in same)))


def _of_places(same: Sequence[VideoEntry], root: Path, conflict: str) -> str:
    does = "give this video" if all(each.line for each in same) else "are one file, with"
    return f"{places_of(same, root)} {does} {conflict}"


def likely_same(listing: CorpusListing) -> str:
    """Return a sentence about people of a user's corpus whose names are nearly the same; empty without any.

    They are different people by the rule of ``with_one_spelling``: their names differ by accents, by signs,
    or by zeros before a number.
    """
    entry_of: dict[str, dict[str, VideoEntry]] = defaultdict(dict)
    for entry in listing.entries:
        if entry.word and entry.subject != entry.video_id:
            entry_of[_near_key(entry.subject)].setdefault(subject_key(entry.subject), entry)
    groups = [list(same.values()) for same in entry_of.values() if len(same) > 1]
    if not groups:
        return ""
    names = [listed([_subject_in_line(each) for each in group]) for group in groups]
    taken = "two people" if len(groups) == 1 and len(groups[0]) == 2 else "different people"
    more = f" ({counted(len(groups), 'such case')})" if len(groups) > 1 else ""
    return f"{examples(names)} are taken for {taken}{more}; if they are one, write the name the same way"


def _subject_in_line(entry: VideoEntry) -> str:
    return f"{entry.subject!r} (line {entry.line})" if entry.line else repr(entry.subject)


def _near_key(subject: str) -> str:
    r"""Return the form that names share which are likely one person's.

    >>> _near_key("Mar\u00eda") == _near_key("Maria"), _near_key("Anna M.") == _near_key("Anna-M")
    (True, True)
    >>> _near_key("P 01"), _near_key("p1"), _near_key("1-11"), _near_key("11-1")
    ('p1', 'p1', '1 11', '11 1')
    """
    apart = unicodedata.normalize("NFKD", subject_key(subject))
    letters = "".join(sign for sign in apart if not unicodedata.combining(sign))
    words = re.sub(r"[\W_]+", " ", letters).strip()
    # a blank between two numbers keeps them apart
    return re.sub(r"(?<!\d) | (?!\d)", "", re.sub(r"(?<!\d)0+(?=\d)", "", words)) or subject


def _identity(entry: VideoEntry) -> object:
    try:
        found = entry.path.stat()
    except OSError:  # it gets a row with the reason when it is read
        return entry.video_id
    return found.st_dev, found.st_ino, entry.start_seconds, entry.end_seconds, entry.face_name
