"""Whether a score shows that something was learned: one rule for runs, studies, comparisons and models."""

import math
from collections.abc import Mapping
from typing import Protocol

from ferfusion.evaluation.uncertainty import Interval
from ferfusion.reporting.words import listed

_ROUNDING = 1e-9


def beats(score: float, baseline: float) -> bool:
    """Return whether a score is above the baseline by more than rounding.

    >>> beats(0.51, 0.5), beats(0.5, 0.5), beats(float("nan"), 0.5)
    (True, False, False)
    """
    return score > baseline + _ROUNDING


def reaches_baseline(interval: Interval, baseline: float) -> bool:
    """Return whether an interval reaches down to the baseline, so that the score may be chance."""
    return not math.isnan(interval.low) and not beats(interval.low, baseline)


class WithoutLearning(Protocol):
    """The scores of answers without learning, on the same rows."""

    @property
    def majority(self) -> float:
        """The score of always answering the most frequent class of the training part."""

    @property
    def constant(self) -> float:
        """The score of the best constant answer."""


def baseline_name(majority: str, *scores: WithoutLearning) -> str:
    """Return a name for the baseline of some scores: the majority baseline, if no constant answer is better.

    With folds, the most frequent class of each training part is rarer among the tested people, and its score
    can be below that of every constant answer.

    Args:
        majority: Name of the majority baseline.
        scores: Scores of both, of one or several metrics.
    """
    if not any(beats(one.constant, one.majority) for one in scores):
        return majority
    if not any(beats(one.majority, one.constant) for one in scores):
        return "the best constant answer"
    return f"the better of {majority} and the best constant answer"


def baseline_rule(majority: str) -> str:
    """Return what a model must exceed, in a sentence.

    >>> baseline_rule("always Fear")
    'Baseline: always Fear; or the best constant answer on the same rows, where that scores higher.'
    """
    return f"Baseline: {majority}; or the best constant answer on the same rows, where that scores higher."


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
