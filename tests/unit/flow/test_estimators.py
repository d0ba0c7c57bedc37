"""What every flow estimator must do."""

import numpy as np
import pytest

from ferfusion.flow.estimators import FLOW_ESTIMATORS

SIZE, BORDER = 64, 12
SHIFTS = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.5), (-2.0, 1.0), (0.5, -0.75)]
estimators = pytest.mark.parametrize("estimate", FLOW_ESTIMATORS.values(), ids=FLOW_ESTIMATORS)


def shifted(u, v):
    """A texture moved by u to the right and v down; exact, since it is a sum of waves."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(float)
    picture = np.full((SIZE, SIZE), 128.0)
    for _ in range(14):
        along_x, along_y, phase = *rng.uniform(-0.5, 0.5, 2), rng.uniform(0, 2 * np.pi)
        picture += 11 * np.sin(along_x * (columns - u) + along_y * (rows - v) + phase)
    return picture.clip(0, 255).round().astype(np.uint8)


def inside(flow):
    return flow[:, BORDER:-BORDER, BORDER:-BORDER]


@estimators
@pytest.mark.parametrize(("u", "v"), SHIFTS)
def test_a_shifted_texture_gives_its_shift(estimate, u, v):
    flow = estimate(shifted(0, 0), shifted(u, v))
    assert (flow.shape, flow.dtype) == ((2, SIZE, SIZE), np.float32)
    assert inside(flow).mean(axis=(1, 2)) == pytest.approx([u, v], abs=0.1)
    assert abs(inside(flow) - np.reshape([u, v], (2, 1, 1))).max() < 0.5


@estimators
@pytest.mark.parametrize(("u", "v"), SHIFTS[1:])
def test_swapped_pictures_give_the_negative(estimate, u, v):
    first, second = shifted(0, 0), shifted(u, v)
    there, back = inside(estimate(first, second)), inside(estimate(second, first))
    assert abs(there + back).mean() < 0.1


@estimators
@pytest.mark.parametrize("picture", [shifted(0, 0), np.full((48, 48), 77, np.uint8)], ids=["texture", "flat"])
def test_no_motion_gives_about_none(estimate, picture):
    flow = estimate(picture, picture)
    assert abs(inside(flow)).max() < 0.03
    assert abs(flow).mean() < 0.02


@estimators
def test_a_part_that_moves_alone_moves_alone(estimate):
    """The sides are told apart too: a transposed or mirrored answer would fail."""
    first, second = shifted(0, 0), shifted(0, 0)
    second[:, SIZE // 2 :] = shifted(1.5, 0)[:, SIZE // 2 :]
    u, v = inside(estimate(first, second))
    assert u[:, :8].mean() == pytest.approx(0, abs=0.1)
    assert u[:, -8:].mean() == pytest.approx(1.5, abs=0.2)
    assert abs(v).mean() < 0.2


@estimators
def test_the_answer_does_not_hang_on_memory_layout_or_on_the_call_before(estimate):
    first, second = shifted(0, 0), shifted(1, -1)
    answer = estimate(first, second)
    estimate(second, first)
    strided = np.zeros((2 * SIZE, 2 * SIZE), np.uint8)[::2, ::2]
    strided[:] = first
    assert np.array_equal(estimate(strided, second), answer)
    assert answer.flags.c_contiguous
