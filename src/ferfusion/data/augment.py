"""Random flip, zoom and shear of a face crop together with its flow.

Drawing is apart from applying: ``draw_affines`` makes one linear map per sample, ``apply_affines`` moves the
pixels of crop and flow by it and turns the flow's vectors with it. Moving the drawn flow like any other
picture would leave its colours, which mean directions, as they were.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ferfusion.errors import ConfigError


@dataclass(frozen=True)
class Augmentation:
    """How far a sample may be moved.

    Attributes:
        flip: Probability of a mirror image.
        zoom: Width and height are each drawn from 1 - zoom to 1 + zoom times their size.
        shear: The picture's top and bottom move apart by up to this share of its side, to either side.
    """

    flip: float = 0.5
    zoom: float = 0.2
    shear: float = 0.2

    def __post_init__(self) -> None:
        if not 0 <= self.flip <= 1:
            raise ConfigError(f"flip must be a probability from 0 to 1, got {self.flip}")
        if not 0 <= self.zoom < 1 or not 0 <= self.shear < 1:
            raise ConfigError(f"zoom and shear must be from 0 to 1, got {self.zoom} and {self.shear}")


def draw_affines(count: int, augmentation: Augmentation, *, generator: torch.Generator) -> Tensor:
    """Draw linear maps (count, 2, 2) of (x, y) about the picture's centre: where a point of it goes."""
    draws = torch.rand(count, 4, generator=generator)
    mirror = torch.where(draws[:, 0] < augmentation.flip, -1.0, 1.0)
    scale_x, scale_y = (1 + augmentation.zoom * (2 * draws[:, 1:3] - 1)).unbind(1)
    shear = augmentation.shear * (2 * draws[:, 3] - 1)
    top = torch.stack([mirror * scale_x, mirror * shear * scale_y], 1)
    bottom = torch.stack([torch.zeros_like(scale_y), scale_y], 1)
    return torch.stack([top, bottom], 1)


def apply_affines(crops_b3hw: Tensor, flow_b2hw: Tensor, affines_b22: Tensor) -> tuple[Tensor, Tensor]:
    """Return crops and flow as if the camera had seen the face through each sample's linear map.

    Content at ``p`` from the centre goes to ``A p``, and a motion ``w`` there becomes ``A w``; so a mirror
    negates u. What lies outside the picture continues its border.

    >>> crops, flow = torch.rand(1, 3, 4, 4), torch.ones(1, 2, 4, 4)
    >>> mirrored, motion = apply_affines(crops, flow, torch.diag(torch.tensor([-1.0, 1.0]))[None])
    >>> torch.allclose(mirrored, crops.flip(3), atol=1e-6), motion[0, :, 0, 0].tolist()
    (True, [-1.0, 1.0])
    """
    # an output pixel p shows what was at A⁻¹ p
    sources = F.pad(torch.linalg.inv(affines_b22), (0, 1))
    stack = torch.cat([crops_b3hw, flow_b2hw], 1)
    grid = F.affine_grid(sources, list(stack.shape), align_corners=False)
    moved = F.grid_sample(stack, grid, mode="bilinear", padding_mode="border", align_corners=False)
    turned = torch.einsum("bij,bjhw->bihw", affines_b22, moved[:, 3:])
    return moved[:, :3], turned
