import numpy as np
import pytest

from ferfusion.actions.names import ACTIONS
from ferfusion.label_set import SIX
from ferfusion.synthesis.performance import draw_performance

LIDS = [ACTIONS.index(name) for name in ("eyeBlinkLeft", "eyeBlinkRight")]


def perform(expression, seed=0, **options):
    options = {"num_frames": 32, "min_intensity": 0.7, "max_intensity": 1.0} | options
    return draw_performance(expression, rng=np.random.default_rng(seed), **options)


def test_draw_performance_is_the_same_for_a_seed():
    first, second = perform("Fear", 3), perform("Fear", 3)
    np.testing.assert_array_equal(first.weights, second.weights)
    np.testing.assert_array_equal(first.turn_degrees, second.turn_degrees)


@pytest.mark.parametrize("expression", SIX.names)
def test_draw_performance_shows_the_class_in_the_face_only(expression):
    """Head motion, blinks, timing and intensity are those of any other class with the same seed."""
    one, other = perform(expression, 5), perform("Anger", 5)
    np.testing.assert_array_equal(one.turn_degrees, other.turn_degrees)
    np.testing.assert_array_equal(one.intensity, other.intensity)
    np.testing.assert_array_equal(one.weights[:, LIDS], other.weights[:, LIDS])
    assert one.timing == other.timing


@pytest.mark.parametrize("expression", SIX.names)
def test_draw_performance_weights_are_in_range_and_follow_the_intensity(expression):
    performance = perform(expression, 2)
    assert performance.weights.shape == (32, 52)
    assert performance.weights.min() >= 0
    assert performance.weights.max() <= 1
    assert 0.7 <= performance.peak <= 1
    assert performance.intensity.max() == pytest.approx(performance.peak)
    strength = performance.weights[:, [i for i, name in enumerate(ACTIONS) if "Look" not in name]].sum(axis=1)
    assert strength[performance.intensity.argmax()] > strength[0] + 0.5


def test_draw_performance_full_blink_closes_the_lids():
    for seed in range(20):
        weights = perform("Surprise", seed).weights
        shut = weights[:, LIDS[0]] == 1
        assert (weights[shut][:, ACTIONS.index("eyeWideLeft")] == 0).all()


def test_draw_performance_sides_differ_by_less_than_a_quarter():
    shares = []
    for seed in range(30):
        weights = perform("Happiness", seed).weights.max(axis=0)
        left, right = (weights[ACTIONS.index(f"mouthSmile{side}")] for side in ("Left", "Right"))
        shares.append(min(left, right) / max(left, right))
    assert min(shares) > 0.75
    assert np.mean(shares) < 0.95


def test_draw_performance_adds_the_resting_face_of_the_person():
    resting = {"mouthFrownLeft": 0.15, "mouthFrownRight": 0.15}
    weights = perform("Happiness", 1, resting=resting).weights
    np.testing.assert_allclose(weights[:, ACTIONS.index("mouthFrownLeft")], 0.15)
