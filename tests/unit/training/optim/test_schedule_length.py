from itertools import pairwise

import pytest

from ferfusion.training.optim.recipe import ScheduleRecipe
from ferfusion.training.optim.schedule_length import schedule_caution
from ferfusion.training.optim.schedules import SCHEDULES, make_schedule

BATCHES = 20


def rates_of(recipe, epochs):
    """The rate of every batch if no epoch after the first improves: the fastest that a plateau can be."""
    schedule, rates = make_schedule(recipe, epochs=epochs, batches_per_epoch=BATCHES), []
    for _ in range(epochs):
        for _ in range(BATCHES):
            rates.append(schedule.rate)
            schedule.batch_ended()
        schedule.epoch_ended(0.0)
    return rates


@pytest.mark.parametrize(
    ("settings", "short", "enough"),
    [
        ({"schedule": "plateau"}, 3, 4),
        ({"schedule": "plateau", "plateau_patience": 5}, 6, 7),
        ({"schedule": "triangular2"}, 9, 10),
        ({"schedule": "triangular2", "cycle_half_epochs": 1.5}, 2, 3),
        ({"schedule": "cosine"}, 1, 2),
        ({"schedule": "cosine", "warmup_epochs": 3.0}, 5, 6),
        ({"schedule": "plateau-restart"}, 13, 14),
        ({"schedule": "plateau-restart", "plateau_patience": 1, "plateau_factor": 0.01}, 3, 4),
    ],
)
def test_schedule_caution_ends_with_the_first_number_of_epochs_that_suffices(settings, short, enough):
    recipe = ScheduleRecipe(**settings)
    assert all(schedule_caution(recipe, epochs=epochs) for epochs in range(1, short + 1))
    assert schedule_caution(recipe, epochs=enough) == ""


def test_schedule_caution_of_plateau_is_true_of_its_rates():
    recipe = ScheduleRecipe(schedule="plateau")
    assert set(rates_of(recipe, 3)) == {5e-4}
    assert set(rates_of(recipe, 4)) == {5e-4, 2.5e-4}
    assert schedule_caution(recipe, epochs=3) == (
        "The schedule plateau cannot lower the learning rate in 3 epochs: every epoch trains with 0.0005. "
        "With plateau_patience 2, epoch 4 is the first that can have a lower rate."
    )


def test_schedule_caution_of_triangular2_names_the_rates_that_it_has():
    recipe = ScheduleRecipe(schedule="triangular2")
    rates = rates_of(recipe, 3)
    assert (min(rates), max(rates)) == pytest.approx((8.3e-5, 3.3e-4), rel=0.03)
    assert schedule_caution(recipe, epochs=3) == (
        "The schedule triangular2 rises for 5 epochs and falls for 5; 3 epochs end in the rise: the learning "
        "rate goes from 8.3e-05 to 0.00033 and does not reach its peak, 0.0005. Train for 10 epochs or "
        "more, lower cycle_half_epochs, or choose another schedule."
    )
    assert rates_of(recipe, 8)[-1] == pytest.approx(2.5e-4, rel=0.03)
    assert "end before the first cycle does, at a learning rate of 0.00025" in schedule_caution(
        recipe, epochs=8
    )


def test_schedule_caution_of_plateau_restart_is_true_of_its_rates():
    recipe = ScheduleRecipe(schedule="plateau-restart")
    rates = rates_of(recipe, 14)
    rises = [number for number, (one, two) in enumerate(pairwise(rates)) if two > one]
    assert (rises[0] + 1) / BATCHES + 1 == 14
    assert "epoch 14 is the first that can have them" in schedule_caution(recipe, epochs=10)
    never = ScheduleRecipe(schedule="plateau-restart", min_learning_rate=1e-4)
    assert schedule_caution(never, epochs=500).endswith("With these settings, they never start.")


def test_schedule_caution_of_cosine_names_the_warmup():
    recipe = ScheduleRecipe(schedule="cosine")
    assert schedule_caution(recipe, epochs=1).startswith(
        "The schedule cosine rises for 1 of 1 epoch: the learning rate never falls."
    )


def test_schedule_caution_of_every_schedule_is_empty_for_a_long_training():
    assert {schedule_caution(ScheduleRecipe(schedule=name), epochs=100) for name in SCHEDULES} == {""}
