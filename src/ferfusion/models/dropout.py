"""Dropout that draws from its own generator (Srivastava et al. 2014)."""

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Sets a share of the values to 0 while training, and scales the others up.

    torch's own layer draws from the global random state, which other threads also use. This one draws the
    same values from ``generator``, if a training has set one.

    Args:
        rate: Share of the values that are dropped.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` with some of its values dropped, in the same shape."""
        if not self.training or not self.rate:
            return x
        kept = torch.empty_like(x).bernoulli_(1 - self.rate, generator=self.generator)
        return x * kept.div_(1 - self.rate)


def set_generator(model: nn.Module, generator: torch.Generator) -> None:
    """Let every dropout layer of a model draw from a generator of the model's device."""
    for layer in model.modules():
        if isinstance(layer, Dropout):
            layer.generator = generator
