from hypothesis import given, settings
from hypothesis import strategies as st

from ferfusion.corpora.entries import safe_id, unique_ids


def test_a_name_that_looks_like_a_counted_one_does_not_collide() -> None:
    assert unique_ids(["a.mp4", "a.avi", "a-2.mp4", "A.mov"]) == ["a", "a-2", "a-2-2", "A-3"]


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), max_size=8))
def test_ids_are_unique_and_safe_whatever_the_names(names: list[str]) -> None:
    ids = unique_ids(names)
    assert len({each.lower() for each in ids}) == len(names)
    assert all(each and not set(each) & set('/\\:*?"<>| \0') and each[0] not in ".-" for each in ids)


def test_long_names_are_cut_and_stay_apart() -> None:
    first, second = (safe_id("я" * 300 + end) for end in "ab")
    assert first != second
    assert len(first.encode()) <= 160
