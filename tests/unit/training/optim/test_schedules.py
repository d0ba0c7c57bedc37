import math

import pytest

from ferfusion.errors import ConfigError
from ferfusion.training.optim.schedules import (
    SCHEDULES,
    PlateauRestartSchedule,
    PlateauSchedule,
    Triangular2Schedule,
    cosine,
    make_schedule,
    triangular2,
)
from ferfusion.training.recipe import SCHEDULE_NAMES, TrainRecipe


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


def test_plateau_does_not_take_a_hair_for_an_improvement():
    schedule = PlateauSchedule(8.0, factor=0.5, patience=1, min_rate=0.0)
    assert rates_after(schedule, [0.5, 0.50009, 0.50011]) == [8, 4, 4]


def test_plateau_stops_at_the_smallest_rate():
    schedule = PlateauSchedule(1.0, factor=0.5, patience=1, min_rate=0.3)
    assert rates_after(schedule, [0, 0, 0, 0]) == [1, 0.5, 0.3, 0.3]


def test_plateau_on_a_loss_that_is_given_negated():
    schedule = PlateauSchedule(1.0, factor=0.5, patience=1, min_rate=0.0)
    assert rates_after(schedule, [-2.0, -1.5, -1.6]) == [1, 1, 0.5]


def test_triangular2_by_hand():
    rates = [triangular2(batch, floor=1, peak=5, half_cycle=4) for batch in range(25)]
    first = [1, 2, 3, 4, 5, 4, 3, 2]
    half_as_high = [1, 1.5, 2, 2.5, 3, 2.5, 2, 1.5]
    a_quarter = [1, 1.25, 1.5, 1.75, 2, 1.75, 1.5, 1.25]
    assert rates == pytest.approx([*first, *half_as_high, *a_quarter, 1])


def test_triangular2_lasts():
    assert triangular2(10**7, floor=1e-5, peak=1e-3, half_cycle=3) == pytest.approx(1e-5)


def test_cosine_by_hand():
    rates = [cosine(batch, floor=2, peak=10, warmup=3, total=9) for batch in range(12)]
    # a third of the way down half a cosine is a quarter of the height, two thirds are three quarters
    down = [10, 2 + 8 * (2 + math.sqrt(3)) / 4, 8, 6, 4, 2 + 8 * (2 - math.sqrt(3)) / 4]
    assert rates == pytest.approx([2.5, 5, 7.5, *down, 2, 2, 2])


def test_cosine_without_a_rise_begins_at_its_peak():
    assert cosine(0, floor=0, peak=4, warmup=0, total=2) == 4
    assert cosine(1, floor=0, peak=4, warmup=0, total=2) == pytest.approx(2)


def test_cosine_of_a_recipe_ends_at_the_smallest_rate():
    recipe = TrainRecipe(
        schedule="cosine", epochs=3, warmup_epochs=0.5, learning_rate=1.0, min_learning_rate=0.1
    )
    schedule = make_schedule(recipe, batches_per_epoch=4)
    rates = []
    for _ in range(12):
        rates.append(schedule.rate)
        schedule.batch_ended()
    assert rates[:3] == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert rates[7] == pytest.approx(0.55)  # half of the ten batches after the rise
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert schedule.rate == pytest.approx(0.1)


def test_a_constant_rate_stays():
    schedule = make_schedule(TrainRecipe(schedule="constant", learning_rate=0.5), batches_per_epoch=3)
    assert rates_after(schedule, [0.5, 0.4, 0.4, 0.4, 0.4]) == [0.5] * 5


def test_the_reports_plateau_halves_after_two_epochs_without_improvement():
    recipe = TrainRecipe(schedule="plateau", learning_rate=8.0, plateau_factor=0.5, plateau_patience=2)
    schedule = make_schedule(recipe, batches_per_epoch=3)
    scores = [0.2, 0.3, 0.3, 0.3, 0.3, 0.3, 0.31, 0.2]
    #        best best  1    2!   1    2!  best  1
    assert rates_after(schedule, scores) == [8, 8, 8, 4, 4, 2, 2, 2]


def test_restart_waits_for_a_plateau_at_a_very_small_rate():
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
    # from now on scores change nothing
    assert rates_after(schedule, [0, 0, 0]) == [5, 5, 5]


def test_batches_before_the_restart_do_not_move_the_cycle():
    schedule = make_schedule(TrainRecipe(schedule="plateau-restart", learning_rate=1.0), batches_per_epoch=5)
    for _ in range(100):
        schedule.batch_ended()
    assert schedule.rate == 1.0
    assert schedule.state_dict()["cycles"] == {"batch": 0}


def test_the_table_has_the_names_of_the_recipe():
    assert set(SCHEDULES) == set(SCHEDULE_NAMES)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_goes_on_from_its_state(name):
    recipe = TrainRecipe(schedule=name, learning_rate=1.0, restart_below=0.3, plateau_patience=1)

    def run(schedule, epochs):
        rates = []
        for _ in range(epochs):
            for _ in range(3):
                rates.append(schedule.rate)
                schedule.batch_ended()
            schedule.epoch_ended(0.5)
        return rates

    whole = run(make_schedule(recipe, batches_per_epoch=3), 9)
    first = make_schedule(recipe, batches_per_epoch=3)
    begun = run(first, 5)
    resumed = make_schedule(recipe, batches_per_epoch=3)
    resumed.load_state_dict(first.state_dict())
    assert begun + run(resumed, 4) == whole
    assert len(set(whole)) > (name != "constant")


def test_triangular2_of_a_recipe_counts_its_cycle_in_epochs():
    recipe = TrainRecipe(schedule="triangular2", learning_rate=6.0, cycle_range=6.0, cycle_half_epochs=1.5)
    schedule = make_schedule(recipe, batches_per_epoch=4)
    rates = []
    for _ in range(7):
        rates.append(schedule.rate)
        schedule.batch_ended()
    assert max(rates) == rates[6] == pytest.approx(6.0)
    assert rates[0] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"schedule": "plateu"}, "Did you mean 'plateau'"),
        ({"monitor": "val_acc"}, "Did you mean 'val_accuracy'"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"l2_kernel": -1.0}, "l2_kernel must be 0 or more"),
        ({"early_stopping": -1}, "early_stopping must be 0 or more"),
        ({"weight_average": 1.0}, "weight_average must be at least 0 and below 1"),
        ({"label_smoothing": -0.1}, "label_smoothing must be at least 0 and below 1"),
        ({"encoder_rate": 0.0}, "encoder_rate must be above 0"),
        ({"optimizer": "adam"}, "Did you mean 'adamw'"),
        ({"imbalance": "smoote"}, "Did you mean 'smote'"),
        ({"schedule": "cosine", "epochs": 3, "warmup_epochs": 4}, "must fit into epochs, got 4 of 3"),
        ({"soft_labels": True, "shuffle_labels": True}, "leave soft_labels away"),
        ({"rho": 1.0}, "rho must be between 0 and 1"),
        ({"cycle_range": 0.5}, "cycle_range must be at least 1"),
        ({"zoom": 1.5}, "zoom must be at least 0 and below 1"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(setting, message):
    with pytest.raises(ConfigError, match=message):
        TrainRecipe(**setting)


def test_recipe_survives_a_round_trip_and_refuses_unknown_keys():
    recipe = TrainRecipe(epochs=3, schedule="triangular2")
    assert TrainRecipe.from_dict(recipe.to_dict()) == recipe
    with pytest.raises(ConfigError, match="Unknown training settings: epoch"):
        TrainRecipe.from_dict({"epoch": 3})
