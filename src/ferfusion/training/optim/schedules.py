"""Learning rate schedules as pure logic: batches and scores in, a rate out; no optimizer, no loop.

A schedule is called at the end of every batch, and at the end of every epoch with the monitored score. Higher
scores are better: a loss is negated first. ``state_dict`` holds plain numbers, so that a run resumes exactly.
"""

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from ferfusion.lookup import choose

if TYPE_CHECKING:
    # the recipe imports this module, for its table
    from ferfusion.training.optim.recipe import ScheduleRecipe


class Schedule(Protocol):
    """The learning rate of the next batch."""

    @property
    def rate(self) -> float:
        """Learning rate of the current batch."""

    def batch_ended(self) -> None:
        """Advance to the next batch."""

    def epoch_ended(self, score: float) -> None:
        """Take the epoch's monitored score, higher is better."""

    def state_dict(self) -> dict[str, Any]:
        """Return the position in the schedule as plain numbers."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from a position that ``state_dict`` returned."""


class ConstantSchedule:
    """One rate for all batches."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def batch_ended(self) -> None:
        """Nothing changes."""

    def epoch_ended(self, score: float) -> None:
        """Nothing changes."""

    def state_dict(self) -> dict[str, Any]:
        """Return nothing: there is no position to save."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing to restore."""


class PlateauSchedule:
    """Multiply the rate by ``factor`` after ``patience`` consecutive epochs without a better score (5.3.2).

    Patience as Keras means it: with 2, the second such epoch lowers the rate, where PyTorch's scheduler waits
    for a third. An improvement is more than 0.0001 (keras/src/callbacks/reduce_lr_on_plateau.py).
    """

    min_delta = 1e-4

    def __init__(self, rate: float, *, factor: float, patience: int, min_rate: float) -> None:
        """Start at ``rate``.

        Args:
            rate: First rate.
            factor: Multiplies the rate on a plateau.
            patience: Epochs without a better score that make a plateau.
            min_rate: Lowest rate.
        """
        self.rate = rate
        self._factor, self._patience, self._min_rate = factor, patience, min_rate
        self._best = float("-inf")
        self._epochs_waited = 0

    def batch_ended(self) -> None:
        """Nothing changes within an epoch."""

    def epoch_ended(self, score: float) -> None:
        """Lower the rate if the score has not improved for ``patience`` epochs."""
        if self.is_stuck_after(score):
            self.lower()

    def is_stuck_after(self, score: float) -> bool:
        """Count the epoch, and return whether patience has run out."""
        if score > self._best + self.min_delta:
            self._best = score
            self._epochs_waited = 0
        else:
            self._epochs_waited += 1
        return self._epochs_waited >= self._patience

    def lower(self) -> None:
        """Multiply the rate, down to ``min_rate``, and restart the count of epochs."""
        self.rate = max(self.rate * self._factor, self._min_rate)
        self._epochs_waited = 0

    def state_dict(self) -> dict[str, Any]:
        """Return rate, best score and epochs waited."""
        return {"rate": self.rate, "best": self._best, "epochs_waited": self._epochs_waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from ``state``."""
        self.rate, self._best, self._epochs_waited = state["rate"], state["best"], state["epochs_waited"]


class _BatchCounter:
    """Position of a schedule that follows from the number of batches alone."""

    def __init__(self) -> None:
        self._batch = 0

    def batch_ended(self) -> None:
        """Advance to the next batch."""
        self._batch += 1

    def epoch_ended(self, score: float) -> None:
        """Nothing changes: scores do not matter."""

    def state_dict(self) -> dict[str, Any]:
        """Return the number of batches so far."""
        return {"batch": self._batch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from ``state``."""
        self._batch = state["batch"]


class Triangular2Schedule(_BatchCounter):
    """Rise from ``floor`` to ``peak`` and fall, in ``2 * half_cycle`` batches; each cycle is half as high.

    The report's 5.3.3; Smith 2017, Cyclical Learning Rates for Training Neural Networks, section 3.2.
    """

    def __init__(self, *, floor: float, peak: float, half_cycle: int) -> None:
        """Take the arguments of ``triangular2``."""
        super().__init__()
        self._floor, self._peak, self._half_cycle = floor, peak, half_cycle

    @property
    def rate(self) -> float:
        """Learning rate of the current batch."""
        return triangular2(self._batch, floor=self._floor, peak=self._peak, half_cycle=self._half_cycle)


class CosineSchedule(_BatchCounter):
    """Rise linearly for ``warmup`` batches, then fall along half a cosine to ``floor``.

    Loshchilov and Hutter 2017, SGDR, equation 5, without restarts.
    """

    def __init__(self, *, floor: float, peak: float, warmup: int, total: int) -> None:
        """Take the arguments of ``cosine``."""
        super().__init__()
        self._floor, self._peak, self._warmup, self._total = floor, peak, warmup, total

    @property
    def rate(self) -> float:
        """Learning rate of the current batch."""
        return cosine(self._batch, floor=self._floor, peak=self._peak, warmup=self._warmup, total=self._total)


class PlateauRestartSchedule:
    """Plateau, then triangular2 once nothing improves at ``restart_rate`` or below (5.3.3)."""

    def __init__(self, plateau: PlateauSchedule, cycles: Triangular2Schedule, *, restart_rate: float) -> None:
        self._plateau, self._cycles, self._restart_rate = plateau, cycles, restart_rate
        self._restarted = False

    @property
    def rate(self) -> float:
        """Learning rate of the current batch."""
        return self._cycles.rate if self._restarted else self._plateau.rate

    def batch_ended(self) -> None:
        """Advance to the next batch."""
        if self._restarted:
            self._cycles.batch_ended()

    def epoch_ended(self, score: float) -> None:
        """Lower the rate on a plateau; start the cycles on one at ``restart_rate`` or below."""
        if self._restarted or not self._plateau.is_stuck_after(score):
            return
        self._restarted = self._plateau.rate <= self._restart_rate
        self._plateau.lower()

    def state_dict(self) -> dict[str, Any]:
        """Return the positions in both schedules, and which one is active."""
        return {
            "restarted": self._restarted,
            "plateau": self._plateau.state_dict(),
            "cycles": self._cycles.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from ``state``."""
        self._restarted = state["restarted"]
        self._plateau.load_state_dict(state["plateau"])
        self._cycles.load_state_dict(state["cycles"])


def triangular2(batch: int, *, floor: float, peak: float, half_cycle: int) -> float:
    """Return the rate of a batch.

    Args:
        batch: Number of the batch, from 0.
        floor: Rate at the start and the end of each cycle.
        peak: Rate in the middle of the first cycle.
        half_cycle: Batches in which the rate rises, and again in which it falls.

    >>> [triangular2(batch, floor=0.0, peak=8.0, half_cycle=2) for batch in range(9)]
    [0.0, 4.0, 8.0, 4.0, 0.0, 2.0, 4.0, 2.0, 0.0]
    """
    cycle, batch_of_cycle = divmod(batch, 2 * half_cycle)
    height = 1 - abs(batch_of_cycle / half_cycle - 1)
    return floor + (peak - floor) * height * 0.5**cycle


def cosine(batch: int, *, floor: float, peak: float, warmup: int, total: int) -> float:
    """Return the rate of a batch.

    Args:
        batch: Number of the batch, from 0.
        floor: Rate from batch ``total`` on.
        peak: Rate of the first batch after the warmup.
        warmup: Batches of the linear rise.
        total: Batches of the whole training.

    >>> [round(cosine(batch, floor=0.0, peak=8.0, warmup=2, total=6), 2) for batch in range(7)]
    [2.67, 5.33, 8.0, 6.83, 4.0, 1.17, 0.0]
    """
    if batch < warmup:
        return peak * (batch + 1) / (warmup + 1)
    fallen = min(1.0, (batch - warmup) / max(1, total - warmup))
    return floor + (peak - floor) * (1 + math.cos(math.pi * fallen)) / 2


class MakeSchedule(Protocol):
    """Makes a schedule."""

    def __call__(self, recipe: "ScheduleRecipe", *, epochs: int, batches_per_epoch: int) -> Schedule:
        """Return the schedule of a recipe and the length of a training, at its first batch."""


@dataclass(frozen=True)
class ScheduleItem:
    """A schedule that a recipe can name.

    Attributes:
        make: Makes the schedule.
        has_fixed_length: Whether its rates follow from the number of epochs, which therefore cannot be raised
            later.
    """

    make: MakeSchedule
    has_fixed_length: bool = False


def _constant(recipe: "ScheduleRecipe", *, epochs: int, batches_per_epoch: int) -> ConstantSchedule:
    return ConstantSchedule(recipe.learning_rate)


def _plateau(recipe: "ScheduleRecipe", *, epochs: int, batches_per_epoch: int) -> PlateauSchedule:
    return PlateauSchedule(
        recipe.learning_rate,
        factor=recipe.plateau_factor,
        patience=recipe.plateau_patience,
        min_rate=recipe.min_learning_rate,
    )


def _triangular2(recipe: "ScheduleRecipe", *, epochs: int, batches_per_epoch: int) -> Triangular2Schedule:
    return Triangular2Schedule(
        floor=recipe.learning_rate / recipe.cycle_range,
        peak=recipe.learning_rate,
        half_cycle=max(1, round(recipe.cycle_half_epochs * batches_per_epoch)),
    )


def _cosine(recipe: "ScheduleRecipe", *, epochs: int, batches_per_epoch: int) -> CosineSchedule:
    return CosineSchedule(
        floor=min(recipe.min_learning_rate, recipe.learning_rate),
        peak=recipe.learning_rate,
        warmup=round(recipe.warmup_epochs * batches_per_epoch),
        total=epochs * batches_per_epoch,
    )


def _plateau_restart(
    recipe: "ScheduleRecipe", *, epochs: int, batches_per_epoch: int
) -> PlateauRestartSchedule:
    return PlateauRestartSchedule(
        _plateau(recipe, epochs=epochs, batches_per_epoch=batches_per_epoch),
        _triangular2(recipe, epochs=epochs, batches_per_epoch=batches_per_epoch),
        restart_rate=recipe.learning_rate * recipe.restart_below,
    )


SCHEDULES: MappingProxyType[str, ScheduleItem] = MappingProxyType(
    {
        "plateau": ScheduleItem(_plateau),
        "triangular2": ScheduleItem(_triangular2),
        "plateau-restart": ScheduleItem(_plateau_restart),
        "cosine": ScheduleItem(_cosine, has_fixed_length=True),
        "constant": ScheduleItem(_constant),
    }
)


def find_schedule(name: str) -> ScheduleItem:
    """Return the schedule of a name.

    Raises:
        ConfigError: there is no such schedule; the message lists the names.
    """
    return choose(SCHEDULES, name, what="schedule")


def make_schedule(recipe: "ScheduleRecipe", *, epochs: int, batches_per_epoch: int) -> Schedule:
    """Return the schedule that a recipe names, at its first batch."""
    return find_schedule(recipe.schedule).make(recipe, epochs=epochs, batches_per_epoch=batches_per_epoch)
