"""Is one variant better than another? Tests for two variants that were tested on the same people.

A claim about a variant, such as a fusion, must hold for other people and for other trainings. Neither rows
nor videos are independent draws: those of one person resemble each other, and one lucky training raises the
scores of all people at once.

- ``sign_flip_p`` tests for other people. The unit is the subject: without a difference, the predictions of
  the two variants for a subject can be exchanged. Exact for few subjects (Fisher 1935; Good, Permutation
  Tests, 2000).
- ``seeds_and_subjects`` tests for other people and other trainings at once. The variance of a difference is
  that of subjects plus that of seeds; the part that both contain is counted once. This is the two-way
  random-effects analysis that radiology uses for readers and cases (Gallas, Bandos, Samuelson & Wagner
  2009, Communications in Statistics 38), with seeds as the readers; scores are linearised by the jackknife,
  degrees of freedom are Satterthwaite's.
- ``mcnemar`` assumes that videos are independent. Papers report it, and so does a study, but it decides
  nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ferfusion.evaluation.metrics import FloatArray, IntArray
from ferfusion.evaluation.uncertainty import NO_INTERVAL, Interval

Metric = Callable[[IntArray], FloatArray]
FLIPS = 9999
_EQUAL = 1e-12


@dataclass(frozen=True)
class McNemar:
    """McNemar's test of two classifiers on the same videos.

    Attributes:
        first_only: Videos that only the first predicts correctly.
        second_only: Videos that only the second predicts correctly.
        exact: Exact two-sided p-value.
        mid: Mid-p value: less conservative (Fagerland, Lydersen & Laake 2013, BMC Med. Res. Methodology 13).
    """

    first_only: int
    second_only: int
    exact: float
    mid: float


@dataclass(frozen=True)
class Difference:
    """The difference between the scores of two variants, first minus second.

    Attributes:
        value: Difference of the mean scores over seeds.
        interval: Its interval for other people and, with several seeds, for other trainings.
        p_subjects: By sign flips over subjects: the same trained networks on other people.
        p_trainings: Other people and other trainings at once; nan where a variant has a single seed.
    """

    value: float
    interval: Interval
    p_subjects: float
    p_trainings: float

    @property
    def p(self) -> float:
        """The deciding p-value: the greater of the two, since a difference must pass both tests."""
        return float(np.nanmax([self.p_subjects, self.p_trainings]))


def mcnemar(first_only: int, second_only: int) -> McNemar:
    """Test whether two classifiers have the same accuracy.

    >>> round(mcnemar(1, 8).exact, 4), round(mcnemar(1, 8).mid, 4)
    (0.0391, 0.0215)
    """
    fewer, together = min(first_only, second_only), first_only + second_only
    exact = min(1.0, 2 * float(stats.binom.cdf(fewer, together, 0.5)))
    point = float(stats.binom.pmf(fewer, together, 0.5))
    mid = 1 - point / 2 if first_only == second_only else exact - point
    return McNemar(first_only, second_only, exact, mid)


def compare(
    first: IntArray, second: IntArray, metric: Metric, *, confidence: float, seed: int, flips: int = FLIPS
) -> Difference:
    """Compare two variants that were tested on the same subjects.

    Args:
        first: A confusion matrix for each seed and subject of the first variant, (N, S, C, C).
        second: The same of the second variant, which may have another number of seeds, (M, S, C, C).
        metric: From a stack of matrices to a stack of scores.
        confidence: Share of the interval.
        seed: Seed of the sign flips, if not all of them are tried.
        flips: Largest number of sign flips.

    With a single subject, p is 1, and there is no interval.
    """
    value = float(metric(first.sum(axis=1)).mean() - metric(second.sum(axis=1)).mean())
    if first.shape[1] < 2:
        return Difference(value, NO_INTERVAL, 1.0, float("nan"))
    # a person counts once, however many seeds there are: the counts of a person are summed over seeds
    means = (len(second) * first.sum(axis=0), len(first) * second.sum(axis=0))
    p_subjects = sign_flip_p(*means, metric, seed=seed, flips=flips)
    variance, freedom = seeds_and_subjects(jackknife(first, metric), jackknife(second, metric))
    half = float(stats.t.ppf((1 + confidence) / 2, freedom)) * variance**0.5
    several = min(len(first), len(second)) > 1
    p_trainings = _t_test(value, variance, freedom) if several else float("nan")
    return Difference(value, Interval(value - half, value + half), p_subjects, p_trainings)


def sign_flip_p(first: IntArray, second: IntArray, metric: Metric, *, seed: int, flips: int = FLIPS) -> float:
    """Return the share of exchanges between the variants with at least the observed distance: the p-value.

    An exchange swaps the predictions of both variants for some subjects. If there are at most ``flips``
    exchanges, all are tried; otherwise ``flips`` are drawn, and the observed one is added to them (Phipson &
    Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9).

    Args:
        first: A confusion matrix for each subject, (S, C, C).
        second: The same of the other variant, with as many rows of each class in each matrix.
        metric: From a stack of matrices to a stack of scores.
        seed: Seed of the draws.
        flips: Largest number of exchanges.
    """
    together, apart = (first + second).sum(axis=0), (first - second).reshape(len(first), -1)
    moved = np.rint(sign_table(len(first), flips=flips, seed=seed) @ apart.astype(np.float64))
    moved = moved.astype(np.int64).reshape(-1, *together.shape)
    # twice the matrices of the exchanged variants, which have the same scores
    distances = np.abs(metric(together + moved) - metric(together - moved))
    return float((distances >= distances[0] - _EQUAL).mean())


def sign_table(subjects: int, *, flips: int, seed: int) -> FloatArray:
    """Return exchanges as rows of 1 and -1, (R, S); the first row exchanges no subject.

    An exchange and its opposite have the same distance, so that half of all exchanges are enough.
    """
    if 2 ** (subjects - 1) <= flips:
        bits = np.arange(2 ** (subjects - 1))[:, None] >> np.arange(subjects) & 1
        return np.asarray(1 - 2 * bits, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, 2, (flips + 1, subjects))
    drawn[0] = 0
    return np.asarray(1 - 2 * drawn, dtype=np.float64)


def least_p(subjects: int, *, flips: int = FLIPS) -> float:
    """Return the smallest p-value that sign flips over so many subjects can give.

    >>> least_p(6)
    0.03125
    """
    return 1 / float(min(2 ** (subjects - 1), flips + 1))


def jackknife(confusions: IntArray, metric: Metric) -> FloatArray:
    """Return each subject's share in the score of each seed, (N, S), from matrices (N, S, C, C).

    The mean over subjects is the score; the spread over subjects is that of a mean of independent draws
    (Tukey's pseudo-values, set to the score as their mean).
    """
    count = confusions.shape[1]
    everyone = confusions.sum(axis=1)
    without = metric(everyone[:, None] - confusions)  # (N, S)
    centred = without - without.mean(axis=1, keepdims=True)
    return np.asarray(metric(everyone)[:, None] - (count - 1) * centred)


def seeds_and_subjects(first: FloatArray, second: FloatArray) -> tuple[float, float]:
    """Return the variance of the difference of two means over seeds and subjects, and its degrees of freedom.

    Subjects are common to both variants, seeds are not. The differences of subjects, averaged over seeds,
    contain the interaction of seeds and subjects, and so do the means of seeds: it is subtracted once. The
    result is never less than either alone. With a single seed, only subjects count.

    Args:
        first: Scores of the first variant, (N, S).
        second: Scores of the second variant, (M, S).
    """
    subjects = first.shape[1]
    of_subjects = (first.mean(axis=0) - second.mean(axis=0)).var(ddof=1) / subjects
    if min(len(first), len(second)) < 2:
        return float(of_subjects), subjects - 1.0
    of_seeds = np.array([each.mean(axis=1).var(ddof=1) / len(each) for each in (first, second)])
    shared = np.array([_interaction(each) / each.size for each in (first, second)])
    variance = max(of_subjects + of_seeds.sum() - shared.sum(), of_subjects, of_seeds.sum())
    freedoms = np.array([len(first) - 1, len(second) - 1])
    spread = of_subjects**2 / (subjects - 1) + (of_seeds**2 / freedoms).sum()
    spread += (shared**2 / (freedoms * (subjects - 1))).sum()
    return float(variance), float(variance**2 / spread) if spread > 0 else 1.0


def _interaction(scores: FloatArray) -> float:
    """Return the mean square of what neither the seed nor the subject explains, of scores (N, S)."""
    seeds, subjects = scores.shape
    rest = scores - scores.mean(axis=0) - scores.mean(axis=1, keepdims=True) + scores.mean()
    return float((rest**2).sum() / ((seeds - 1) * (subjects - 1)))


def _t_test(value: float, variance: float, freedom: float) -> float:
    if abs(value) < _EQUAL:
        return 1.0
    return float(2 * stats.t.sf(abs(value) / variance**0.5, freedom)) if variance > 0 else 0.0
