"""Whether a score shows that something was learned: one rule for runs, studies, comparisons and models."""

import math

from ferfusion.evaluation.uncertainty import Interval

_ROUNDING = 1e-9


def beats(score: float, baseline: float) -> bool:
    """Return whether a score is above that of the majority baseline by more than rounding.

    >>> beats(0.51, 0.5), beats(0.5, 0.5), beats(float("nan"), 0.5)
    (True, False, False)
    """
    return score > baseline + _ROUNDING


def reaches_baseline(interval: Interval, baseline: float) -> bool:
    """Return whether an interval reaches down to the majority baseline, so that the score may be chance."""
    return not math.isnan(interval.low) and not beats(interval.low, baseline)
