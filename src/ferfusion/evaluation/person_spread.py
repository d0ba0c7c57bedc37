"""How the accuracies of people differ: whether a model is worse for some, or chance alone makes it look so.

The share of a person's videos that are predicted correctly varies from person to person even if the model is
as good for each, the more so the fewer videos there are. The beta-binomial distribution has both: the spread
of the people's true accuracies, and the chance of their videos.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaln
from scipy.stats import norm

from ferfusion.evaluation.metrics import FloatArray, IntArray

_POWER = 0.8
_HALVINGS = 10
_CELLS = 14
"""Means, and standard deviations, of the grid of distributions."""
_NEGLIGIBLE = 12.0
"""Log-likelihood below the best of the grid, beyond which a distribution does not count."""
_BISECTIONS = 22


@dataclass(frozen=True)
class PersonSpread:
    """How the accuracies of people differ.

    Attributes:
        p: P-value of the test that all people have the same accuracy (Tarone); 1 for a single person.
        mean: Mean accuracy of people.
        deviation: Standard deviation of their true accuracies, without the chance of their videos.
        accuracies: Accuracy of each person, drawn towards the mean the more, the fewer videos there are.
        lows: Lower end of its interval, which has the uncertainty of mean and standard deviation too.
        highs: Upper end of its interval.
    """

    p: float
    mean: float
    deviation: float
    accuracies: FloatArray
    lows: FloatArray
    highs: FloatArray


def person_spread(correct: IntArray, videos: IntArray, *, confidence: float = 0.95) -> PersonSpread:
    """Return how the accuracies of people differ.

    Args:
        correct: Number of each person's videos that are predicted correctly (S,).
        videos: Number of each person's videos (S,), 1 or more.
        confidence: Coverage of the intervals.

    Source: Tarone 1979, Biometrika 66, "Testing the goodness of fit of the binomial distribution"; the
    accuracies: a beta-binomial distribution whose mean and standard deviation have a uniform prior (Gelman et
    al., Bayesian Data Analysis, 3rd edition 2013, sections 5.3 and 5.7). All estimates are posterior means.
    """
    weights, means, deviations = _posterior(correct, videos)
    sizes = means * (1 - means) / deviations**2 - 1
    counts, person = np.unique(np.stack([correct, videos], axis=1), axis=0, return_inverse=True)
    right, number = counts[:, :1], counts[:, 1:]
    first, second = means * sizes + right, (1 - means) * sizes + number - right  # (counts, cells)
    tail = (1 - confidence) / 2
    accuracies, lows, highs = (
        found[person.ravel()]
        for found in (
            (first / (first + second)) @ weights,
            _quantile(tail, weights, first, second),
            _quantile(1 - tail, weights, first, second),
        )
    )
    return PersonSpread(
        p=tarone_p(correct, videos),
        mean=float(weights @ means),
        deviation=float(weights @ deviations),
        accuracies=accuracies,
        lows=lows,
        highs=highs,
    )


def tarone_p(correct: IntArray, videos: IntArray) -> float:
    """Return the p-value of Tarone's test that all people have the same accuracy.

    It is one-sided, against a greater spread than that of a binomial distribution. Without a spread that it
    could find (a single person, one video each, all correct or none), it is 1.

    >>> tarone_p(np.array([10, 0, 9, 1]), np.array([10, 10, 10, 10])) < 1e-6
    True
    """
    return float(_tarone(correct[None], videos)[0]) if _can_differ(correct, videos) else 1.0


def detectable_deviation(
    correct: IntArray, videos: IntArray, *, alpha: float = 0.05, samples: int = 500, seed: int
) -> float:
    """Return the standard deviation of true accuracies that Tarone's test finds in 80 of 100 samples.

    It is found by drawing samples of as many people and videos, with accuracies of a beta distribution that
    has the observed mean. It is nan where the test finds none.

    Args:
        correct: Number of each person's videos that are predicted correctly (S,).
        videos: Number of each person's videos (S,).
        alpha: Level of the test.
        samples: Samples for each standard deviation.
        seed: Seed of the samples.
    """
    if not _can_differ(correct, videos):
        return math.nan
    mean = correct.sum() / videos.sum()

    def is_found(deviation: float) -> bool:
        rng = np.random.default_rng(seed)
        size = mean * (1 - mean) / deviation**2 - 1
        accuracies = rng.beta(mean * size, (1 - mean) * size, (samples, len(videos)))
        return bool((_tarone(rng.binomial(videos, accuracies), videos) < alpha).mean() >= _POWER)

    low, high = 0.0, 0.95 * math.sqrt(mean * (1 - mean))
    if not is_found(high):
        return math.nan
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_found(middle) else (middle, high)
    return float(high)


def _can_differ(correct: IntArray, videos: IntArray) -> bool:
    """Return whether there is a spread that Tarone's test could find."""
    return len(videos) > 1 and 0 < correct.sum() < videos.sum() and bool((videos > 1).any())


def _tarone(correct: IntArray, videos: IntArray) -> FloatArray:
    """Return the p-values (K,) of samples (K, S); 1 for a sample that is all correct, or none."""
    shares = correct.sum(axis=1, keepdims=True) / videos.sum()
    scale = (shares * (1 - shares))[:, 0]
    sums = ((correct - videos * shares) ** 2).sum(axis=1)
    spread = np.divide(sums, scale, out=np.zeros_like(sums), where=scale > 0)
    p: FloatArray = norm.sf((spread - videos.sum()) / np.sqrt(2 * float((videos * (videos - 1)).sum())))
    return np.where(scale > 0, p, 1.0)


def _posterior(correct: IntArray, videos: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return beta distributions of the accuracies: their weights, means and standard deviations, (K,).

    The prior is uniform over the means and standard deviations of all beta distributions whose parameters
    have a sum of 1 or more: with less, people are nearly all right on each video or wrong on each. The grid
    narrows to the distributions whose likelihood counts.
    """
    counts, people = np.unique(np.stack([correct, videos], axis=1), axis=0, return_counts=True)
    right, number = counts[:, :1], counts[:, 1:]
    ranges = [(0.0, 1.0), (0.0, 0.5)]
    while True:
        steps = [(high - low) / _CELLS for low, high in ranges]
        axes = [low + (np.arange(_CELLS) + 0.5) * step for (low, _), step in zip(ranges, steps, strict=True)]
        means, deviations = (axis.ravel() for axis in np.meshgrid(*axes, indexing="ij"))
        possible = deviations**2 < means * (1 - means) / 2
        means, deviations = means[possible], deviations[possible]
        sizes = means * (1 - means) / deviations**2 - 1
        first, second = means * sizes, (1 - means) * sizes
        logs = people @ (betaln(first + right, second + number - right) - betaln(first, second))
        kept = logs > logs.max() - _NEGLIGIBLE
        narrower = [
            (max(low, float(each[kept].min()) - step), min(high, float(each[kept].max()) + step))
            for each, (low, high), step in zip((means, deviations), ranges, steps, strict=True)
        ]
        shares = [(new[1] - new[0]) / (old[1] - old[0]) for new, old in zip(narrower, ranges, strict=True)]
        if min(shares) > 0.6:
            weights = np.exp(logs[kept] - logs.max())
            return weights / weights.sum(), means[kept], deviations[kept]
        ranges = narrower


def _quantile(share: float, weights: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the quantile of mixtures (P,) of beta distributions with parameters (P, K)."""
    low, high = np.zeros(len(first)), np.ones(len(first))
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        is_below = betainc(first, second, middle[:, None]) @ weights < share
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return (low + high) / 2
