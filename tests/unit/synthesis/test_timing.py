import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.synthesis.timing import Timing, draw_blinks, draw_timing, ease, intensity_curve, slow_motion

TIMING = Timing(onset=3, apex=9, offset=18, end=26)


@given(st.floats(0, 1))
def test_ease_is_symmetric(x):
    assert float(ease(np.array(x)) + ease(np.array(1 - x))) == pytest.approx(1)


def test_ease_rises_from_zero_to_one_and_stays_there():
    values = ease(np.linspace(-0.5, 1.5, 201))
    assert values[0] == 0
    assert values[-1] == 1
    assert (np.diff(values) >= 0).all()


def test_intensity_curve_is_neutral_then_at_its_peak_then_neutral():
    curve = intensity_curve(TIMING, num_frames=32, peak=0.8)
    np.testing.assert_array_equal(curve[:4], 0)
    np.testing.assert_allclose(curve[9:19], 0.8)
    np.testing.assert_array_equal(curve[26:], 0)
    assert (np.diff(curve[:10]) >= 0).all()
    assert (np.diff(curve[18:]) <= 0).all()


def test_intensity_curve_is_shifted_by_a_lag():
    curve = intensity_curve(TIMING, num_frames=32, peak=1.0)
    late = intensity_curve(TIMING, num_frames=32, peak=1.0, lag_frames=2)
    np.testing.assert_allclose(late[2:], curve[:-2])


@given(st.integers(12, 200), st.integers(0, 10_000))
def test_draw_timing_is_in_order_and_holds_the_peak(num_frames, seed):
    timing = draw_timing(num_frames, np.random.default_rng(seed))
    assert 0 < timing.onset < timing.apex < timing.offset < timing.end
    assert timing.offset - timing.apex >= num_frames / 4
    assert timing.offset < 0.83 * num_frames


@given(st.integers(0, 10_000))
def test_draw_blinks_has_at_most_one_blink_of_four_frames(seed):
    closure = draw_blinks(32, np.random.default_rng(seed))
    closed = np.flatnonzero(closure)
    assert len(closed) <= 4
    assert len(closed) == 0 or np.ptp(closed) == len(closed) - 1


def test_draw_blinks_has_the_given_frequency():
    blinks = [draw_blinks(32, np.random.default_rng(seed), chance=0.6).any() for seed in range(500)]
    assert 0.5 < np.mean(blinks) < 0.7


@given(st.integers(0, 10_000))
def test_slow_motion_is_slow_and_bounded(seed):
    wander = slow_motion(32, np.random.default_rng(seed), start=0, swing=4)
    assert np.abs(wander).max() <= 4
    assert np.abs(np.diff(wander)).max() <= 4 * 2 * np.pi * 1.2 / 32
