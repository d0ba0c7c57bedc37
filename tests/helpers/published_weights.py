"""Weights and images for published networks: the same on every host and in every version of torch."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor


def drawn_weights(shapes: Mapping[str, Sequence[int]]) -> dict[str, Tensor]:
    """Return weights of these shapes that look drawn."""
    tensors = {}
    for number, (name, shape) in enumerate(shapes.items()):
        if not shape:
            tensors[name] = torch.tensor(0)
            continue
        size = torch.Size(shape).numel()
        values = torch.sin(torch.arange(size, dtype=torch.float64) * 12.9898 + number) * 43758.5453
        uniform = (2 * values.frac().abs() - 1).float().view(*shape)
        if len(shape) > 1:
            tensors[name] = uniform * (6 * shape[0] / size) ** 0.5
        elif name.endswith(("running_var", "weight")):
            tensors[name] = 1 + uniform / 2
        else:
            tensors[name] = uniform / 10
    return tensors


def waves(size: int) -> Tensor:
    """Return an image (1, 3, S, S) in [0, 1] whose colours differ."""
    places = torch.arange(size) * 48 / size
    colour, y, x = torch.meshgrid(torch.arange(3.0), places, places, indexing="ij")
    return (0.5 + 0.25 * torch.sin(y / 5 + colour) + 0.25 * torch.cos(x / 7 - colour))[None]
