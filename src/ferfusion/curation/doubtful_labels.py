"""Videos whose label most models contradict, by predictions of people whom the models have not seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ferfusion.evaluation.metrics import FloatArray, IntArray

LEAST_VOTERS = 3


@dataclass(frozen=True)
class Judged:
    """The votes of several models on the labels of N videos; C classes.

    Attributes:
        voters: Models that predict the video (N,).
        against: Those of them whose top class is not the label (N,).
        named: Code of the other class that most name (N,).
        naming: Models that name it (N,).
        mean: Mean probabilities over the models (N, C); nan without a model.
        judged: Whether enough models predict the video (N,).
        contradicted: Whether more than half of them name another class (N,).
        confident: Whether confident learning also counts the video to the named class (N,).
        expected: How many correct labels these models would contradict by their own errors, if these were
            independent of each other, and if all models erred on the same videos; the smaller number first.
    """

    voters: IntArray
    against: IntArray
    named: IntArray
    naming: IntArray
    mean: FloatArray
    judged: NDArray[np.bool_]
    contradicted: NDArray[np.bool_]
    confident: NDArray[np.bool_]
    expected: tuple[float, float]


def judge_labels(probabilities: FloatArray, codes: IntArray, *, least: int = LEAST_VOTERS) -> Judged:
    """Return what models that have not seen the people say to the labels of videos.

    A video counts to the named class in the sense of confident learning if the mean probability of that class
    reaches its mean among the videos that have it as their label, and exceeds that of the video's own label.

    Args:
        probabilities: Predictions of V models (V, N, C); nan where a model does not predict a video.
        codes: Labels (N,).
        least: Models that a video needs to be judged.

    Source: Northcutt, Jiang & Chuang, Confident Learning (2021), section 3.1, with the mean of the models as
    the predicted probabilities.

    >>> says_second = np.full((3, 2, 2), [0.2, 0.8])
    >>> judge_labels(says_second, np.array([1, 0])).contradicted.tolist()
    [False, True]
    """
    classes = probabilities.shape[2]
    rows = np.arange(len(codes))
    has = ~np.isnan(probabilities[:, :, 0])
    answers = np.nan_to_num(probabilities, nan=-1).argmax(axis=2)
    counts = np.stack([(has & (answers == code)).sum(axis=0) for code in range(classes)], axis=1)
    voters = has.sum(axis=0)
    total = np.nansum(probabilities, axis=0)
    mean = np.divide(total, voters[:, None], out=np.full(total.shape, np.nan), where=voters[:, None] > 0)
    against = voters - counts[rows, codes]
    others = counts + np.nan_to_num(mean) / 2  # equal numbers are decided by the mean probability
    others[rows, codes] = -1
    named = others.argmax(axis=1)
    judged = voters >= least
    thresholds = np.array([_mean(mean[judged & (codes == code), code]) for code in range(classes)])
    with np.errstate(invalid="ignore"):
        confident = (mean[rows, named] >= thresholds[named]) & (mean[rows, named] > mean[rows, codes])
    contradicted = judged & (2 * against > voters)
    return Judged(
        voters,
        against,
        named,
        counts[rows, named],
        mean,
        judged,
        contradicted,
        contradicted & confident,
        _expected(has[:, judged], (answers == codes)[:, judged]),
    )


def _mean(values: FloatArray) -> float:
    """Return the mean; infinity of no value, which no probability reaches."""
    return float(values.mean()) if len(values) else float("inf")


def _expected(has: NDArray[np.bool_], right: NDArray[np.bool_]) -> tuple[float, float]:
    """Return how many of N videos most models would get wrong by their accuracy alone.

    Args:
        has: Whether each model predicts each video (V, N).
        right: Whether it is right (V, N).
    """
    if not has.any():
        return 0.0, 0.0
    accuracy = (right & has).sum(axis=1) / np.maximum(has.sum(axis=1), 1)
    panels, numbers = np.unique(has, axis=1, return_counts=True)
    independent = sum(
        number * _most_wrong(accuracy[panel]) for panel, number in zip(panels.T, numbers, strict=True)
    )
    together = sum(
        number * (1 - float(np.median(accuracy[panel])))
        for panel, number in zip(panels.T, numbers, strict=True)
    )
    low, high = sorted((float(independent), float(together)))
    return low, high


def _most_wrong(accuracy: FloatArray) -> float:
    """Return the probability that more than half of independent models are wrong.

    >>> round(_most_wrong(np.array([0.5, 0.5, 0.5])), 3), round(_most_wrong(np.array([0.9] * 3)), 3)
    (0.5, 0.028)
    """
    wrong = np.ones(1)
    for one in accuracy:
        wrong = np.convolve(wrong, [one, 1 - one])
    return float(wrong[np.arange(len(wrong)) * 2 > len(accuracy)].sum())
