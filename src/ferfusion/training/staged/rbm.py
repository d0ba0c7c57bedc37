"""Contrastive divergence: how the layers of a deep belief network are trained without labels, one by one.

Hinton 2002, Training Products of Experts by Minimizing Contrastive Divergence; the numbers below are those of
Hinton 2010, A Practical Guide to Training Restricted Boltzmann Machines, sections 7 to 10 and 13.2.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from ferfusion.models.rbm import Rbm

INITIAL_DEVIATION = 0.01
BINARY_RATE = 0.1
REAL_RATE = 0.001
"""Real visible units have no bound: their RBM learns at a hundredth of the rate."""
WEIGHT_COST = 0.0002
FIRST_MOMENTUM, MOMENTUM, FIRST_EPOCHS = 0.5, 0.9, 5


def new_rbm(visible: int, hidden: int, *, real: bool, generator: torch.Generator) -> Rbm:
    """Return a new RBM of so many units, with small random weights and zero biases."""
    weight = torch.empty(hidden, visible, device=generator.device)
    weight.normal_(0, INITIAL_DEVIATION, generator=generator)
    return Rbm(weight, weight.new_zeros(hidden), weight.new_zeros(visible), real)


def train_rbm(
    rbm: Rbm, data: Tensor, *, epochs: int, batch_size: int, generator: torch.Generator
) -> Iterator[float]:
    """Train an RBM in place by CD-1, and yield the mean squared error of its reconstruction in each epoch.

    Args:
        rbm: The RBM; its tensors are changed.
        data: States of the visible units (N, visible): probabilities, or real numbers of deviation 1.
        epochs: Passes over the data.
        batch_size: States of a step.
        generator: Draws the order and the hidden units.
    """
    rate = REAL_RATE if rbm.real else BINARY_RATE
    tensors = (rbm.weight, rbm.hidden_bias, rbm.visible_bias)
    steps = [torch.zeros_like(tensor) for tensor in tensors]
    for epoch in range(epochs):
        momentum = FIRST_MOMENTUM if epoch < FIRST_EPOCHS else MOMENTUM
        error = 0.0
        order = torch.randperm(len(data), generator=generator, device=generator.device)
        for rows in torch.split(order, batch_size):
            visible = data[rows]
            gradients, reconstruction = contrastive_gradients(rbm, visible, generator=generator)
            error += float((visible - reconstruction).square().mean(1).sum())
            for tensor, step, gradient in zip(tensors, steps, gradients, strict=True):
                cost = WEIGHT_COST if tensor.ndim > 1 else 0.0
                step.mul_(momentum).add_(gradient - cost * tensor, alpha=rate)
                tensor.add_(step)
        yield error / len(data)


def contrastive_gradients(
    rbm: Rbm, visible: Tensor, *, generator: torch.Generator
) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor]:
    """Return the CD-1 gradients of weight, hidden and visible bias over a batch, and its reconstruction.

    The hidden units are sampled once, from the data; all other units are probabilities and means.
    """
    positive = rbm.hidden_probabilities(visible)  # (B, V) -> (B, H)
    sampled = torch.bernoulli(positive, generator=generator)
    reconstruction = rbm.visible_means(sampled)  # -> (B, V)
    negative = rbm.hidden_probabilities(reconstruction)  # -> (B, H)
    count = len(visible)
    gradients = (
        (positive.T @ visible - negative.T @ reconstruction) / count,
        (positive - negative).mean(0),
        (visible - reconstruction).mean(0),
    )
    return gradients, reconstruction
