"""The settings of the training loop: epochs, batches, and the metric that chooses the best epoch."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from ferfusion.lookup import choose
from ferfusion.recipe import AtLeast, Recipe

MONITORS = MappingProxyType({"val_uar": 1, "val_accuracy": 1, "val_loss": -1})
"""Validation metrics that can choose the best epoch and end a plateau; -1 where lower is better."""


@dataclass(frozen=True)
class LoopRecipe(Recipe):
    """Settings of the training loop.

    Attributes:
        epochs: Passes over the training part.
        batch_size: Pairs of a batch, over all devices together.
        monitor: Validation metric that chooses the best epoch and ends a plateau: val_uar, val_accuracy or
            val_loss.
        early_stopping: Stop after this many epochs without a new best one; 0 trains to the last epoch.
    """

    epochs: Annotated[int, AtLeast(1)] = 20
    batch_size: Annotated[int, AtLeast(1)] = 16
    monitor: str = "val_uar"
    early_stopping: Annotated[int, AtLeast(0)] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        choose(MONITORS, self.monitor, what="metric to monitor")
