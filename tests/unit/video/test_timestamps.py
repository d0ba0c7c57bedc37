from fractions import Fraction
from itertools import pairwise

import pytest

from ferfusion.video.timestamps import SLACK_SECONDS, BestEffort, rising_times

STEP = 0.04


def test_slack_is_less_than_a_tick_of_the_finest_common_time_base():
    assert Fraction(1, 90_000) > SLACK_SECONDS  # MPEG transport streams


def steps(*numbers):
    return [None if number is None else STEP * number for number in numbers]


def risen(times, **settings):
    items = zip(times, range(len(times)), strict=True)
    timed = list(rising_times(items, step_seconds=STEP, **settings))
    assert [item for _, item in timed] == list(range(len(times)))
    return [time for time, _ in timed]


@pytest.mark.parametrize(
    "times", [[], [3.0], steps(*range(40)), [0.0, 0.04, 0.05, 0.3, 0.31, 1.7, 9.0, 9.01, 400.0]]
)
def test_rising_times_keeps_times_that_rise_whatever_their_distance(times):
    assert risen(times) == times


@pytest.mark.parametrize("outlier", [300.0, 12.0, -300.0])
@pytest.mark.parametrize("count", [1, 2, 12])
@pytest.mark.parametrize("before", [1, 5, 20])
def test_rising_times_outliers_in_the_middle_move_nothing_else(outlier, count, before):
    true = steps(*range(60))
    times = [time + outlier * (before <= place < before + count) for place, time in enumerate(true)]
    assert risen(times) == pytest.approx(true)


@pytest.mark.parametrize("late", [2.2, 3, 4, 5])
@pytest.mark.parametrize("count", [1, 2, 3, 10, 40])
def test_rising_times_outliers_of_a_few_steps_move_nothing_after_them(late, count):
    true = steps(*range(80))
    times = [time + late * STEP * (14 <= place < 14 + count) for place, time in enumerate(true)]
    after = 14 + count + (5 if count > 12 else 0)  # a long run is noticed at its end
    got = risen(times)
    assert got[:14] + got[after:] == pytest.approx(true[:14] + true[after:])
    assert min(later - earlier for earlier, later in pairwise(got)) > 0


@pytest.mark.parametrize("count", [3, 15, 40])
def test_rising_times_missing_at_the_start_are_a_step_apart(count):
    """Some formats have no time below 0."""
    got = risen([*[None] * count, *steps(*range(count, count + 20))])
    assert got == pytest.approx(steps(*range(count + 20)))
    assert risen(steps(None, None, 5, 6)) == pytest.approx(steps(3, 4, 5, 6))


def test_rising_times_takes_a_time_that_no_video_reaches_as_missing():
    """Ogg and FLV store a time below 0 as a huge one."""
    assert risen([*steps(0, 1), 9.6e15, 2e6, *steps(4, 5)]) == pytest.approx(steps(0, 1, 2, 3, 4, 5))


def test_rising_times_places_missing_and_repeated_times_between_their_neighbours():
    assert risen(steps(0, 1, None, None, 4, 4, 6)) == pytest.approx(steps(0, 1, 2, 3, 4, 5, 6))
    assert risen(steps(4, 5, 6, 5.5, 7)) == pytest.approx(steps(4, 5, 6, 6.5, 7))
    assert risen(steps(0, 1, 1, 2)) == pytest.approx(steps(0, 1, 1.5, 2))
    assert risen(steps(0, 1, None)) == pytest.approx(steps(0, 1, 2))
    assert risen(steps(None, None, 2)) == pytest.approx(steps(0, 1, 2))


@pytest.mark.parametrize("first", [4, 15, 40])
def test_rising_times_a_second_part_follows_the_first(first):
    times = steps(*range(first), *range(50))
    assert risen(times) == pytest.approx(steps(*range(first + 50)))


@pytest.mark.parametrize("may_restart", [False, True])
def test_rising_times_a_long_gap_is_kept_except_in_a_broadcast(may_restart):
    times = [*steps(*range(20)), *(20_000 + time for time in steps(*range(20)))]
    expected = steps(*range(40)) if may_restart else times
    assert risen(times, clock_restarts=may_restart) == pytest.approx(expected)


def test_best_effort_is_the_presentation_time_until_it_falls_back_more_often():
    good, faulty = BestEffort(), BestEffort()
    assert [good.choose(10 * k, 10 * k - 20) for k in range(5)] == [0, 10, 20, 30, 40]
    reordered = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11]
    chosen = [faulty.choose(10 * k, 10 * place) for place, k in enumerate(reordered)]
    assert chosen[-2:] == [110, 120]
    assert good.choose(None, 30) == 30
    assert good.choose(None, None) is None
