"""How far raters agree on a class, and what their disagreement lets a model reach, by estimate.

Every function reads a table of votes: a row per video or image, a column per class, the number of raters who
chose the class.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from ferfusion.evaluation.metrics import FloatArray, IntArray, war
from ferfusion.evaluation.uncertainty import NO_INTERVAL, Interval, draw_subjects, percentile_interval

_LOG_CONCENTRATIONS = (-4.0, 8.0)
_RARE = 1e-9  # votes of a class that no rater of a group chose


def krippendorff_alpha(votes: IntArray) -> float:
    """Return Krippendorff's alpha of votes (N, C) for unordered classes; nan if all votes are for one class.

    1 is full agreement, 0 that of chance. Rows with fewer than two votes do not count.

    Source: Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section D.

    >>> round(krippendorff_alpha(np.array([[3, 0], [0, 3], [2, 1]])), 3)
    0.6
    """
    counts = votes[votes.sum(axis=1) >= 2].astype(np.float64)
    numbers = counts.sum(axis=1)
    totals = counts.sum(axis=0)
    number = totals.sum()
    observed = ((numbers**2 - (counts**2).sum(axis=1)) / (numbers - 1)).sum()
    expected = (number**2 - (totals**2).sum()) / (number - 1) if number > 1 else 0.0
    return float(1 - observed / expected) if expected else float("nan")


def share_naming(votes: IntArray, codes: IntArray) -> float:
    """Return the share of all votes (N, C) that name the label of their row, ``codes`` (N,).

    >>> share_naming(np.array([[3, 1], [1, 1]]), np.array([0, 1]))
    0.6666666666666666
    """
    return float(votes[np.arange(len(votes)), codes].sum() / votes.sum())


def one_rater_against_the_others(votes: IntArray) -> float:
    """Return how often one rater names the class that most of the row's other raters name.

    A tie of k classes among the others counts 1 / k. Rows with fewer than two votes do not count.

    Args:
        votes: Votes (N, C).

    >>> one_rater_against_the_others(np.array([[2, 1]]))
    0.3333333333333333
    """
    return float(war(rater_confusions(votes[votes.sum(axis=1) >= 2]).sum(axis=0)))


def rater_confusions(votes: IntArray) -> IntArray:
    """Return the confusions of each rater with the majority of the row's other raters, (N, C, C).

    The true class, in rows, is that majority, and the predicted one that of the rater. All raters of a row
    are added. All numbers have one factor, so that the 1 / k of a tie of k classes is a whole number.

    Args:
        votes: Votes (N, C), two or more in each row.

    >>> rater_confusions(np.array([[2, 1]])).tolist()  # each of the two who agree has a tie among the others
    [[[2, 2], [2, 0]]]
    """
    number, classes = votes.shape
    others = votes[:, None] - np.eye(classes, dtype=np.int64)  # (N, rater's class, C)
    top = others == others.max(axis=2, keepdims=True)
    ties = top.sum(axis=2, keepdims=True)
    factor = math.lcm(*np.unique(ties).tolist()) if number else 1
    confusions: IntArray = (votes[:, :, None] * top * (factor // ties)).transpose(0, 2, 1)
    return confusions


@dataclass(frozen=True)
class Reachable:
    """What a model can reach against the majority of a panel of raters: estimates under an assumption.

    The assumption: the votes on every row are drawn from Dirichlet distributions of one common concentration
    around the mean shares of the row's label. Where the votes are not, such as where nearly all raters of a
    row name either its label or one other class, a model can exceed both figures.

    Attributes:
        from_votes: For a model that knows no more of a row than the votes on it, the published figure.
        interval: The interval of ``from_votes`` over people; both ends are nan for a single person.
        from_shares: For a model that knows how raters at large vote on the row.
        raters: Raters of the panel.
    """

    from_votes: float
    interval: Interval
    from_shares: float
    raters: int


def reachable_agreement(
    votes: IntArray,
    codes: IntArray,
    subjects: np.ndarray,
    *,
    raters: int | None = None,
    draws: int = 400,
    resamples: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Reachable:
    """Return how often a model can agree with the majority of raters, by estimate.

    Another panel would have chosen another majority for some rows. The best model answers, for each row, the
    class that is the majority of most panels; the estimate is how often it is right. It is assumed that the
    shares of the classes in a row have a Dirichlet distribution around the mean shares of the rows with the
    same label, with one concentration, that which makes all votes most likely. Panels are drawn from it: for
    ``from_votes`` given the row's own votes, for ``from_shares`` from shares that are drawn once for each
    row. Half of the panels choose the answer, the others judge it, because the largest of a few noisy shares
    is too large.

    Args:
        votes: Votes (N, C); every row has a vote.
        codes: Label of each row beside the votes (N,), such as the intended expression.
        subjects: Person of each row (N,).
        raters: Raters of a panel; by default, the median number of votes of a row.
        draws: Panels that are drawn for each row.
        resamples: Draws of people for the interval.
        confidence: Share of the resampled estimates inside the interval.
        seed: Seed of all draws.

    Source: ``from_votes`` as in github.com/abhaymettu/emotion-label-ceiling (2026, not reviewed), section
    "The ceiling"; the distribution: Minka, Estimating a Dirichlet distribution (2000). In the tests,
    ``from_shares`` is what the best model of simulated raters reaches where the assumption holds.
    """
    raters = raters or int(np.median(votes.sum(axis=1)))
    rng = np.random.default_rng(seed)
    means = _mean_shares(votes, codes)
    prior = _concentration(votes, means) * means
    right = _expected_accuracy(prior + votes, raters=raters, draws=draws, rng=rng)
    known = _expected_accuracy(prior, raters=raters, draws=draws, rng=rng, shares=_shares(prior, rng))
    _, persons = np.unique(subjects.astype(str), return_inverse=True)
    sums = np.stack([np.bincount(persons, right), np.bincount(persons)])
    interval = NO_INTERVAL
    if sums.shape[1] > 1:
        people = draw_subjects(sums.shape[1], resamples=resamples, rng=rng)
        drawn = people @ sums.T
        interval = percentile_interval(drawn[:, 0] / drawn[:, 1], confidence=confidence)
    return Reachable(float(right.mean()), interval, float(known.mean()), raters)


def _mean_shares(votes: IntArray, codes: IntArray) -> FloatArray:
    """Return for each row (N, C) the share of each class among the votes of all rows with its label."""
    means = np.empty(votes.shape, np.float64)
    for code in np.unique(codes):
        totals = votes[codes == code].sum(axis=0) + _RARE
        means[codes == code] = totals / totals.sum()
    return means


def _concentration(votes: IntArray, means: FloatArray) -> float:
    """Return the concentration of the Dirichlet distributions around ``means`` that fits the votes best."""
    numbers = votes.sum(axis=1)

    def loss(log_concentration: float) -> float:
        concentration = np.exp(log_concentration)
        alpha = concentration * means
        of_rows = gammaln(concentration) - gammaln(concentration + numbers)
        return -float(of_rows.sum() + (gammaln(alpha + votes) - gammaln(alpha)).sum())

    fitted = minimize_scalar(loss, bounds=_LOG_CONCENTRATIONS, method="bounded")
    return float(np.exp(fitted.x))


def _expected_accuracy(
    alpha: FloatArray,
    *,
    raters: int,
    draws: int,
    rng: np.random.Generator,
    shares: FloatArray | None = None,
) -> FloatArray:
    """Return for each row (N,) the share of panels whose majority is the best answer; ties are drawn.

    Args:
        alpha: Parameters of the distribution of each row's shares (N, C).
        raters: Raters of a panel.
        draws: Number of panels.
        rng: Source of the draws.
        shares: Shares (N, C) that all panels have; by default, each panel has its own.
    """
    rows = np.arange(len(alpha))
    majorities = np.zeros((2, *alpha.shape), np.int64)
    for draw in range(draws):
        panel = rng.multinomial(raters, _shares(alpha, rng) if shares is None else shares)
        majority = (panel + rng.random(panel.shape) / 2).argmax(axis=1)
        majorities[draw % 2, rows, majority] += 1
    best = majorities[0].argmax(axis=1)
    accuracy: FloatArray = majorities[1, rows, best] / (draws // 2)
    return accuracy


def _shares(alpha: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw shares (N, C) from the Dirichlet distributions with the parameters ``alpha`` (N, C)."""
    # in logarithms, because a gamma variable of a small parameter is below the smallest float
    logs = np.log(rng.standard_gamma(alpha + 1)) + np.log1p(-rng.random(alpha.shape)) / alpha
    drawn = np.exp(logs - logs.max(axis=1, keepdims=True))
    shares: FloatArray = drawn / drawn.sum(axis=1, keepdims=True)
    return shares
