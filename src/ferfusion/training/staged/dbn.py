"""Train a deep belief network: its RBMs without labels, one by one, then the whole network with labels.

Hinton, Osindero and Teh 2006; the fine-tuning by backpropagation is that of Hinton and Salakhutdinov 2006.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.models.dbn import DeepBeliefNetwork
from ferfusion.models.random_state import borrowed_random_state
from ferfusion.training.imbalance import balanced_weights
from ferfusion.training.optim.rmsprop import KerasRMSprop
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.staged.rbm import new_rbm, train_rbm
from ferfusion.training.staged.segments import IntArray

SMALLEST_DEVIATION = 0.01
"""Smallest divisor of an input, so that a nearly constant one, such as that of a dead unit, stays small."""


@torch.no_grad()
def pretrain(network: DeepBeliefNetwork, inputs: Tensor, *, recipe: TrainRecipe) -> Iterator[str]:
    """Train the RBMs of the network one by one, and yield a line on each.

    Args:
        network: The network; its standardisation and its layers are set.
        inputs: A row per training sample (N, in_features).
        recipe: Epochs, batch size and seed.
    """
    generator = torch.Generator(inputs.device).manual_seed(recipe.seed)
    network.mean.copy_(inputs.mean(0))
    network.deviation.copy_(inputs.std(0, correction=0).clamp(min=SMALLEST_DEVIATION))
    states = network.standardise(inputs)
    for index in range(len(network.layers)):
        hidden, visible = network.layers[index].get_parameter("weight").shape
        rbm = new_rbm(visible, hidden, real=index == 0, generator=generator)
        errors = list(
            train_rbm(
                rbm, states, epochs=recipe.rbm_epochs, batch_size=recipe.batch_size, generator=generator
            )
        )
        network.take_rbm(index, rbm)
        states = rbm.hidden_probabilities(states)
        yield (
            f"RBM {index + 1}, {visible} to {hidden} units: squared error of the reconstruction "
            f"{errors[0]:.4f} after the first epoch, {errors[-1]:.4f} after {len(errors)}"
        )


def fine_tune(
    network: DeepBeliefNetwork, inputs: Tensor, codes: IntArray, *, num_classes: int, recipe: TrainRecipe
) -> Iterator[None]:
    """Train all layers by backpropagation from a softmax layer on top; yield after each epoch.

    The softmax layer is discarded afterwards: the SVM replaces it.

    Args:
        network: The network, pretrained.
        inputs: A row per training sample (N, in_features).
        codes: Class code of each row (N,).
        num_classes: Classes of the label set.
        recipe: Epochs, learning rate, batch size, treatment of imbalance and seed.
    """
    generator = torch.Generator(inputs.device).manual_seed(recipe.seed)
    with borrowed_random_state():
        top = nn.Linear(network.out_features, num_classes).to(inputs.device)
    nn.init.xavier_uniform_(top.weight, generator=generator)
    nn.init.zeros_(top.bias)
    targets = torch.from_numpy(codes).to(inputs.device)
    weights = _sample_weights(codes, num_classes=num_classes, recipe=recipe).to(inputs.device)
    optimizer = KerasRMSprop(
        [*network.parameters(), *top.parameters()],
        lr=recipe.dbn_learning_rate,
        rho=recipe.rho,
        epsilon=recipe.epsilon,
    )
    for _ in range(recipe.dbn_epochs):
        order = torch.randperm(len(inputs), generator=generator, device=inputs.device)
        for rows in torch.split(order, recipe.batch_size):
            logits = top(network(inputs[rows]))
            losses = F.cross_entropy(
                logits, targets[rows], reduction="none", label_smoothing=recipe.label_smoothing
            )
            optimizer.zero_grad()
            (weights[rows] * losses).mean().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        yield


def _sample_weights(codes: IntArray, *, num_classes: int, recipe: TrainRecipe) -> Tensor:
    if recipe.imbalance != "class-weights":
        return torch.ones(len(codes))
    return balanced_weights(np.bincount(codes, minlength=num_classes).tolist())[torch.from_numpy(codes)]
