"""Deletion: does the answer fall when what a map marks is taken away? (Petsiuk et al. 2018, RISE, 4.3)."""

from collections.abc import Callable
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional as F

from ferfusion.explanation.cam import CamMaps, Images
from ferfusion.explanation.receptive_field import place
from ferfusion.models.bases import ExpressionModel

CELLS = 12
"""A picture is taken away in this many by this many squares."""
STEPS = 12
OWN, ANOTHER, RANDOM, LEAST = "map", "another pair's map", "random", "least first"
SHARES = tuple(step / STEPS for step in range(STEPS + 1))
"""Shares of the picture that are gone, at the points of a curve."""


def marks(placed: Tensor) -> Tensor:
    """Return how strongly maps over the picture (B, t, S, S) mark each of its squares, (B, CELLS, CELLS).

    Of several moments it is their mean.
    """
    return F.adaptive_avg_pool2d(placed.mean(dim=1, keepdim=True), CELLS)[:, 0]


def _own(cam: CamMaps, name: str, _generator: torch.Generator) -> Tensor:
    return marks(cam.placed(name))


def _of_another_pair(cam: CamMaps, name: str, _generator: torch.Generator) -> Tensor:
    return marks(cam.placed(name)).roll(1, 0)


def _at_random(cam: CamMaps, name: str, generator: torch.Generator) -> Tensor:
    noise = torch.rand(cam.maps[name].shape, generator=generator)
    return marks(place(noise, cam.cells[name], size=cam.size))


def _least_first(cam: CamMaps, name: str, _generator: torch.Generator) -> Tensor:
    return -marks(cam.placed(name))


ORDERS: MappingProxyType[str, Callable[[CamMaps, str, torch.Generator], Tensor]] = MappingProxyType(
    {OWN: _own, ANOTHER: _of_another_pair, RANDOM: _at_random, LEAST: _least_first}
)
"""Orders in which squares are taken away, by what marks them; asked with the maps and the stream's name.

A random map is as coarse as the true one and laid over the picture alike: single squares strewn at random
would cut a face up more than a patch of the same area does, which is another thing to measure.
"""


def without(images: Tensor, gone: Tensor) -> Tensor:
    """Return images (B, …, 3, S, S) with their mean colour where squares (B, CELLS, CELLS) are ``gone``."""
    size = images.shape[-1]
    mask = F.interpolate(gone[:, None].float(), size=(size, size), mode="nearest")  # (B, 1, S, S)
    mask = mask.view(len(images), *[1] * (images.dim() - 3), size, size)
    return images * (1 - mask) + images.mean(dim=(-2, -1), keepdim=True) * mask


@torch.inference_mode()
def deletion_curve(
    model: ExpressionModel, images: Images, targets: Tensor, scores: Tensor, *, at: int
) -> Tensor:
    """Return the probability of the classes ``targets`` (B,) as more and more is taken away, (B, STEPS + 1).

    Args:
        model: Any model of the zoo, in evaluation mode.
        images: What it is called with.
        targets: Class codes.
        scores: How strongly each square is marked (B, CELLS, CELLS); the strongest goes first.
        at: Which of ``images`` is taken away; the others stay whole.
    """
    ranks = scores.flatten(1).argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    points = []
    for share in SHARES:
        gone = (ranks < round(share * CELLS * CELLS)).view(-1, CELLS, CELLS)
        left = [without(image, gone) if number == at else image for number, image in enumerate(images)]
        points.append(model(*left).softmax(1).gather(1, targets[:, None])[:, 0])
    return torch.stack(points, dim=1)


def area_under(curves: Tensor) -> Tensor:
    """Return the area (B,) under curves (B, STEPS + 1) over the share that is gone, from 0 to 1.

    >>> round(float(area_under(torch.linspace(1, 0, STEPS + 1)[None])), 6)
    0.5
    """
    return torch.trapezoid(curves, dx=1 / STEPS)
