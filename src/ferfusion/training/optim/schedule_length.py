"""What a learning rate schedule can do in the epochs of a training."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from ferfusion.reporting.words import amount, counted
from ferfusion.training.optim.recipe import ScheduleRecipe
from ferfusion.training.optim.schedules import triangular2

_RESOLUTION = 1000
_LONGEST_EPOCHS = 1000


def schedule_caution(recipe: ScheduleRecipe, *, epochs: int) -> str:
    """Return what the epochs allow of a schedule that needs more of them; nothing if they suffice.

    >>> schedule_caution(ScheduleRecipe(schedule="plateau"), epochs=3)[:63]
    'The schedule plateau cannot lower the learning rate in 3 epochs'
    """
    check = _CAUTIONS.get(recipe.schedule)
    return check(recipe, epochs) if check else ""


def _plateau(recipe: ScheduleRecipe, epochs: int) -> str:
    # the first epoch is always the best so far
    needed = recipe.plateau_patience + 2
    if epochs >= needed:
        return ""
    return (
        f"The schedule {recipe.schedule} cannot lower the learning rate in {counted(epochs, 'epoch')}: every "
        f"epoch trains with {recipe.learning_rate:g}. With plateau_patience {recipe.plateau_patience}, epoch "
        f"{needed} is the first that can have a lower rate."
    )


def _plateau_restart(recipe: ScheduleRecipe, epochs: int) -> str:
    if caution := _plateau(recipe, epochs):
        return caution
    first = _first_epoch_of_cycles(recipe)
    if first is not None and epochs >= first:
        return ""
    at_best = "they never start" if first is None else f"epoch {first} is the first that can have them"
    return (
        f"The cycles of plateau-restart cannot start in {counted(epochs, 'epoch')}: the rate only falls. "
        f"With these settings, {at_best}."
    )


def _first_epoch_of_cycles(recipe: ScheduleRecipe) -> int | None:
    """Return the first epoch of the cycles if no epoch after the first improves; None if they never start."""
    rate, lowest = recipe.learning_rate, recipe.learning_rate * recipe.restart_below
    epoch = 1
    while epoch < _LONGEST_EPOCHS:
        epoch += recipe.plateau_patience
        if rate <= lowest:
            return epoch + 1
        lowered = max(rate * recipe.plateau_factor, recipe.min_learning_rate)
        if lowered == rate:
            return None
        rate = lowered
    return None


def _triangular2(recipe: ScheduleRecipe, epochs: int) -> str:
    half, peak = recipe.cycle_half_epochs, recipe.learning_rate
    if epochs >= 2 * half:
        return ""
    floor = peak / recipe.cycle_range
    end = triangular2(epochs * _RESOLUTION, floor=floor, peak=peak, half_cycle=round(half * _RESOLUTION))
    rises = f"The schedule triangular2 rises for {amount(half, 'epoch')} and falls for {half:g}"
    verb = "ends" if epochs == 1 else "end"
    needed = counted(math.ceil(2 * half), "epoch")
    advice = f"Train for {needed} or more, lower cycle_half_epochs, or choose another schedule."
    if epochs < half:
        return (
            f"{rises}; {counted(epochs, 'epoch')} {verb} in the rise: the learning rate goes from "
            f"{floor:.2g} to {end:.2g} and does not reach its peak, {peak:g}. "
            f"{advice}"
        )
    return (
        f"{rises}; {counted(epochs, 'epoch')} {verb} before the first cycle does, at a learning rate of "
        f"{end:.2g} instead of {floor:.2g}. {advice}"
    )


def _cosine(recipe: ScheduleRecipe, epochs: int) -> str:
    warmup = recipe.warmup_epochs
    if 2 * warmup <= epochs:
        return ""
    falls = "never falls" if warmup >= epochs else "falls in the rest only"
    return (
        f"The schedule cosine rises for {warmup:g} of {counted(epochs, 'epoch')}: the learning rate {falls}. "
        "Lower warmup_epochs, or train longer."
    )


_CAUTIONS: Mapping[str, Callable[[ScheduleRecipe, int], str]] = MappingProxyType(
    {
        "plateau": _plateau,
        "plateau-restart": _plateau_restart,
        "triangular2": _triangular2,
        "cosine": _cosine,
    }
)
