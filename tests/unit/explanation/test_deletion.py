import pytest
import torch

from ferfusion.explanation.cam import CamMaps
from ferfusion.explanation.deletion import (
    ANOTHER,
    LEAST,
    ORDERS,
    OWN,
    RANDOM,
    SQUARES,
    STEPS,
    area_under,
    delete_squares,
    deletion_curve,
    square_scores,
)
from ferfusion.explanation.receptive_field import Centres
from ferfusion.models.bases import ExpressionModel

SIZE = 2 * SQUARES


class LeftHalf(ExpressionModel):
    """Two classes; the first is as sure as the left half of the image is brighter than its right half."""

    def forward(self, spatial, flow, frames=None):
        left, right = (
            spatial[..., : SIZE // 2].mean(dim=(1, 2, 3)),
            spatial[..., SIZE // 2 :].mean(dim=(1, 2, 3)),
        )
        return torch.stack([4 * (left - right), torch.zeros_like(left)], dim=1)


def test_delete_squares_of_curves_gives_whole_moments_the_mean_of_the_window():
    curves = torch.arange(24.0).view(1, 24, 1).expand(1, 24, 3)
    gone = torch.zeros(1, SQUARES, SQUARES, dtype=torch.bool)
    gone[:, :, 2] = True
    left = delete_squares(curves, gone)
    assert left[0, 4:6].unique().tolist() == [11.5]
    kept = [*range(4), *range(6, 24)]
    assert torch.equal(left[:, kept], curves[:, kept])


@pytest.fixture
def images():
    image = torch.zeros(2, 3, SIZE, SIZE)
    image[..., : SIZE // 2] = 1
    return image, torch.rand(2, 3, SIZE, SIZE)


def side(left):
    scores = torch.zeros(2, SQUARES, SQUARES)
    scores[..., : SQUARES // 2] = 1 if left else -1
    return scores


def curve(images, scores, at=0):
    return deletion_curve(LeftHalf(), images, torch.tensor([0, 0]), scores, at=at)


def test_deletion_curve_begins_whole_and_ends_at_the_mean_colour(images):
    found = curve(images, torch.rand(2, SQUARES, SQUARES))
    assert found.shape == (2, STEPS + 1)
    assert found[0, 0].item() == pytest.approx(torch.tensor(4.0).sigmoid().item())
    assert found[0, -1].item() == pytest.approx(0.5)


def test_deletion_curve_deletes_squares_in_the_order_of_their_scores(images):
    """After a quarter, half of the left half shows 0.5, the mean colour; after a half, all of it does."""
    found = curve(images, side(left=True))[0]
    half_left = 0.5 * 1 + 0.5 * 0.5
    assert found[STEPS // 4].item() == pytest.approx(torch.tensor(4 * half_left).sigmoid().item(), abs=1e-3)
    assert found[STEPS // 2].item() == pytest.approx(torch.tensor(4 * 0.5).sigmoid().item(), abs=1e-3)


def test_deletion_curve_leaves_the_other_input_whole(images):
    found = curve(images, torch.rand(2, SQUARES, SQUARES), at=1)
    torch.testing.assert_close(found, found[:, :1].expand_as(found))


def test_delete_squares_deletes_the_same_squares_of_all_crops():
    gone = torch.zeros(1, SQUARES, SQUARES, dtype=torch.bool)
    gone[0, 0, 1] = True
    window = torch.rand(1, 4, 3, SIZE, SIZE)
    left = delete_squares(window, gone)
    changed = (left != window).any(dim=2)[0]
    assert changed[:, :2, 2:4].all()
    assert changed.sum() == 4 * 4
    torch.testing.assert_close(left[0, 2, :, 0, 2], window[0, 2].mean(dim=(1, 2)))


def test_orders_score_squares_by_own_other_random_and_inverse_map():
    maps = torch.rand(3, 1, SQUARES, SQUARES)
    cam = CamMaps(torch.zeros(3, 2), torch.zeros(3), {"flow": maps}, {"flow": Centres(0, 1)}, SQUARES)
    generator = torch.Generator().manual_seed(0)
    found = {name: order(cam, "flow", generator) for name, order in ORDERS.items()}
    torch.testing.assert_close(found[OWN], maps[:, 0])
    assert torch.equal(found[LEAST], -found[OWN])
    assert torch.equal(found[ANOTHER][1], found[OWN][0])
    assert found[RANDOM].shape == found[OWN].shape
    assert abs(torch.corrcoef(torch.stack([found[RANDOM].flatten(), maps.flatten()]))[0, 1]) < 0.2


def test_square_scores_are_means_over_pixels_and_time_steps():
    placed = torch.rand(1, 2, SIZE, SIZE)
    assert square_scores(placed)[0, 3, 5].item() == pytest.approx(placed[0, :, 6:8, 10:12].mean().item())


def test_area_under_a_constant_is_its_height():
    assert area_under(torch.full((2, STEPS + 1), 0.3)).tolist() == pytest.approx([0.3, 0.3])
