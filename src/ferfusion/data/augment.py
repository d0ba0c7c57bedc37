"""Random augmentation of a face crop together with its flow: affine maps and random erasing.

Sampling is separate from applying: ``sample_transforms`` returns an affine map and a patch per sample,
``apply_transforms`` warps crop and flow by the map, and maps the flow's vectors too. Warping the encoded flow
as an image would be wrong: its colours encode directions and would not change.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ferfusion.data.recipe import Augmentation

MIN_PATCH, MAX_PATCH = 0.125, 0.4
"""Sides of an erased patch, as shares of the image's side."""


@dataclass(frozen=True)
class Transforms:
    """The sampled transforms of each sample of a batch.

    Attributes:
        affines: Maps of points (x, y), (B, 2, 3): a linear map and a translation. Coordinates have
            their origin at the centre of the image; half a side is 1.
        patches: Erased patches, (B, 4): left, top, right and bottom as shares of the side; all 0 is none.
    """

    affines: Tensor
    patches: Tensor

    def of(self, samples: slice, *, device: torch.device) -> "Transforms":
        """Return the transforms of some samples of the batch, on a device."""
        return Transforms(self.affines[samples].to(device), self.patches[samples].to(device))


def sample_transforms(count: int, augmentation: Augmentation, *, generator: torch.Generator) -> Transforms:
    """Sample the transforms of ``count`` samples."""
    affines = sample_affines(count, augmentation, generator=generator)
    return Transforms(affines, sample_patches(count, augmentation, generator=generator))


def sample_affines(count: int, augmentation: Augmentation, *, generator: torch.Generator) -> Tensor:
    """Sample affine maps (count, 2, 3) of (x, y): mirror, zoom and shear, then rotation, then translation."""
    draws = torch.rand(count, 7, generator=generator)
    mirror = torch.where(draws[:, 0] < augmentation.flip, -1.0, 1.0)
    from_minus_1_to_1 = 2 * draws[:, 1:] - 1
    scale_x, scale_y = (1 + augmentation.zoom * from_minus_1_to_1[:, :2]).unbind(1)
    shear = augmentation.shear * from_minus_1_to_1[:, 2]
    top = torch.stack([mirror * scale_x, mirror * shear * scale_y], 1)
    bottom = torch.stack([torch.zeros_like(scale_y), scale_y], 1)
    angle = math.radians(augmentation.rotate) * from_minus_1_to_1[:, 3]
    rotation = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).view(-1, 2, 2)
    translation = 2 * augmentation.translate * from_minus_1_to_1[:, 4:]  # a side is 2 long
    return torch.cat([rotation @ torch.stack([top, bottom], 1), translation[:, :, None]], 2)


def sample_patches(count: int, augmentation: Augmentation, *, generator: torch.Generator) -> Tensor:
    """Sample patches (count, 4) inside the image (Zhong et al. 2020, Random Erasing), or none."""
    draws = torch.rand(count, 5, generator=generator)
    sides = MIN_PATCH + (MAX_PATCH - MIN_PATCH) * draws[:, 1:3]
    corners = draws[:, 3:] * (1 - sides)
    is_erased = draws[:, :1] < augmentation.random_erasing
    return torch.where(is_erased, torch.cat([corners, corners + sides], 1), 0.0)


def apply_transforms(crops_b3hw: Tensor, flow_b2hw: Tensor, transforms: Transforms) -> tuple[Tensor, Tensor]:
    """Return crops and flow after the affine maps and random erasing.

    An erased patch has the mean colour of its crop, and no flow.
    """
    crops, flow = apply_affines(crops_b3hw, flow_b2hw, transforms.affines)
    patch_mask = _patch_mask(transforms.patches, crops.shape[-1])
    return _erase(crops, patch_mask), flow.masked_fill(patch_mask, 0.0)


def transform_images(images_bchw: Tensor, transforms: Transforms) -> Tensor:
    """Return images, or several stacked along the channels, warped and erased as crops are."""
    warped = _warp(images_bchw, transforms.affines)
    return _erase(warped, _patch_mask(transforms.patches, warped.shape[-1]))


def apply_affines(crops_b3hw: Tensor, flow_b2hw: Tensor, affines_b23: Tensor) -> tuple[Tensor, Tensor]:
    """Return crops and flow warped by each sample's affine map.

    A point ``p`` is mapped to ``A p + t``, and a motion ``w`` there to ``A w``: a mirror
    negates u. Outside the image, its border is repeated.

    >>> crops, flow = torch.rand(1, 3, 4, 4), torch.ones(1, 2, 4, 4)
    >>> mirrored, motion = apply_affines(crops, flow, torch.tensor([[[-1.0, 0, 0], [0, 1, 0]]]))
    >>> torch.allclose(mirrored, crops.flip(3), atol=1e-6), motion[0, :, 0, 0].tolist()
    (True, [-1.0, 1.0])
    """
    warped = _warp(torch.cat([crops_b3hw, flow_b2hw], 1), affines_b23)
    mapped_flow = torch.einsum("bij,bjhw->bihw", affines_b23[:, :, :2], warped[:, 3:])
    return warped[:, :3], mapped_flow


def _warp(images_bchw: Tensor, affines_b23: Tensor) -> Tensor:
    # an output pixel p shows what was at A⁻¹ (p - t)
    inverse = torch.linalg.inv(affines_b23[:, :, :2])
    sources = torch.cat([inverse, -inverse @ affines_b23[:, :, 2:]], 2)
    grid = F.affine_grid(sources, list(images_bchw.shape), align_corners=False)
    return F.grid_sample(images_bchw, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _erase(images_bchw: Tensor, patch_mask_b1hw: Tensor) -> Tensor:
    return torch.where(patch_mask_b1hw, images_bchw.mean((2, 3), keepdim=True), images_bchw)


def _patch_mask(patches_b4: Tensor, size: int) -> Tensor:
    """Return masks of patches, (B, 1, size, size): a pixel is in a patch if its centre is."""
    centres = (torch.arange(size, device=patches_b4.device) + 0.5) / size
    left, top, right, bottom = patches_b4[:, :, None].unbind(1)  # (B, 1) each
    across = (centres > left) & (centres < right)
    down = (centres > top) & (centres < bottom)
    return (down[:, :, None] & across[:, None, :])[:, None]
