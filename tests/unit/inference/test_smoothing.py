import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.errors import ConfigError
from ferfusion.inference.smoothing import SMOOTHINGS, smooth_over_time

RATE = 25


def smooth(readings, *, window, smoothing="centred", seconds=None):
    readings = np.asarray(readings, float)
    times = np.arange(len(readings)) / RATE if seconds is None else np.asarray(seconds, float)
    return smooth_over_time(times, readings, window_seconds=window, smoothing=smoothing)


def peak(place, length=50):
    readings = np.zeros((length, 2))
    readings[:, 1] = 1
    readings[place] = 1, 0
    return readings


def test_a_centred_mean_spreads_a_peak_to_both_sides_evenly():
    smoothed = smooth(peak(25), window=0.16)  # two frames before, two after
    assert smoothed[:, 0].nonzero()[0].tolist() == [23, 24, 25, 26, 27]
    assert smoothed[23:28, 0] == pytest.approx([0.2] * 5)


def test_a_causal_mean_knows_nothing_of_what_comes():
    smoothed = smooth(peak(25), window=0.16, smoothing="causal")
    assert smoothed[:, 0].nonzero()[0].tolist() == [25, 26, 27, 28, 29]


@given(st.integers(2, 40), st.floats(0, 3), st.integers(0, 2**32 - 1))
def test_a_causal_answer_stays_the_same_whatever_follows(count, window, seed):
    readings = np.random.default_rng(seed).dirichlet(np.ones(6), 2 * count)
    whole = smooth(readings, window=window, smoothing="causal")
    assert smooth(readings[:count], window=window, smoothing="causal") == pytest.approx(whole[:count])


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=30),
    st.floats(0, 2),
    st.sampled_from(sorted(SMOOTHINGS)),
    st.integers(0, 2**32 - 1),
)
def test_smoothed_readings_are_means_of_readings(steps, window, smoothing, seed):
    """They sum to 1 and lie between the lowest and the highest; the truth is a plain loop."""
    seconds = np.cumsum(steps)
    readings = np.random.default_rng(seed).dirichlet(np.ones(3), len(steps))
    smoothed = smooth(readings, window=window, smoothing=smoothing, seconds=seconds)
    before, after = (share * window + 1e-6 for share in SMOOTHINGS[smoothing])
    if window:
        plain = [
            readings[(seconds >= now - before) & (seconds <= now + after)].mean(axis=0) for now in seconds
        ]
        assert smoothed == pytest.approx(np.array(plain), abs=1e-9)
    assert smoothed.sum(axis=1) == pytest.approx(1)


def test_no_window_leaves_every_reading_on_its_own():
    readings = np.random.default_rng(0).dirichlet(np.ones(6), 20)
    assert np.array_equal(smooth(readings, window=0), readings)


def test_frames_that_are_far_apart_in_time_are_not_mixed_however_near_in_the_table():
    readings = [[1, 0], [0, 1]]
    assert smooth(readings, window=1, seconds=[0, 8]) == pytest.approx(np.array(readings))


def test_a_smoothing_that_does_not_exist_is_named():
    with pytest.raises(ConfigError, match=r"Unknown smoothing 'centered'.*Did you mean 'centred'"):
        smooth([[1, 0]], window=1, smoothing="centered")
