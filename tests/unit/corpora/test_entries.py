from hypothesis import given, settings
from hypothesis import strategies as st

from ferfusion.corpora.entries import safe_id, unique_ids


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
