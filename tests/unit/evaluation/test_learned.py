import math

import pytest

from ferfusion.evaluation.learned import beats, reaches_baseline
from ferfusion.evaluation.uncertainty import NO_INTERVAL, Interval


@pytest.mark.parametrize(
    ("score", "expected"), [(0.5, False), (0.5 + 1e-12, False), (0.51, True), (0.4, False)]
)
def test_beats_is_above_the_baseline_by_more_than_rounding(score, expected):
    assert beats(score, 0.5) is expected


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (Interval(0.4, 0.9), True),
        (Interval(0.5, 0.9), True),
        (Interval(0.6, 0.9), False),
        (NO_INTERVAL, False),
    ],
)
def test_reaches_baseline_needs_an_interval_above_it(interval, expected):
    assert math.isnan(NO_INTERVAL.low)
    assert reaches_baseline(interval, 0.5) is expected
