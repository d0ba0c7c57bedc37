"""Random changes of training images: place, size, rotation, mirror, light, colour, blur, JPEG, occlusion."""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from faces import WIDE, WIDE_PX
from ferfusion.actions.names import ACTIONS, other_side
from ferfusion.actions.small_network import CROP_PX

_ROTATE_DEGREES = 12.0
_TRANSLATE = 0.11
_SCALE = (0.85, 1.25)
MIRRORED = [ACTIONS.index(other_side(name)) for name in ACTIONS]
"""For each action, the index of the action of the other side."""


def plain(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the middle of wide crops (N, 80, 80, 3): the crops that the network reads, (N, 64, 64, 3)."""
    border = (WIDE_PX - CROP_PX) // 2
    return images[:, border:-border, border:-border]


def augmented(
    images: NDArray[np.uint8], weights: Tensor, pose: Tensor, rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Return changed crops (N, 3, 64, 64) with the actions and the poses that they then show."""
    number = len(images)
    wide = torch.from_numpy(np.stack([_degraded(image, rng) for image in images]))
    wide = _lit(wide.permute(0, 3, 1, 2).float() / 255, rng)
    mirror = torch.from_numpy(rng.random(number) < 0.5)
    wide[mirror] = wide[mirror].flip(3)
    weights, pose = weights.clone(), pose.clone()
    weights[mirror] = weights[mirror][:, MIRRORED]
    pose[mirror] *= torch.tensor([-1.0, 1.0, -1.0])
    degrees = torch.from_numpy(rng.uniform(-_ROTATE_DEGREES, _ROTATE_DEGREES, number)).float()
    scale = torch.from_numpy(rng.uniform(*_SCALE, number)).float()
    moved = torch.from_numpy(rng.uniform(-_TRANSLATE, _TRANSLATE, (number, 2))).float()
    crops = _sample(wide, degrees, scale, moved)
    pose[:, 2] += degrees
    return _occluded(crops, rng), weights, pose


def _sample(wide: Tensor, degrees: Tensor, scale: Tensor, moved: Tensor) -> Tensor:
    """Cut crops out of wide crops: the content is rotated clockwise, and the crop scaled and moved."""
    angle = torch.deg2rad(degrees)
    share = scale / WIDE
    cosine, sine = torch.cos(angle) * share, torch.sin(angle) * share
    # grid_sample reads at (x, y) of the input for each pixel of the output: rotate back
    matrix = torch.stack(
        [
            torch.stack([cosine, sine, 2 * moved[:, 0] / WIDE], 1),
            torch.stack([-sine, cosine, 2 * moved[:, 1] / WIDE], 1),
        ],
        1,
    )
    grid = F.affine_grid(matrix, [len(wide), 3, CROP_PX, CROP_PX], align_corners=False)
    return F.grid_sample(wide, grid, padding_mode="border", align_corners=False)


def _degraded(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Reduce and enlarge an image, or compress it, or add noise, as cameras and files do."""
    size = len(image)
    if rng.random() < 0.4:
        small = int(rng.integers(24, size))
        reduced = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
        image = np.asarray(cv2.resize(reduced, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)
    elif rng.random() < 0.2:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.5)), np.uint8)
    if rng.random() < 0.3:
        noisy = image + rng.normal(0, rng.uniform(2, 14), image.shape)
        image = np.clip(noisy, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 90))]
        _, coded = cv2.imencode(".jpg", image, quality)
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return image


def _lit(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Change brightness, contrast, gamma, side and colour of the light; half of the images become grey."""
    number = len(images)

    def draw(low: float, high: float, channels: int = 1) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (number, channels, 1, 1))).float()

    tinted = images * draw(0.85, 1.15, 3)
    grey = tinted.mean(1, keepdim=True).expand_as(tinted)
    tinted = torch.where(torch.from_numpy(rng.random((number, 1, 1, 1)) < 0.5), grey, tinted)
    shaded = tinted * _shade(number, rng)
    curved = shaded.clamp(1e-3, 1) ** torch.exp(draw(-0.5, 0.5))
    return ((curved - 0.5) * draw(0.6, 1.3) + 0.5 + draw(-0.15, 0.15)).clamp(0, 1)


def _shade(number: int, rng: np.random.Generator) -> Tensor:
    """Return factors (N, 1, 80, 80): half of the images are darker, down to a third, towards one side."""
    angle = rng.uniform(0, 2 * np.pi, (number, 1, 1))
    depth = rng.uniform(0, 0.67, (number, 1, 1)) * (rng.random((number, 1, 1)) < 0.5)
    side = np.linspace(-1, 1, WIDE_PX)
    towards = np.cos(angle) * side + np.sin(angle) * side[:, None]
    lit = 1 / (1 + np.exp(-4 * towards))
    return torch.from_numpy(1 - depth * lit)[:, None].float()


def _occluded(crops: Tensor, rng: np.random.Generator) -> Tensor:
    """Cover a rectangle of a quarter of the crops with one colour."""
    for number in np.flatnonzero(rng.random(len(crops)) < 0.25):
        height, width = rng.integers(6, CROP_PX // 3, 2)
        top, left = rng.integers(0, CROP_PX - height), rng.integers(0, CROP_PX - width)
        color = torch.from_numpy(rng.random((3, 1, 1))).float()
        crops[number, :, top : top + height, left : left + width] = color
    return crops
