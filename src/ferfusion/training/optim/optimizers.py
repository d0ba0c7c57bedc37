"""Optimizers and the groups of parameters that they are given."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from ferfusion.lookup import choose
from ferfusion.models.encoder_streams import encoder_parameters
from ferfusion.training.optim.rmsprop import KerasRMSprop
from ferfusion.training.recipe import TrainRecipe

Group = dict[str, Any]
"""Parameters of one weight decay, and ``rate_factor``: their rate as a factor of the schedule's."""
MOMENTUM = 0.9


def make_optimizer(model: nn.Module, recipe: TrainRecipe) -> Optimizer:
    """Return the optimizer that a recipe names, over all parameters of a model."""
    make = choose(OPTIMIZERS, recipe.optimizer, what="optimizer")
    return make(parameter_groups(model, recipe), recipe)


def parameter_groups(model: nn.Module, recipe: TrainRecipe) -> list[Group]:
    """Return the parameters in groups of the same rate and weight decay; by default all are one group.

    Vectors (biases, norms) are not decayed.
    """
    encoder = {id(parameter) for parameter in encoder_parameters(model)}
    groups: dict[tuple[float, float], Group] = {}
    for parameter in model.parameters():
        factor = recipe.encoder_rate if id(parameter) in encoder else 1.0
        decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
        group = groups.setdefault(
            (factor, decay), {"params": [], "rate_factor": factor, "weight_decay": decay}
        )
        group["params"].append(parameter)
    return list(groups.values())


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """Give every group its learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["rate_factor"]


def _rmsprop(groups: list[Group], recipe: TrainRecipe) -> Optimizer:
    return KerasRMSprop(groups, lr=recipe.learning_rate, rho=recipe.rho, epsilon=recipe.epsilon)


def _sgd(groups: list[Group], recipe: TrainRecipe) -> Optimizer:
    return SGD(groups, lr=recipe.learning_rate, momentum=MOMENTUM, nesterov=True)


def _adamw(groups: list[Group], recipe: TrainRecipe) -> Optimizer:
    return AdamW(groups, lr=recipe.learning_rate)


OPTIMIZERS: MappingProxyType[str, Callable[[list[Group], TrainRecipe], Optimizer]] = MappingProxyType(
    {"rmsprop": _rmsprop, "sgd": _sgd, "adamw": _adamw}
)
