"""Optimizers, and the groups of parameters that they optimise."""

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from ferfusion.lookup import choose
from ferfusion.models.encoder_streams import encoder_parameters
from ferfusion.training.optim.rmsprop import KerasRMSprop

if TYPE_CHECKING:
    # the recipe imports this module, for its table
    from ferfusion.training.optim.recipe import OptimizerRecipe

Group = dict[str, Any]
"""A group of parameters for torch, with ``rate_factor``: its rate as a factor of the schedule's."""
MOMENTUM = 0.9


class MakeOptimizer(Protocol):
    """Makes an optimizer."""

    def __call__(self, groups: list[Group], recipe: "OptimizerRecipe", *, learning_rate: float) -> Optimizer:
        """Return an optimizer of groups of parameters, with a first learning rate."""


def make_optimizer(model: nn.Module, recipe: "OptimizerRecipe", *, learning_rate: float) -> Optimizer:
    """Return the optimizer that a recipe names, over all parameters of a model."""
    make = choose(OPTIMIZERS, recipe.optimizer, what="optimizer")
    return make(parameter_groups(model, recipe), recipe, learning_rate=learning_rate)


def parameter_groups(model: nn.Module, recipe: "OptimizerRecipe") -> list[Group]:
    """Return the parameters in groups of equal rate and weight decay; by default all are one group.

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
    """Set the learning rate of every group: the schedule's rate times the group's factor."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["rate_factor"]


def _rmsprop(groups: list[Group], recipe: "OptimizerRecipe", *, learning_rate: float) -> Optimizer:
    return KerasRMSprop(groups, lr=learning_rate, rho=recipe.rho, epsilon=recipe.epsilon)


def _sgd(groups: list[Group], recipe: "OptimizerRecipe", *, learning_rate: float) -> Optimizer:
    return SGD(groups, lr=learning_rate, momentum=MOMENTUM, nesterov=True)


def _adamw(groups: list[Group], recipe: "OptimizerRecipe", *, learning_rate: float) -> Optimizer:
    return AdamW(groups, lr=learning_rate)


OPTIMIZERS: MappingProxyType[str, MakeOptimizer] = MappingProxyType(
    {"rmsprop": _rmsprop, "sgd": _sgd, "adamw": _adamw}
)
