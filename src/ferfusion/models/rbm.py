"""A restricted Boltzmann machine: its conditional probabilities and its free energy.

Hinton 2010, A Practical Guide to Training Restricted Boltzmann Machines, sections 2, 13.2 and 16.1.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Rbm:
    """Binary hidden units over visible units that are binary, or real with deviation 1.

    The energy of a state is ``-h W v - c h - b v`` with binary visible units, and with real ones
    ``-h W v - c h + |v - b|² / 2``.

    Attributes:
        weight: Connections W (hidden, visible).
        hidden_bias: c (hidden,).
        visible_bias: b (visible,).
        real: Whether the visible units are real numbers.
    """

    weight: Tensor
    hidden_bias: Tensor
    visible_bias: Tensor
    real: bool

    def hidden_probabilities(self, visible: Tensor) -> Tensor:
        """Return the probability (B, hidden) of each hidden unit, given the visible units (B, visible)."""
        return torch.sigmoid(F.linear(visible, self.weight, self.hidden_bias))

    def visible_means(self, hidden: Tensor) -> Tensor:
        """Return the mean (B, visible) of each visible unit, given the hidden units (B, hidden)."""
        means = hidden @ self.weight + self.visible_bias
        return means if self.real else torch.sigmoid(means)

    def free_energy(self, visible: Tensor) -> Tensor:
        """Return the free energy (B,) of states (B, visible) of the visible units, over all hidden states.

        Its negative is the log probability of the state, up to a constant.
        """
        if self.real:
            alone = (visible - self.visible_bias).square().sum(1) / 2
        else:
            alone = -(visible @ self.visible_bias)
        return alone - F.softplus(F.linear(visible, self.weight, self.hidden_bias)).sum(1)
