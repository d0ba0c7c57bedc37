"""Learning rate schedules as pure logic: steps and scores in, a rate out; no optimizer, no loop.

A schedule is told when a batch ended, and the monitored score when an epoch ended. A higher score is better:
a loss is given negated. ``state_dict`` holds plain numbers, so that a resumed run goes on exactly.
"""

import math
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Protocol

from ferfusion.lookup import choose
from ferfusion.training.recipe import TrainRecipe


class Schedule(Protocol):
    """The learning rate of the next batch."""

    @property
    def rate(self) -> float:
        """Learning rate of the batch at hand."""

    def batch_ended(self) -> None:
        """Go on to the next batch."""

    def epoch_ended(self, score: float) -> None:
        """Take the epoch's monitored score, higher is better."""

    def state_dict(self) -> dict[str, Any]:
        """Return the place in the schedule as plain numbers."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a place that ``state_dict`` returned."""


class ConstantSchedule:
    """The same rate throughout."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def batch_ended(self) -> None:
        """Nothing changes."""

    def epoch_ended(self, score: float) -> None:
        """Nothing changes."""

    def state_dict(self) -> dict[str, Any]:
        """Return nothing: there is no place to remember."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take nothing."""


class PlateauSchedule:
    """Multiply the rate by ``factor`` once ``patience`` epochs in a row brought no better score (5.3.2).

    Patience as Keras means it: with 2, the second such epoch lowers the rate, where PyTorch's scheduler waits
    for a third. An improvement is more than 0.0001 (keras/src/callbacks/reduce_lr_on_plateau.py).
    """

    min_delta = 1e-4

    def __init__(self, rate: float, *, factor: float, patience: int, min_rate: float) -> None:
        self.rate = rate
        self._factor, self._patience, self._min_rate = factor, patience, min_rate
        self._best = float("-inf")
        self._epochs_waited = 0

    def batch_ended(self) -> None:
        """Nothing changes within an epoch."""

    def epoch_ended(self, score: float) -> None:
        """Lower the rate if the score has stood still for long enough."""
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
        """Multiply the rate, down to the smallest one allowed, and wait anew."""
        self.rate = max(self.rate * self._factor, self._min_rate)
        self._epochs_waited = 0

    def state_dict(self) -> dict[str, Any]:
        """Return rate, best score and epochs waited."""
        return {"rate": self.rate, "best": self._best, "epochs_waited": self._epochs_waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from ``state``."""
        self.rate, self._best, self._epochs_waited = state["rate"], state["best"], state["epochs_waited"]


class Triangular2Schedule:
    """Rise from ``floor`` to ``peak`` and fall, in ``2 * half_cycle`` batches; each cycle is half as high.

    The report's 5.3.3; Smith 2017, Cyclical Learning Rates for Training Neural Networks, section 3.2.
    """

    def __init__(self, *, floor: float, peak: float, half_cycle: int) -> None:
        self._floor, self._peak, self._half_cycle = floor, peak, half_cycle
        self._batch = 0

    @property
    def rate(self) -> float:
        """Learning rate of the batch at hand."""
        return triangular2(self._batch, floor=self._floor, peak=self._peak, half_cycle=self._half_cycle)

    def batch_ended(self) -> None:
        """Go on to the next batch."""
        self._batch += 1

    def epoch_ended(self, score: float) -> None:
        """Nothing changes: the cycle does not look at scores."""

    def state_dict(self) -> dict[str, Any]:
        """Return the number of batches so far."""
        return {"batch": self._batch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from ``state``."""
        self._batch = state["batch"]


class CosineSchedule:
    """Rise in a straight line for ``warmup`` batches, then fall along half a cosine to ``floor``.

    Loshchilov and Hutter 2017, SGDR, equation 5, without restarts.
    """

    def __init__(self, *, floor: float, peak: float, warmup: int, total: int) -> None:
        self._floor, self._peak, self._warmup, self._total = floor, peak, warmup, total
        self._batch = 0

    @property
    def rate(self) -> float:
        """Learning rate of the batch at hand."""
        return cosine(self._batch, floor=self._floor, peak=self._peak, warmup=self._warmup, total=self._total)

    def batch_ended(self) -> None:
        """Go on to the next batch."""
        self._batch += 1

    def epoch_ended(self, score: float) -> None:
        """Nothing changes: the fall does not look at scores."""

    def state_dict(self) -> dict[str, Any]:
        """Return the number of batches so far."""
        return {"batch": self._batch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from ``state``."""
        self._batch = state["batch"]


class PlateauRestartSchedule:
    """Plateau, and once that has made the rate very small and still nothing improves, triangular2 (5.3.3)."""

    def __init__(self, plateau: PlateauSchedule, cycles: Triangular2Schedule, *, restart_rate: float) -> None:
        self._plateau, self._cycles, self._restart_rate = plateau, cycles, restart_rate
        self._restarted = False

    @property
    def rate(self) -> float:
        """Learning rate of the batch at hand."""
        return self._cycles.rate if self._restarted else self._plateau.rate

    def batch_ended(self) -> None:
        """Go on to the next batch."""
        if self._restarted:
            self._cycles.batch_ended()

    def epoch_ended(self, score: float) -> None:
        """Lower the rate on a plateau; on one at ``restart_rate`` or below, begin the cycles."""
        if self._restarted or not self._plateau.is_stuck_after(score):
            return
        self._restarted = self._plateau.rate <= self._restart_rate
        self._plateau.lower()

    def state_dict(self) -> dict[str, Any]:
        """Return the place in both schedules, and which one is at work."""
        return {
            "restarted": self._restarted,
            "plateau": self._plateau.state_dict(),
            "cycles": self._cycles.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from ``state``."""
        self._restarted = state["restarted"]
        self._plateau.load_state_dict(state["plateau"])
        self._cycles.load_state_dict(state["cycles"])


def triangular2(batch: int, *, floor: float, peak: float, half_cycle: int) -> float:
    """Return the rate of a batch, counted from 0.

    >>> [triangular2(batch, floor=0.0, peak=8.0, half_cycle=2) for batch in range(9)]
    [0.0, 4.0, 8.0, 4.0, 0.0, 2.0, 4.0, 2.0, 0.0]
    """
    cycle, place = divmod(batch, 2 * half_cycle)
    height = 1 - abs(place / half_cycle - 1)
    return floor + (peak - floor) * height * 0.5**cycle


def cosine(batch: int, *, floor: float, peak: float, warmup: int, total: int) -> float:
    """Return the rate of a batch, counted from 0; it is ``peak`` after the rise, ``floor`` after the last.

    >>> [round(cosine(batch, floor=0.0, peak=8.0, warmup=2, total=6), 2) for batch in range(7)]
    [2.67, 5.33, 8.0, 6.83, 4.0, 1.17, 0.0]
    """
    if batch < warmup:
        return peak * (batch + 1) / (warmup + 1)
    fallen = min(1.0, (batch - warmup) / max(1, total - warmup))
    return floor + (peak - floor) * (1 + math.cos(math.pi * fallen)) / 2


def _constant(recipe: TrainRecipe, batches_per_epoch: int) -> ConstantSchedule:
    return ConstantSchedule(recipe.learning_rate)


def _plateau(recipe: TrainRecipe, batches_per_epoch: int) -> PlateauSchedule:
    return PlateauSchedule(
        recipe.learning_rate,
        factor=recipe.plateau_factor,
        patience=recipe.plateau_patience,
        min_rate=recipe.min_learning_rate,
    )


def _triangular2(recipe: TrainRecipe, batches_per_epoch: int) -> Triangular2Schedule:
    return Triangular2Schedule(
        floor=recipe.learning_rate / recipe.cycle_range,
        peak=recipe.learning_rate,
        half_cycle=max(1, round(recipe.cycle_half_epochs * batches_per_epoch)),
    )


def _cosine(recipe: TrainRecipe, batches_per_epoch: int) -> CosineSchedule:
    return CosineSchedule(
        floor=min(recipe.min_learning_rate, recipe.learning_rate),
        peak=recipe.learning_rate,
        warmup=round(recipe.warmup_epochs * batches_per_epoch),
        total=recipe.epochs * batches_per_epoch,
    )


def _plateau_restart(recipe: TrainRecipe, batches_per_epoch: int) -> PlateauRestartSchedule:
    return PlateauRestartSchedule(
        _plateau(recipe, batches_per_epoch),
        _triangular2(recipe, batches_per_epoch),
        restart_rate=recipe.learning_rate * recipe.restart_below,
    )


SCHEDULES: MappingProxyType[str, Callable[[TrainRecipe, int], Schedule]] = MappingProxyType(
    {
        "plateau": _plateau,
        "triangular2": _triangular2,
        "plateau-restart": _plateau_restart,
        "cosine": _cosine,
        "constant": _constant,
    }
)


def make_schedule(recipe: TrainRecipe, *, batches_per_epoch: int) -> Schedule:
    """Return the schedule that a recipe names, at its first batch."""
    return choose(SCHEDULES, recipe.schedule, what="schedule")(recipe, batches_per_epoch)
