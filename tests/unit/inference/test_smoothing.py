import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.errors import ConfigError
from ferfusion.inference.smoothing import SMOOTHINGS, smooth_over_time

RATE = 25


def smooth(probabilities, *, window, smoothing="centred", seconds=None):
    probabilities = np.asarray(probabilities, float)
    times = np.arange(len(probabilities)) / RATE if seconds is None else np.asarray(seconds, float)
    return smooth_over_time(times, probabilities, window_seconds=window, smoothing=smoothing)


def peak(place, length=50):
    probabilities = np.zeros((length, 2))
    probabilities[:, 1] = 1
    probabilities[place] = 1, 0
    return probabilities


def test_centred_smoothing_spreads_a_peak_to_both_sides_evenly():
    smoothed = smooth(peak(25), window=0.16)  # two frames before, two after
    assert smoothed[:, 0].nonzero()[0].tolist() == [23, 24, 25, 26, 27]
    assert smoothed[23:28, 0] == pytest.approx([0.2] * 5)


def test_causal_smoothing_does_not_use_later_frames():
    smoothed = smooth(peak(25), window=0.16, smoothing="causal")
    assert smoothed[:, 0].nonzero()[0].tolist() == [25, 26, 27, 28, 29]


@given(st.integers(2, 40), st.floats(0, 3), st.integers(0, 2**32 - 1))
def test_causal_smoothing_of_a_beginning_is_the_beginning_of_the_whole(count, window, seed):
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(6), 2 * count)
    whole = smooth(probabilities, window=window, smoothing="causal")
    assert smooth(probabilities[:count], window=window, smoothing="causal") == pytest.approx(whole[:count])


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=30),
    st.floats(0, 2),
    st.sampled_from(sorted(SMOOTHINGS)),
    st.integers(0, 2**32 - 1),
)
def test_smooth_over_time_gives_means_of_the_window(steps, window, smoothing, seed):
    """They sum to 1 and lie between the lowest and the highest; the truth is a plain loop."""
    seconds = np.cumsum(steps)
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(3), len(steps))
    smoothed = smooth(probabilities, window=window, smoothing=smoothing, seconds=seconds)
    before, after = (share * window + 1e-6 for share in SMOOTHINGS[smoothing])
    if window:
        plain = [
            probabilities[(seconds >= now - before) & (seconds <= now + after)].mean(axis=0)
            for now in seconds
        ]
        assert smoothed == pytest.approx(np.array(plain), abs=1e-9)
    assert smoothed.sum(axis=1) == pytest.approx(1)


def test_smooth_over_time_without_a_window_changes_nothing():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(6), 20)
    assert np.array_equal(smooth(probabilities, window=0), probabilities)


def test_smooth_over_time_does_not_mix_frames_that_are_far_apart_in_time():
    probabilities = [[1, 0], [0, 1]]
    assert smooth(probabilities, window=1, seconds=[0, 8]) == pytest.approx(np.array(probabilities))


def test_smooth_over_time_refuses_an_unknown_smoothing():
    with pytest.raises(ConfigError, match=r"Unknown smoothing 'centered'.*Did you mean 'centred'"):
        smooth([[1, 0]], window=1, smoothing="centered")
