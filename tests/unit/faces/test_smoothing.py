import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.faces.smoothing import smooth_at

sigmas = st.sampled_from([0.0, 0.02, 0.7, 2.0, 5.0])
places = st.lists(st.integers(0, 60), min_size=2, max_size=20, unique=True).map(sorted).map(np.array)
numbers = st.floats(-500, 500)


@given(places=places, start=numbers, speed=st.floats(-20, 20), sigma=sigmas, data=st.data())
def test_a_steady_motion_is_kept_exactly_inside_and_at_both_ends(places, start, speed, sigma, data):
    at = data.draw(st.one_of(st.sampled_from([places[0], places[-1]]), st.integers(places[0], places[-1])))
    boxes = np.stack([start + speed * places, start - speed * places, 20 + 0 * places, 30 + places], axis=1)
    expected = [start + speed * at, start - speed * at, 20, 30 + at]
    assert smooth_at(places, boxes, at, sigma=sigma) == pytest.approx(expected, abs=1e-4)


@given(places=places, box=st.lists(numbers, min_size=4, max_size=4), sigma=sigmas)
def test_a_box_that_does_not_move_is_kept(places, box, sigma):
    boxes = np.tile(np.float64(box), (len(places), 1))
    assert smooth_at(places, boxes, places[0], sigma=sigma) == pytest.approx(box, abs=1e-6)


@pytest.mark.parametrize("at", [0, 15, 30])
def test_noise_is_reduced_and_more_by_a_wider_filter(at):
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 2, (400, 31, 4))
    spread = {
        sigma: np.std([smooth_at(np.arange(31), boxes, at, sigma=sigma) for boxes in noise])
        for sigma in (0.0, 2.0, 4.0)
    }
    assert spread[0.0] == pytest.approx(2, rel=0.1)
    assert spread[4.0] < spread[2.0] < (1.0 if at == 15 else 1.7)


@given(shift=st.floats(-100, 100), sigma=sigmas, seed=st.integers(0, 99))
def test_moving_all_boxes_moves_the_answer(shift, sigma, seed):
    boxes = np.random.default_rng(seed).uniform(0, 50, (7, 4))
    moved = smooth_at(np.arange(7), boxes + shift, 3, sigma=sigma)
    assert moved == pytest.approx(smooth_at(np.arange(7), boxes, 3, sigma=sigma) + shift, abs=1e-6)


def test_without_a_filter_the_answer_lies_between_its_neighbours():
    boxes = np.array([[0, 0, 10, 10], [8, 4, 12, 10]], np.float64)
    assert smooth_at(np.array([2, 6]), boxes, 3, sigma=0).tolist() == [2, 1, 10.5, 10]


def test_one_box_is_itself():
    assert smooth_at(np.array([4]), np.array([[1.0, 2, 3, 4]]), 4, sigma=2).tolist() == [1, 2, 3, 4]
