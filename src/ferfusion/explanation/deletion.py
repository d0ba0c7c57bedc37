"""Deletion: does the probability fall when marked squares are deleted? (Petsiuk et al. 2018, RISE, 4.3)."""

from collections.abc import Callable
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional as F

from ferfusion.explanation.cam import CamMaps, Images
from ferfusion.explanation.receptive_field import upsample
from ferfusion.models.bases import ExpressionModel

SQUARES = 12
"""An image is deleted in a grid of this many squares a side."""
STEPS = 12
OWN, ANOTHER, RANDOM, LEAST = "map", "another pair's map", "random", "least first"
SHARES = tuple(step / STEPS for step in range(STEPS + 1))
"""Shares of the image that are deleted at the points of a curve."""


def square_scores(maps: Tensor) -> Tensor:
    """Return the mean of maps over the image (B, t, S, S) in each square, (B, SQUARES, SQUARES).

    Several time steps are averaged.
    """
    return F.adaptive_avg_pool2d(maps.mean(dim=1, keepdim=True), SQUARES)[:, 0]


def _own(cam: CamMaps, name: str, _generator: torch.Generator) -> Tensor:
    return square_scores(cam.upsampled(name))


def _of_another_pair(cam: CamMaps, name: str, _generator: torch.Generator) -> Tensor:
    return square_scores(cam.upsampled(name)).roll(1, 0)


def _at_random(cam: CamMaps, name: str, generator: torch.Generator) -> Tensor:
    noise = torch.rand(cam.maps[name].shape, generator=generator)
    return square_scores(upsample(noise, cam.centres[name], image_px=cam.image_px))


def _least_first(cam: CamMaps, name: str, _generator: torch.Generator) -> Tensor:
    return -square_scores(cam.upsampled(name))


ORDERS: MappingProxyType[str, Callable[[CamMaps, str, torch.Generator], Tensor]] = MappingProxyType(
    {OWN: _own, ANOTHER: _of_another_pair, RANDOM: _at_random, LEAST: _least_first}
)
"""Orders of deletion: each returns a score per square from the maps and the name of a stream.

A random map is as coarse as the true one and is drawn on the image in the same way. Single random squares
would cut a face up more than a patch of the same area does, which is another thing to measure.
"""


def delete_squares(images: Tensor, gone: Tensor) -> Tensor:
    """Return images (B, …, 3, S, S) with their mean colour in the squares ``gone`` (B, SQUARES, SQUARES).

    Of windows of action curves (B, K, V), whose map has no height, moments are deleted: those of columns that
    are gone in half of their squares. They get the mean of the window.
    """
    if images.dim() == 3:
        columns = gone.float().mean(dim=1, keepdim=True)  # (B, 1, SQUARES)
        moments = F.interpolate(columns, size=images.shape[1], mode="nearest")[:, 0, :, None] >= 0.5
        return torch.where(moments, images.mean(dim=1, keepdim=True), images)
    size = images.shape[-1]
    mask = F.interpolate(gone[:, None].float(), size=(size, size), mode="nearest")  # (B, 1, S, S)
    mask = mask.view(len(images), *[1] * (images.dim() - 3), size, size)
    return images * (1 - mask) + images.mean(dim=(-2, -1), keepdim=True) * mask


@torch.inference_mode()
def deletion_curve(
    model: ExpressionModel, images: Images, targets: Tensor, scores: Tensor, *, at: int
) -> Tensor:
    """Return the probability of the classes ``targets`` (B,) as more squares are deleted, (B, STEPS + 1).

    Args:
        model: Any model of the table, in evaluation mode.
        images: The arguments of the model.
        targets: Class codes.
        scores: Score of each square (B, SQUARES, SQUARES); the highest is deleted first.
        at: Index of the input that is deleted; the others stay whole.
    """
    ranks = scores.flatten(1).argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    points = []
    for share in SHARES:
        gone = (ranks < round(share * SQUARES * SQUARES)).view(-1, SQUARES, SQUARES)
        left = [delete_squares(image, gone) if number == at else image for number, image in enumerate(images)]
        points.append(model(*left).softmax(1).gather(1, targets[:, None])[:, 0])
    return torch.stack(points, dim=1)


def area_under(curves: Tensor) -> Tensor:
    """Return the area (B,) under curves (B, STEPS + 1) over the deleted share, from 0 to 1.

    >>> round(float(area_under(torch.linspace(1, 0, STEPS + 1)[None])), 6)
    0.5
    """
    return torch.trapezoid(curves, dx=1 / STEPS)
