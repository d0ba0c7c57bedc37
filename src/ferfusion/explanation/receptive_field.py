"""Where in the picture the places of a map look.

Convolutions without padding draw in from the border. The last map of the report's network has 3 x 3 places,
whose middles look at the pixels 18, 22 and 26 of 48; drawn over the whole picture, as is usual, they would be
at 8, 24 and 40, and point at another part of the face.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.models.bases import Stream

_ONE_BY_ONE = (nn.BatchNorm2d, nn.BatchNorm3d, nn.ReLU, nn.Identity)


@dataclass(frozen=True)
class Cells:
    """The middle of the first of a map's places and the step to the next, in pixels along a side."""

    first_px: float
    step_px: float


def over_all(_stream: nn.Module, _layer: nn.Module, *, size: int, side: int) -> Cells:
    """Return the places of a map of ``side`` places a side, stretched over ``size`` pixels, as is usual.

    For maps of the middle of the report's network, this passed the deletion check better than the places'
    true middles (an area of 0.12 against 0.18 for the faces of the sample corpus). A likely reason: places at
    the border take part in fewer of the sums that follow, so that marks lean inwards.
    """
    return Cells((size / side - 1) / 2, size / side)


def cells_of(stream: nn.Module, layer: nn.Module, *, size: int, side: int) -> Cells:
    """Return where the places of a layer's map look, in a picture of ``size`` pixels.

    Followed through convolutions and poolings that are called one after the other. Where a stream has others
    (those with residual blocks, which pad their maps), the map is stretched over the picture.
    """
    first, step, count = 0.0, 1.0, size
    for part in parts(stream):
        if isinstance(
            part, nn.Conv2d | nn.Conv3d | nn.MaxPool2d | nn.MaxPool3d | nn.AvgPool2d | nn.AvgPool3d
        ):
            kernel, stride, padding = map(_along_a_side, (part.kernel_size, part.stride, part.padding))
            first += ((kernel - 1) / 2 - padding) * step
            step *= stride
            count = (count + 2 * padding - kernel) // stride + 1
        elif not isinstance(part, _ONE_BY_ONE):
            break
        if part is layer:
            break
    return Cells(first, step) if count == side else over_all(stream, layer, size=size, side=side)


def _along_a_side(value: object) -> int:
    number = value[-1] if isinstance(value, tuple) else value
    if not isinstance(number, int):
        raise TypeError(f"expected a number of pixels, got {value!r}")
    return number


def parts(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the modules that a stream calls one after the other."""
    for child in module.children():
        if isinstance(child, nn.Sequential | Stream):
            yield from parts(child)
        else:
            yield child


def place(maps: Tensor, cells: Cells, *, size: int) -> Tensor:
    """Return maps (B, t, h, w) laid smoothly over pictures, (B, t, size, size), 0 or more.

    Beyond the middles of the outermost places, their values go on.
    """
    at = (torch.arange(size, dtype=maps.dtype) - cells.first_px) / cells.step_px  # in places
    row, column = ((2 * at + 1) / side - 1 for side in maps.shape[-2:])  # from -1 to 1, as grid_sample counts
    grid = torch.stack(torch.meshgrid(column, row, indexing="xy"), dim=-1)  # (size, size, 2)
    grid = grid.expand(len(maps), -1, -1, -1)
    return F.grid_sample(maps, grid, mode="bicubic", padding_mode="border", align_corners=False).clamp(min=0)
