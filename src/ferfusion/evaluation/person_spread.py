"""How the accuracies of people differ: whether a model is worse for some, or chance alone makes it look so.

The share of a person's videos that are predicted correctly varies from person to person even if the model is
as good for each, the more so the fewer videos there are. The beta-binomial distribution has both: the spread
of the people's true accuracies, and the chance of their videos.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln
from scipy.stats import beta, norm

from ferfusion.evaluation.metrics import FloatArray, IntArray

_LOG_BOUNDS = (-7.0, 12.0)
_POWER = 0.8
_HALVINGS = 10


@dataclass(frozen=True)
class PersonSpread:
    """How the accuracies of people differ.

    Attributes:
        p: P-value of the test that all people have the same accuracy (Tarone); 1 for a single person.
        mean: Mean accuracy of people.
        deviation: Standard deviation of their true accuracies, without the chance of their videos.
        accuracies: Accuracy of each person, drawn towards the mean the more, the fewer videos there are.
        lows: Lower end of its interval.
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
    accuracies: empirical Bayes, Efron, Large-Scale Inference (2010), chapter 1, with the beta-binomial
    distribution that fits best.
    """
    alpha, gamma = _fitted(correct, videos)
    total = alpha + gamma
    posterior = (alpha + correct, gamma + videos - correct)
    tail = (1 - confidence) / 2
    return PersonSpread(
        p=tarone_p(correct, videos),
        mean=alpha / total,
        deviation=float(np.sqrt(alpha * gamma / (total**2 * (total + 1)))),
        accuracies=posterior[0] / (posterior[0] + posterior[1]),
        lows=beta.ppf(tail, *posterior),
        highs=beta.ppf(1 - tail, *posterior),
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


def _fitted(correct: IntArray, videos: IntArray) -> tuple[float, float]:
    """Return the parameters of the beta distribution of the accuracies that makes the counts most likely."""

    def loss(logs: FloatArray) -> float:
        alpha, gamma = np.exp(logs)
        return -float((betaln(alpha + correct, gamma + videos - correct) - betaln(alpha, gamma)).sum())

    share = (correct.sum() + 0.5) / (videos.sum() + 1)
    starts = [np.log([share * size, (1 - share) * size]) for size in (2.0, 20.0, 1000.0)]
    found = min(
        (minimize(loss, start, bounds=[_LOG_BOUNDS] * 2, method="L-BFGS-B") for start in starts),
        key=lambda each: float(each.fun),
    )
    alpha, gamma = np.exp(found.x)
    return float(alpha), float(gamma)
