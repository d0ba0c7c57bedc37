"""A deep belief network after its RBMs are trained: sigmoid layers, from the bottom up."""

from collections.abc import Sequence
from types import MappingProxyType

import torch
from torch import Tensor, nn

from ferfusion.models.rbm import Rbm

DBNS: MappingProxyType[str, tuple[int, ...]] = MappingProxyType(
    {"small": (256, 64), "large": (4096, 2048, 1024)}
)
"""Units of the hidden layers, from the bottom up. The report does not state its reference system's."""


class DeepBeliefNetwork(nn.Module):
    """Stacked restricted Boltzmann machines, the lowest with real visible units.

    Hinton, Osindero and Teh 2006, A Fast Learning Algorithm for Deep Belief Nets, section 4. ``mean`` and
    ``deviation`` standardise the inputs, because the real units have mean 0 and deviation 1.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, in_features: int, units: Sequence[int]) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, units[-1]
        self.register_buffer("mean", torch.zeros(in_features))
        self.register_buffer("deviation", torch.ones(in_features))
        sizes = (in_features, *units)
        self.layers = nn.ModuleList(
            nn.Linear(below, above) for below, above in zip(sizes, units, strict=False)
        )

    def standardise(self, inputs: Tensor) -> Tensor:
        """Return the states of the lowest visible units (B, in_features)."""
        return (inputs - self.mean) / self.deviation

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the probabilities (B, out_features) of the top hidden units."""
        x = self.standardise(inputs)  # (B, 2048) -> (B, 2048)
        for layer in self.layers:
            x = torch.sigmoid(layer(x))  # -> (B, 256) -> (B, 64)
        return x

    def take_rbm(self, index: int, rbm: Rbm) -> None:
        """Copy the upward weights of a trained RBM into a layer; its visible biases are no longer needed."""
        self.layers[index].load_state_dict({"weight": rbm.weight, "bias": rbm.hidden_bias})
