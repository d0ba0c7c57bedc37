"""Tests that every flow estimator must pass."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from ferfusion.flow.estimators import FLOW_ESTIMATORS, reduce_flow, to_half

SIZE, BORDER = 64, 12
SHIFTS = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.5), (-2.0, 1.0), (0.5, -0.75)]
estimators = pytest.mark.parametrize("estimate", FLOW_ESTIMATORS.values(), ids=FLOW_ESTIMATORS)


def shifted(u, v):
    """A texture moved by u to the right and v down; exact, since it is a sum of waves."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(float)
    image = np.full((SIZE, SIZE), 128.0)
    for _ in range(14):
        along_x, along_y, phase = *rng.uniform(-0.5, 0.5, 2), rng.uniform(0, 2 * np.pi)
        image += 11 * np.sin(along_x * (columns - u) + along_y * (rows - v) + phase)
    return image.clip(0, 255).round().astype(np.uint8)


def inside(flow):
    return flow[:, BORDER:-BORDER, BORDER:-BORDER]


@estimators
@pytest.mark.parametrize(("u", "v"), SHIFTS)
def test_estimator_returns_the_shift_of_a_texture(estimate, u, v):
    flow = estimate(shifted(0, 0), shifted(u, v))
    assert (flow.shape, flow.dtype) == ((2, SIZE, SIZE), np.float32)
    assert inside(flow).mean(axis=(1, 2)) == pytest.approx([u, v], abs=0.1)
    assert abs(inside(flow) - np.reshape([u, v], (2, 1, 1))).max() < 0.5


@estimators
@pytest.mark.parametrize(("u", "v"), SHIFTS[1:])
def test_estimator_returns_the_negative_for_swapped_images(estimate, u, v):
    first, second = shifted(0, 0), shifted(u, v)
    there, back = inside(estimate(first, second)), inside(estimate(second, first))
    assert abs(there + back).mean() < 0.1


@estimators
@pytest.mark.parametrize("image", [shifted(0, 0), np.full((48, 48), 77, np.uint8)], ids=["texture", "flat"])
def test_estimator_returns_about_zero_without_motion(estimate, image):
    flow = estimate(image, image)
    assert abs(inside(flow)).max() < 0.03
    assert abs(flow).mean() < 0.02


@estimators
def test_estimator_returns_motion_only_where_an_area_moves(estimate):
    """A transposed or mirrored flow fails this test."""
    first, second = shifted(0, 0), shifted(0, 0)
    second[:, SIZE // 2 :] = shifted(1.5, 0)[:, SIZE // 2 :]
    u, v = inside(estimate(first, second))
    assert u[:, :8].mean() == pytest.approx(0, abs=0.1)
    assert u[:, -8:].mean() == pytest.approx(1.5, abs=0.2)
    assert abs(v).mean() < 0.2


@estimators
def test_estimator_does_not_depend_on_memory_layout_or_on_the_last_call(estimate):
    first, second = shifted(0, 0), shifted(1, -1)
    expected = estimate(first, second)
    estimate(second, first)
    strided = np.zeros((2 * SIZE, 2 * SIZE), np.uint8)[::2, ::2]
    strided[:] = first
    assert np.array_equal(estimate(strided, second), expected)
    assert expected.flags.c_contiguous


@estimators
def test_estimator_does_not_depend_on_the_number_of_threads(estimate):
    first, second = shifted(0, 0), shifted(1, -1)
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        alone = estimate(first, second)
        cv2.setNumThreads(4)
        assert np.array_equal(estimate(first, second), alone)
    finally:
        cv2.setNumThreads(threads)


@estimators
def test_estimator_may_be_called_by_several_threads_at_a_time(estimate):
    """An estimator that is kept between calls has buffers, which two threads must not share."""
    pairs = [(shifted(0, 0), shifted(u, -u)) for u in (-1.5, -0.5, 0.5, 1.5)]
    expected = [estimate(*pair) for pair in pairs]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            flows = list(pool.map(lambda pair: estimate(*pair), pairs))
            assert all(map(np.array_equal, flows, expected))


@pytest.mark.parametrize(("side", "size"), [(96, 48), (64, 48), (128, 48), (96, 96)])
def test_reduce_flow_is_in_pixels_of_the_new_size(side, size):
    steady = np.full((2, side, side), [[[3.0]], [[-1.5]]], np.float32)
    reduced = reduce_flow(steady, size=size)
    assert reduced.shape == (2, size, size)
    assert reduced.dtype == np.float32
    assert np.allclose(reduced, steady[:, :size, :size] * size / side, atol=1e-5)


@pytest.mark.parametrize("side", [64, 96, 128])
def test_reduce_flow_keeps_the_mean_and_adds_no_motion(side):
    flow = np.random.default_rng(side).normal(size=(2, side, side)).astype(np.float32)
    reduced = reduce_flow(flow, size=48)
    assert reduced.mean(axis=(1, 2)) == pytest.approx(flow.mean(axis=(1, 2)) * 48 / side, abs=1e-4)
    assert abs(reduced).max() <= abs(flow).max() * 48 / side
    assert reduce_flow(2 * flow, size=48) == pytest.approx(2 * reduced, abs=1e-5)


def test_reduce_flow_averages_areas():
    flow = np.random.default_rng(0).normal(size=(2, 96, 96)).astype(np.float32)
    by_hand = flow.reshape(2, 48, 2, 48, 2).mean(axis=(2, 4)) / 2
    assert reduce_flow(flow, size=48) == pytest.approx(by_hand, abs=1e-6)


def waves(side, u=0.0):
    """Waves over a square, moved by a share ``u`` of its side; the same image at any size."""
    rows, columns = (np.mgrid[:side, :side] + 0.5) / side
    rng = np.random.default_rng(5)
    image = np.full((side, side), 128.0)
    for _ in range(14):
        along_x, along_y, phase = *rng.uniform(-40, 40, 2), rng.uniform(0, 2 * np.pi)
        image += 11 * np.sin(along_x * (columns - u) + along_y * rows + phase)
    return image.clip(0, 255).round().astype(np.uint8)


@estimators
@pytest.mark.parametrize("side", [48, 64, 96, 128])
def test_reduce_flow_has_the_same_motion_at_any_size(estimate, side):
    """A motion of a pixel of the 48 px crop, computed at any size and reduced, is a pixel."""
    flow = reduce_flow(estimate(waves(side), waves(side, u=1 / 48)), size=48)
    assert inside(flow).mean(axis=(1, 2)) == pytest.approx([1, 0], abs=0.1)


def test_to_half_rounds_as_numpy():
    rng = np.random.default_rng(0)
    magnitudes = np.exp(rng.uniform(-25, 11, (2, 200, 300)))  # the least are below the smallest float16
    flow = (magnitudes * rng.choice([-1, 1], magnitudes.shape)).astype(np.float32)
    assert np.array_equal(to_half(flow), flow.astype(np.float16))
