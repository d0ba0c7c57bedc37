from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ferfusion.corpora.entries import (
    CorpusListing,
    LeftOut,
    VideoEntry,
    encodable_listing,
    relative_place,
    safe_id,
    unique_ids,
)


def test_unique_ids_keep_apart_names_that_look_counted() -> None:
    assert unique_ids(["a.mp4", "a.avi", "a-2.mp4", "A.mov"]) == ["a", "a-2", "a-2-2", "A-3"]


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), max_size=8))
def test_unique_ids_are_unique_and_safe_for_any_names(names: list[str]) -> None:
    ids = unique_ids(names)
    assert len({each.lower() for each in ids}) == len(names)
    assert all(each and not set(each) & set('/\\:*?"<>| \0') and each[0] not in ".-" for each in ids)


def test_safe_id_cuts_long_names_and_keeps_them_apart() -> None:
    first, second = (safe_id("я" * 300 + end) for end in "ab")
    assert first != second
    assert len(first.encode()) <= 160


def test_encodable_listing_has_text_of_names_that_are_not_utf_8() -> None:
    """The text is what the tables of a dataset have; the path still leads to the file."""
    odd, text = "s\udce9", r"s\udce9"
    path = Path("/", odd, "a.mp4")
    entry = VideoEntry(path, "v", odd, odd, note=odd, word=odd, further=(("name", odd),))
    listing = CorpusListing("folder", (entry,), (LeftOut(odd, odd),), people={odd: {"sex": "f"}})
    found = encodable_listing(listing)
    [used], [left] = found.entries, found.left_out
    assert (used.path, used.further) == (path, (("name", text),))
    assert {used.subject, used.emotion, used.note, used.word, left.path, left.reason} == {text}
    assert found.people == {text: {"sex": "f"}}
    assert relative_place(path, Path("/")) == f"{text}/a.mp4"
