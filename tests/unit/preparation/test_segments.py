import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.preparation.segments import kept_pairs, segment_starts

tracks = st.lists(st.booleans(), max_size=120).map(lambda ok: np.array(ok, bool))
lengths = st.integers(2, 20)


def runs(pair_ok):
    """Lengths, in pairs, of the runs of consecutive pairs."""
    text = "".join("x" if ok else " " for ok in pair_ok)
    return [len(run) for run in text.split()]


@given(pair_ok=tracks, length=lengths, data=st.data())
def test_kept_pairs_obey_their_laws(pair_ok, length, data):
    keep_every = data.draw(st.integers(1, length))
    kept = kept_pairs(pair_ok, segment_length=length, keep_every=keep_every)
    pairs = [pair for _, pair in kept]
    assert pairs == sorted(set(pairs))  # in order, and none twice
    assert all(pair_ok[pair] for pair in pairs)
    segments = [segment for segment, _ in kept]
    assert sorted(set(segments)) == list(range(len(set(segments))))
    for segment in set(segments):
        members = [pair for s, pair in kept if s == segment]
        assert pair_ok[members[0] : members[-1] + 1].all()  # never across a broken pair
        assert members[-1] - members[0] < length - 1  # pair t needs frame t + 1 in the same segment
        assert set(np.diff(members)) <= {keep_every}


@given(pair_ok=tracks, length=lengths)
def test_kept_pairs_with_the_segment_length_are_the_first_of_each(pair_ok, length):
    kept = kept_pairs(pair_ok, segment_length=length, keep_every=length)
    assert [segment for segment, _ in kept] == list(range(len(kept)))
    everything = kept_pairs(pair_ok, segment_length=length, keep_every=1)
    first = dict(reversed(everything))
    assert dict(kept) == first


@given(pair_ok=tracks, length=lengths)
def test_kept_pairs_with_one_leave_out_only_those_between_segments(pair_ok, length):
    kept = kept_pairs(pair_ok, segment_length=length, keep_every=1)
    # a run of n pairs has n + 1 frames; the pair from each full segment to the next belongs to neither
    assert len(kept) == sum(n - n // length for n in runs(pair_ok))


def test_segment_starts_of_35_frames_are_three():
    assert segment_starts(35, length=16) == [0, 16, 32]
    kept = kept_pairs(np.ones(34, bool), segment_length=16, keep_every=16)
    assert kept == [(0, 0), (1, 16), (2, 32)]  # the report's: the first frame of each and its flow


@pytest.mark.parametrize(
    ("frames", "starts"), [(0, []), (1, []), (2, [0]), (16, [0]), (17, [0]), (18, [0, 16])]
)
def test_segment_starts_need_a_pair(frames, starts):
    assert segment_starts(frames, length=16) == starts


def test_kept_pairs_of_no_pairs_are_none():
    assert kept_pairs(np.zeros(0, bool), segment_length=16, keep_every=1) == []
