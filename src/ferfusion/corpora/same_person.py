"""One person under several spellings, and one file under several names, in the rows of a corpus."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry, relative_place
from ferfusion.corpora.named_files import name_key


def subject_key(subject: str) -> str:
    r"""Return the form that all spellings of a person share: without case, composed accents and blanks.

    >>> subject_key(" Jo\u0308rg ") == subject_key("J\u00f6rg"), subject_key("Anna  B")
    (True, 'anna b')
    """
    return name_key(" ".join(subject.split()))


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
        for entry in same:
            other = same[0] if entry is not same[0] else same[-1]
            reason = f"the same file as {relative_place(other.path, root)}"
            if any(_claims(each) != _claims(same[0]) for each in same):
                differs = other.emotion != entry.emotion
                claim = f"the label {other.emotion}" if differs else f"the subject {other.subject}"
                reasons[entry.video_id] = f"{reason}, which has {claim}"
            elif entry is not same[0]:
                reasons[entry.video_id] = reason
    if not reasons:
        return listing
    left_out = [
        LeftOut(relative_place(entry.path, root), reasons[entry.video_id])
        for entry in listing.entries
        if entry.video_id in reasons
    ]
    entries = tuple(entry for entry in listing.entries if entry.video_id not in reasons)
    return replace(listing, entries=entries, left_out=(*listing.left_out, *left_out))


def _identity(entry: VideoEntry) -> object:
    try:
        found = entry.path.stat()
    except OSError:  # it gets a row with the reason when it is read
        return entry.video_id
    return found.st_dev, found.st_ino, entry.start_seconds, entry.end_seconds


def _claims(entry: VideoEntry) -> tuple[str, str]:
    """Return the label and the subject; a subject that is not known contradicts no other."""
    return entry.emotion, "" if entry.subject == entry.video_id else entry.subject
