import pytest
import torch
from torch import nn

from ferfusion.explanation.cam import CamMaps
from ferfusion.explanation.deletion import (
    ANOTHER,
    CELLS,
    LEAST,
    ORDERS,
    OWN,
    RANDOM,
    STEPS,
    area_under,
    deletion_curve,
    marks,
    without,
)
from ferfusion.explanation.receptive_field import Cells

SIZE = 2 * CELLS


class LeftHalf(nn.Module):
    """Two classes; the first is as sure as the left half of the picture is brighter than its right half."""

    def forward(self, spatial, flow):
        left, right = (
            spatial[..., : SIZE // 2].mean(dim=(1, 2, 3)),
            spatial[..., SIZE // 2 :].mean(dim=(1, 2, 3)),
        )
        return torch.stack([4 * (left - right), torch.zeros_like(left)], dim=1)


@pytest.fixture
def images():
    picture = torch.zeros(2, 3, SIZE, SIZE)
    picture[..., : SIZE // 2] = 1
    return picture, torch.rand(2, 3, SIZE, SIZE)


def side(left):
    scores = torch.zeros(2, CELLS, CELLS)
    scores[..., : CELLS // 2] = 1 if left else -1
    return scores


def curve(images, scores, at=0):
    return deletion_curve(LeftHalf(), images, torch.tensor([0, 0]), scores, at=at)


def test_a_curve_begins_whole_and_ends_with_nothing_but_the_mean_colour(images):
    found = curve(images, torch.rand(2, CELLS, CELLS))
    assert found.shape == (2, STEPS + 1)
    assert found[0, 0].item() == pytest.approx(torch.tensor(4.0).sigmoid().item())
    assert found[0, -1].item() == pytest.approx(0.5)


def test_squares_go_in_the_order_of_their_marks(images):
    """After a quarter, half of the left half shows 0.5, the mean colour; after a half, all of it does."""
    found = curve(images, side(left=True))[0]
    half_left = 0.5 * 1 + 0.5 * 0.5
    assert found[STEPS // 4].item() == pytest.approx(torch.tensor(4 * half_left).sigmoid().item(), abs=1e-3)
    assert found[STEPS // 2].item() == pytest.approx(torch.tensor(4 * 0.5).sigmoid().item(), abs=1e-3)


def test_what_is_not_taken_from_stays_whole(images):
    found = curve(images, torch.rand(2, CELLS, CELLS), at=1)
    torch.testing.assert_close(found, found[:, :1].expand_as(found))


def test_all_crops_of_a_window_lose_the_same_squares():
    gone = torch.zeros(1, CELLS, CELLS, dtype=torch.bool)
    gone[0, 0, 1] = True
    window = torch.rand(1, 4, 3, SIZE, SIZE)
    left = without(window, gone)
    changed = (left != window).any(dim=2)[0]
    assert changed[:, :2, 2:4].all()
    assert changed.sum() == 4 * 4
    torch.testing.assert_close(left[0, 2, :, 0, 2], window[0, 2].mean(dim=(1, 2)))


def test_orders():
    maps = torch.rand(3, 1, CELLS, CELLS)
    cam = CamMaps(torch.zeros(3, 2), torch.zeros(3), {"flow": maps}, {"flow": Cells(0, 1)}, CELLS)
    generator = torch.Generator().manual_seed(0)
    found = {name: order(cam, "flow", generator) for name, order in ORDERS.items()}
    torch.testing.assert_close(found[OWN], maps[:, 0])
    assert torch.equal(found[LEAST], -found[OWN])
    assert torch.equal(found[ANOTHER][1], found[OWN][0])
    assert found[RANDOM].shape == found[OWN].shape
    assert abs(torch.corrcoef(torch.stack([found[RANDOM].flatten(), maps.flatten()]))[0, 1]) < 0.2


def test_a_square_is_marked_by_the_mean_of_its_pixels_and_moments():
    placed = torch.rand(1, 2, SIZE, SIZE)
    assert marks(placed)[0, 3, 5].item() == pytest.approx(placed[0, :, 6:8, 10:12].mean().item())


def test_the_area_of_a_constant_is_its_height():
    assert area_under(torch.full((2, STEPS + 1), 0.3)).tolist() == pytest.approx([0.3, 0.3])
