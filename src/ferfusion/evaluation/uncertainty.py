"""Intervals of scores: percentile bootstrap over subjects.

The rows of one person resemble each other, so that frames, and even videos, are not independent draws.
Therefore whole subjects are resampled, with all their rows, and the interval shows how the score would vary
with other people in this part. Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13; the
cluster form: Field and Welsh, Bootstrapping clustered data, JRSS B 69 (2007).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ferfusion.evaluation.metrics import METRICS, FloatArray, IntArray

FEW_SUBJECTS = 10
"""With fewer subjects, the interval is known to be too narrow, and reports state it."""


@dataclass(frozen=True)
class Interval:
    """An interval of a score; both ends are nan for a single subject."""

    low: float
    high: float


NO_INTERVAL = Interval(float("nan"), float("nan"))


def draw_subjects(num_subjects: int, *, resamples: int, rng: np.random.Generator) -> IntArray:
    """Draw ``num_subjects`` subjects with replacement; return the counts, (resamples, num_subjects).

    Two models that are compared on the same subjects share one such table, which makes the comparison paired.
    """
    shares = np.full(num_subjects, 1 / num_subjects)
    draws: IntArray = rng.multinomial(num_subjects, shares, size=resamples)
    return draws


def resampled_confusions(subject_confusions: IntArray, draws: IntArray) -> IntArray:
    """Sum the subjects' matrices (S, C, C), weighted by the counts of the draws (R, S): (R, C, C)."""
    # floats hold such counts exactly, and their product is many times as fast as that of integers
    sums = np.tensordot(draws.astype(np.float64), subject_confusions.astype(np.float64), axes=1)
    confusions: IntArray = sums.astype(np.int64)
    return confusions


def percentile_interval(values: FloatArray, *, confidence: float) -> Interval:
    """Return the interval that leaves out the same share of the resampled ``values`` (R,) at either end."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, (tail, 1 - tail))
    return Interval(float(low), float(high))


def subject_intervals(
    subject_confusions: IntArray,
    *,
    resamples: int,
    confidence: float,
    seed: int,
    metrics: Mapping[str, Callable[[IntArray], FloatArray]] = METRICS,
) -> dict[str, Interval]:
    """Return the interval of each metric, all from the same draws of subjects.

    Args:
        subject_confusions: A confusion matrix for each subject, (S, C, C); no subject is empty.
        resamples: Bootstrap draws.
        confidence: Share of the resampled scores inside the interval.
        seed: Seed of the draws; the same seed gives the same interval.
        metrics: Functions from a stack of matrices to a stack of scores.

    With a single subject, every end is nan. A draw without a subject of some class is scored over the other
    classes, as ``metrics`` does with any absent class.
    """
    num_subjects = len(subject_confusions)
    if num_subjects < 2:
        return dict.fromkeys(metrics, NO_INTERVAL)
    rng = np.random.default_rng(seed)
    draws = draw_subjects(num_subjects, resamples=resamples, rng=rng)
    confusions = resampled_confusions(subject_confusions, draws)
    return {
        name: percentile_interval(metric(confusions), confidence=confidence)
        for name, metric in metrics.items()
    }
