from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ferfusion.labelling.project import Item
from ferfusion.labelling.shares import divide


def faces(videos, people):
    return [
        Item(f"{video}-{face}", f"{video}.mp4", f"p{video % people}", face=face)
        for video in range(videos)
        for face in range(2)
    ]


@given(st.integers(0, 30), st.integers(1, 5), st.integers(1, 4), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_divide_shares_all_videos_fairly_and_keeps_their_faces_together(
    videos, people, raters, overlap, seed
):
    items, names = faces(videos, people), [f"r{number}" for number in range(raters)]
    shares = divide(items, names, overlap=overlap, seed=seed)
    held = Counter(item for share in shares.values() for item in share)
    shared = round(overlap * videos)
    assert set(held) == {item.id for item in items}
    assert Counter(held.values()) == Counter([raters] * 2 * shared + [1] * 2 * (videos - shared))
    sizes = [len(share) for share in shares.values()]
    assert max(sizes) - min(sizes) <= 2
    for share in shares.values():
        assert len(share) == len(set(share))
        assert [each.split("-")[0] for each in share[::2]] == [each.split("-")[0] for each in share[1::2]]
    assert divide(items, names, overlap=overlap, seed=seed) == shares


def test_divide_spreads_people_over_raters_and_over_what_all_label():
    shares = divide(faces(24, 4), ["a", "b"], overlap=1 / 3, seed=1)
    shared = set(shares["a"]) & set(shares["b"])
    of_person = {item.id: item.subject for item in faces(24, 4)}
    assert Counter(of_person[item] for item in shared) == {f"p{n}": 4 for n in range(4)}
    for share in shares.values():
        alone = Counter(of_person[item] for item in set(share) - shared)
        assert max(alone.values()) - min(alone.values()) <= 2


def test_divide_gives_raters_different_orders():
    shares = divide(faces(12, 3), ["a", "b"], overlap=1, seed=0)
    assert shares["a"] != shares["b"]
    assert sorted(shares["a"]) == sorted(shares["b"])
