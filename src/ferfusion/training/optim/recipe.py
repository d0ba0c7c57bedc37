"""The settings of the optimizer and of the learning rate schedule."""

from dataclasses import dataclass
from typing import Annotated

from ferfusion.environment import load_torch
from ferfusion.lookup import choose
from ferfusion.recipe import Above, AtLeast, Below, Recipe
from ferfusion.training.optim import schedules


@dataclass(frozen=True)
class OptimizerRecipe(Recipe):
    """Settings of the optimizer.

    Attributes:
        optimizer: Optimizer: rmsprop (as in Keras), sgd (with Nesterov momentum of
            0.9), or adamw.
        rho: RMSprop's decay of the mean squared gradient.
        epsilon: RMSprop's constant inside the root.
        weight_decay: Decay of every weight towards 0, except biases and norms; with sgd a part of the
            gradient, with rmsprop and adamw decoupled from it.
        encoder_rate: The streams' learning rate as a factor of the rest's.
    """

    optimizer: str = "rmsprop"
    rho: Annotated[float, Above(0), Below(1)] = 0.9
    epsilon: Annotated[float, Above(0)] = 1e-7
    weight_decay: Annotated[float, AtLeast(0)] = 0.0
    encoder_rate: Annotated[float, Above(0)] = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        load_torch()
        from ferfusion.training.optim.optimizers import OPTIMIZERS  # noqa: PLC0415 torch

        choose(OPTIMIZERS, self.optimizer, what="optimizer")


@dataclass(frozen=True)
class ScheduleRecipe(Recipe):
    """Settings of the learning rate schedule.

    Attributes:
        schedule: Learning rate schedule: plateau, triangular2, plateau-restart (plateau, and triangular2
            once no improvement follows at a very small rate), cosine (a linear warmup, then half a cosine
            down to min_learning_rate at the last epoch), or constant.
        learning_rate: First rate of plateau, peak of triangular2 and cosine.
        plateau_factor: Factor that lowers the rate on a plateau.
        plateau_patience: Epochs without improvement that make a plateau.
        min_learning_rate: Lowest rate of plateau, and the rate at which cosine ends.
        warmup_epochs: Epochs in which cosine rises to its peak.
        cycle_half_epochs: Epochs in which triangular2 rises, and again in which it falls.
        cycle_range: The peak of triangular2 divided by its floor.
        restart_below: Share of learning_rate; plateau-restart starts the cycles on a plateau at or below it.
    """

    schedule: str = "triangular2"
    learning_rate: Annotated[float, Above(0)] = 5e-4
    plateau_factor: Annotated[float, Above(0), Below(1)] = 0.5
    plateau_patience: Annotated[int, AtLeast(1)] = 2
    min_learning_rate: Annotated[float, AtLeast(0)] = 1e-6
    warmup_epochs: Annotated[float, AtLeast(0)] = 1.0
    cycle_half_epochs: Annotated[float, Above(0)] = 5.0
    cycle_range: Annotated[float, AtLeast(1)] = 6.0
    restart_below: Annotated[float, Above(0), Below(1)] = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        schedules.find_schedule(self.schedule)

    @property
    def has_fixed_length(self) -> bool:
        """Whether the rates follow from the number of epochs, which therefore cannot be raised later."""
        return schedules.find_schedule(self.schedule).has_fixed_length
