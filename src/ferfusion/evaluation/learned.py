"""Whether a score shows that something was learned: one rule for runs, studies, comparisons and models."""

import math
from collections.abc import Mapping

from ferfusion.evaluation.uncertainty import Interval
from ferfusion.reporting.words import listed

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


def majority_rule(counts: Mapping[str, int], *, of: str = "the training part") -> str:
    """Return how the answer of the majority baseline was chosen, with all classes that are as frequent.

    Args:
        counts: Rows of each class.
        of: What was counted.

    >>> majority_rule({"Anger": 3, "Fear": 1})
    'the most frequent class of the training part'
    >>> majority_rule({"Anger": 3, "Fear": 3, "Sadness": 1})
    'one of the most frequent classes of the training part, Anger and Fear'
    """
    most = max(counts.values(), default=0)
    tied = [name for name, count in counts.items() if count == most]
    if len(tied) > 1:
        return f"one of the most frequent classes of {of}, {listed(tied)}"
    return f"the most frequent class of {of}"
