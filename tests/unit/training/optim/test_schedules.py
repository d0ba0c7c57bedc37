import math
from dataclasses import replace
from types import MappingProxyType

import pandas as pd
import pytest

from ferfusion.errors import ConfigError
from ferfusion.studies.plan import read_variants
from ferfusion.training.optim import schedules
from ferfusion.training.optim.recipe import ScheduleRecipe
from ferfusion.training.optim.schedules import (
    SCHEDULES,
    PlateauRestartSchedule,
    PlateauSchedule,
    ScheduleItem,
    Triangular2Schedule,
    cosine,
    make_schedule,
    triangular2,
)
from ferfusion.training.recipe import TrainRecipe
from helpers.trainings import MODEL, SHORT, train


def rates_after(schedule, scores):
    rates = []
    for score in scores:
        schedule.epoch_ended(score)
        rates.append(schedule.rate)
    return rates


def test_plateau_lowers_the_rate_on_the_second_epoch_without_improvement():
    schedule = PlateauSchedule(8.0, factor=0.5, patience=2, min_rate=0.0)
    scores = [0.5, 0.4, 0.5, 0.5, 0.6, 0.6, 0.6, 0.7]
    #         best  1    2!   1   best   1   2!  best
    assert rates_after(schedule, scores) == [8, 8, 4, 4, 4, 4, 2, 2]


def test_plateau_ignores_an_improvement_below_min_delta():
    schedule = PlateauSchedule(8.0, factor=0.5, patience=1, min_rate=0.0)
    assert rates_after(schedule, [0.5, 0.50009, 0.50011]) == [8, 4, 4]


def test_plateau_stops_at_the_lowest_rate():
    schedule = PlateauSchedule(1.0, factor=0.5, patience=1, min_rate=0.3)
    assert rates_after(schedule, [0, 0, 0, 0]) == [1, 0.5, 0.3, 0.3]


def test_plateau_of_a_negated_loss():
    schedule = PlateauSchedule(1.0, factor=0.5, patience=1, min_rate=0.0)
    assert rates_after(schedule, [-2.0, -1.5, -1.6]) == [1, 1, 0.5]


def test_triangular2_by_hand():
    rates = [triangular2(batch, floor=1, peak=5, half_cycle=4) for batch in range(25)]
    first = [1, 2, 3, 4, 5, 4, 3, 2]
    half_as_high = [1, 1.5, 2, 2.5, 3, 2.5, 2, 1.5]
    a_quarter = [1, 1.25, 1.5, 1.75, 2, 1.75, 1.5, 1.25]
    assert rates == pytest.approx([*first, *half_as_high, *a_quarter, 1])


def test_triangular2_of_a_late_batch_is_the_floor():
    assert triangular2(10**7, floor=1e-5, peak=1e-3, half_cycle=3) == pytest.approx(1e-5)


def test_cosine_by_hand():
    rates = [cosine(batch, floor=2, peak=10, warmup=3, total=9) for batch in range(12)]
    # a third of the way down half a cosine is a quarter of the height, two thirds are three quarters
    down = [10, 2 + 8 * (2 + math.sqrt(3)) / 4, 8, 6, 4, 2 + 8 * (2 - math.sqrt(3)) / 4]
    assert rates == pytest.approx([2.5, 5, 7.5, *down, 2, 2, 2])


def test_cosine_without_warmup_begins_at_its_peak():
    assert cosine(0, floor=0, peak=4, warmup=0, total=2) == 4
    assert cosine(1, floor=0, peak=4, warmup=0, total=2) == pytest.approx(2)


def test_cosine_of_a_recipe_ends_at_min_learning_rate():
    recipe = ScheduleRecipe(schedule="cosine", warmup_epochs=0.5, learning_rate=1.0, min_learning_rate=0.1)
    schedule = make_schedule(recipe, epochs=3, batches_per_epoch=4)
    rates = []
    for _ in range(12):
        rates.append(schedule.rate)
        schedule.batch_ended()
    assert rates[:3] == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert rates[7] == pytest.approx(0.55)  # half of the ten batches after the warmup
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert schedule.rate == pytest.approx(0.1)


def test_constant_keeps_its_rate():
    schedule = make_schedule(
        ScheduleRecipe(schedule="constant", learning_rate=0.5), epochs=5, batches_per_epoch=3
    )
    assert rates_after(schedule, [0.5, 0.4, 0.4, 0.4, 0.4]) == [0.5] * 5


def test_plateau_of_the_report_halves_after_two_epochs_without_improvement():
    recipe = ScheduleRecipe(schedule="plateau", learning_rate=8.0, plateau_factor=0.5, plateau_patience=2)
    schedule = make_schedule(recipe, epochs=9, batches_per_epoch=3)
    scores = [0.2, 0.3, 0.3, 0.3, 0.3, 0.3, 0.31, 0.2]
    #        best best  1    2!   1    2!  best  1
    assert rates_after(schedule, scores) == [8, 8, 8, 4, 4, 2, 2, 2]


def test_plateau_restart_waits_for_a_plateau_at_a_very_small_rate():
    schedule = PlateauRestartSchedule(
        PlateauSchedule(8.0, factor=0.5, patience=1, min_rate=0.0),
        Triangular2Schedule(floor=2.0, peak=8.0, half_cycle=2),
        restart_rate=2.0,
    )
    assert rates_after(schedule, [0.5, 0.5, 0.5]) == [8, 4, 2]
    # the rate is very small now; while things improve, it stays
    assert rates_after(schedule, [0.6, 0.7]) == [2, 2]
    # nothing improves: the cycle begins at its floor
    assert rates_after(schedule, [0.7]) == [2]
    cycle = []
    for _ in range(6):
        cycle.append(schedule.rate)
        schedule.batch_ended()
    assert cycle == [2, 5, 8, 5, 2, 3.5]
    # scores change nothing after the restart
    assert rates_after(schedule, [0, 0, 0]) == [5, 5, 5]


def test_plateau_restart_does_not_count_batches_before_the_cycles():
    schedule = make_schedule(
        ScheduleRecipe(schedule="plateau-restart", learning_rate=1.0), epochs=20, batches_per_epoch=5
    )
    for _ in range(100):
        schedule.batch_ended()
    assert schedule.rate == 1.0
    assert schedule.state_dict()["cycles"] == {"batch": 0}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule_resumes_from_its_state(name):
    recipe = ScheduleRecipe(schedule=name, learning_rate=1.0, restart_below=0.3, plateau_patience=1)

    def run(schedule, epochs):
        rates = []
        for _ in range(epochs):
            for _ in range(3):
                rates.append(schedule.rate)
                schedule.batch_ended()
            schedule.epoch_ended(0.5)
        return rates

    whole = run(make_schedule(recipe, epochs=9, batches_per_epoch=3), 9)
    first = make_schedule(recipe, epochs=9, batches_per_epoch=3)
    begun = run(first, 5)
    resumed = make_schedule(recipe, epochs=9, batches_per_epoch=3)
    resumed.load_state_dict(first.state_dict())
    assert begun + run(resumed, 4) == whole
    assert len(set(whole)) > (name != "constant")


def test_triangular2_of_a_recipe_counts_its_cycle_in_epochs():
    recipe = ScheduleRecipe(schedule="triangular2", learning_rate=6.0, cycle_range=6.0, cycle_half_epochs=1.5)
    schedule = make_schedule(recipe, epochs=9, batches_per_epoch=4)
    rates = []
    for _ in range(7):
        rates.append(schedule.rate)
        schedule.batch_ended()
    assert max(rates) == rates[6] == pytest.approx(6.0)
    assert rates[0] == pytest.approx(1.0)


def _halving(recipe, *, epochs, batches_per_epoch):
    return PlateauSchedule(recipe.learning_rate, factor=0.5, patience=1, min_rate=0.0)


@pytest.fixture
def halving(monkeypatch):
    """The table with one more schedule, and nothing else changed."""
    item = ScheduleItem(_halving, has_fixed_length=True)
    monkeypatch.setattr(schedules, "SCHEDULES", MappingProxyType({**SCHEDULES, "halving": item}))


def test_schedules_table_needs_one_item_for_a_new_schedule(halving, dataset, tmp_path):
    """It trains, is one variant of a study, and refuses more epochs, all by its name."""
    recipe = replace(SHORT, schedule="halving")
    train(dataset, tmp_path / "run", recipe=recipe)
    assert pd.read_csv(tmp_path / "run" / "metrics.csv")["lr"][0] == SHORT.learning_rate
    [variant] = read_variants(["schedule=halving"], model=MODEL, recipe=SHORT)
    assert variant.recipe == recipe
    with pytest.raises(ConfigError, match="the rates of halving follow from epochs"):
        train(dataset, tmp_path / "run", recipe=replace(recipe, epochs=9))
    with pytest.raises(ConfigError, match="warmup_epochs must fit into epochs"):
        replace(recipe, warmup_epochs=5)


def test_schedules_table_lists_a_new_name_in_the_message(halving):
    with pytest.raises(ConfigError, match="Did you mean 'halving'"):
        TrainRecipe(schedule="halvin")
