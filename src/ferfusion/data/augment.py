"""Random moves of a face crop together with its flow: mirror, zoom, shear, turn, shift; and a covered patch.

Drawing is apart from applying: ``draw_moves`` makes an affine map and a patch per sample, ``apply_moves``
moves the pixels of crop and flow by the map and turns the flow's vectors with it. Moving the drawn flow like
any other picture would leave its colours, which mean directions, as they were.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ferfusion.errors import ConfigError

SMALLEST_PATCH, LARGEST_PATCH = 0.125, 0.4
"""Sides of a covered patch, as shares of the picture's side."""


@dataclass(frozen=True)
class Augmentation:
    """How far a sample may be moved.

    Attributes:
        flip: Probability of a mirror image.
        zoom: Width and height are each drawn from 1 - zoom to 1 + zoom times their size.
        shear: The picture's top and bottom move apart by up to this share of its side, to either side.
        turn: The picture is turned by up to so many degrees, either way.
        shift: The picture is moved by up to this share of its side, along and across.
        cover: Probability that a patch of the picture is covered.
    """

    flip: float = 0.5
    zoom: float = 0.2
    shear: float = 0.2
    turn: float = 0.0
    shift: float = 0.0
    cover: float = 0.0

    def __post_init__(self) -> None:
        for name in ("flip", "cover"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} must be a probability from 0 to 1, got {getattr(self, name)}")
        for name in ("zoom", "shear", "shift"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 0 and below 1, got {getattr(self, name)}")
        if not 0 <= self.turn <= 180:
            raise ConfigError(f"turn must be from 0 to 180 degrees, got {self.turn}")


@dataclass(frozen=True)
class Moves:
    """What is done to each sample of a batch.

    Attributes:
        affines: Where a point (x, y) goes, (B, 2, 3): a linear map and a shift. Points count from the
            picture's centre, in halves of its side.
        patches: What is covered, (B, 4): left, top, right and bottom as shares of the side; all 0 is nothing.
    """

    affines: Tensor
    patches: Tensor

    def of(self, part: slice, *, device: torch.device) -> "Moves":
        """Return what is done to a part of the batch, on a device."""
        return Moves(self.affines[part].to(device), self.patches[part].to(device))


def draw_moves(count: int, augmentation: Augmentation, *, generator: torch.Generator) -> Moves:
    """Draw what is done to each of ``count`` samples."""
    affines = draw_affines(count, augmentation, generator=generator)
    return Moves(affines, draw_patches(count, augmentation, generator=generator))


def draw_affines(count: int, augmentation: Augmentation, *, generator: torch.Generator) -> Tensor:
    """Draw affine maps (count, 2, 3) of (x, y): first mirror, zoom and shear, then turn, then shift."""
    draws = torch.rand(count, 7, generator=generator)
    mirror = torch.where(draws[:, 0] < augmentation.flip, -1.0, 1.0)
    either_way = 2 * draws[:, 1:] - 1
    scale_x, scale_y = (1 + augmentation.zoom * either_way[:, :2]).unbind(1)
    shear = augmentation.shear * either_way[:, 2]
    top = torch.stack([mirror * scale_x, mirror * shear * scale_y], 1)
    bottom = torch.stack([torch.zeros_like(scale_y), scale_y], 1)
    angle = math.radians(augmentation.turn) * either_way[:, 3]
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).view(-1, 2, 2)
    shift = 2 * augmentation.shift * either_way[:, 4:]  # a side is 2 long
    return torch.cat([turn @ torch.stack([top, bottom], 1), shift[:, :, None]], 2)


def draw_patches(count: int, augmentation: Augmentation, *, generator: torch.Generator) -> Tensor:
    """Draw patches (count, 4) inside the picture (Zhong et al. 2020, Random Erasing), or none."""
    draws = torch.rand(count, 5, generator=generator)
    sides = SMALLEST_PATCH + (LARGEST_PATCH - SMALLEST_PATCH) * draws[:, 1:3]
    corners = draws[:, 3:] * (1 - sides)
    is_covered = draws[:, :1] < augmentation.cover
    return torch.where(is_covered, torch.cat([corners, corners + sides], 1), 0.0)


def apply_moves(crops_b3hw: Tensor, flow_b2hw: Tensor, moves: Moves) -> tuple[Tensor, Tensor]:
    """Return crops and flow as if the camera had seen them so: moved, and with the patch in front.

    The patch has the mean colour of its crop, and is still.
    """
    crops, flow = apply_affines(crops_b3hw, flow_b2hw, moves.affines)
    patch = _covered(moves.patches, crops.shape[-1])
    return _cover(crops, patch), flow.masked_fill(patch, 0.0)


def move_images(images_bchw: Tensor, moves: Moves) -> Tensor:
    """Return images, or several side by side as channels, moved and covered as crops are."""
    moved = _warp(images_bchw, moves.affines)
    return _cover(moved, _covered(moves.patches, moved.shape[-1]))


def apply_affines(crops_b3hw: Tensor, flow_b2hw: Tensor, affines_b23: Tensor) -> tuple[Tensor, Tensor]:
    """Return crops and flow as if the camera had seen the face through each sample's affine map.

    Content at ``p`` from the centre goes to ``A p + t``, and a motion ``w`` there becomes ``A w``; so a
    mirror negates u. What lies outside the picture continues its border.

    >>> crops, flow = torch.rand(1, 3, 4, 4), torch.ones(1, 2, 4, 4)
    >>> mirrored, motion = apply_affines(crops, flow, torch.tensor([[[-1.0, 0, 0], [0, 1, 0]]]))
    >>> torch.allclose(mirrored, crops.flip(3), atol=1e-6), motion[0, :, 0, 0].tolist()
    (True, [-1.0, 1.0])
    """
    moved = _warp(torch.cat([crops_b3hw, flow_b2hw], 1), affines_b23)
    turned = torch.einsum("bij,bjhw->bihw", affines_b23[:, :, :2], moved[:, 3:])
    return moved[:, :3], turned


def _warp(images_bchw: Tensor, affines_b23: Tensor) -> Tensor:
    # an output pixel p shows what was at A⁻¹ (p - t)
    inverse = torch.linalg.inv(affines_b23[:, :, :2])
    sources = torch.cat([inverse, -inverse @ affines_b23[:, :, 2:]], 2)
    grid = F.affine_grid(sources, list(images_bchw.shape), align_corners=False)
    return F.grid_sample(images_bchw, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _cover(images_bchw: Tensor, patch_b1hw: Tensor) -> Tensor:
    return torch.where(patch_b1hw, images_bchw.mean((2, 3), keepdim=True), images_bchw)


def _covered(patches_b4: Tensor, size: int) -> Tensor:
    """Return where patches lie, (B, 1, size, size): a pixel is covered if its centre is."""
    centres = (torch.arange(size, device=patches_b4.device) + 0.5) / size
    left, top, right, bottom = patches_b4[:, :, None].unbind(1)  # (B, 1) each
    across = (centres > left) & (centres < right)
    down = (centres > top) & (centres < bottom)
    return (down[:, :, None] & across[:, None, :])[:, None]
