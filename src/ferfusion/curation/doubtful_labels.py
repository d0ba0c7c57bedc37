"""Videos whose label most models contradict, by predictions of people whom the models have not seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ferfusion.evaluation.metrics import FloatArray, IntArray

LEAST_VOTERS = 3
_MOST_DIFFERENT = 0.25
"""Share of a person's labels that may differ from those of all people."""
_HALF = 0.5  # of a video, so that the few videos of a person change little


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
        confident: Whether confident learning also counts a contradicted video to another class (N,).
        margin: Probability of the label minus that of the most probable other class, without the models'
            preferences for a person (N,); nan where it is not judged.
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
    margin: FloatArray
    expected: tuple[float, float]


def judge_labels(
    probabilities: FloatArray, codes: IntArray, persons: IntArray | None = None, *, least: int = LEAST_VOTERS
) -> Judged:
    """Return what models that have not seen the people say to the labels of videos.

    Models prefer a class for the face of a person, which says nothing of a label. With ``persons``, margin
    and confident learning take the mean probabilities without these preferences, for people who display the
    classes about as often as all people do.

    A video counts to another class in the sense of confident learning if the probability of that class
    is the highest, and reaches its mean among the videos that have it as their label.

    Args:
        probabilities: Predictions of V models (V, N, C); nan where a model does not predict a video.
        codes: Labels (N,).
        persons: Number of the person of each video (N,); None if the people are unknown.
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
    plain = mean.copy()
    plain[judged] = _without_preferences(
        mean[judged], codes[judged], np.arange(judged.sum()) if persons is None else persons[judged]
    )
    thresholds = np.array([_mean(plain[judged & (codes == code), code]) for code in range(classes)])
    rest = np.where(np.eye(classes, dtype=bool)[codes], -1, plain)
    rival = np.nan_to_num(rest, nan=-1).argmax(axis=1)
    margin = np.where(judged, plain[rows, codes] - rest[rows, rival], np.nan)
    confident = judged & (margin < 0) & (np.nan_to_num(plain[rows, rival]) >= thresholds[rival])
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
        margin,
        _expected(has[:, judged], (answers == codes)[:, judged]),
    )


def _without_preferences(mean: FloatArray, codes: IntArray, persons: IntArray) -> FloatArray:
    """Return probabilities (N, C) whose sums over the videos of a person are near the shares of all labels.

    That is only right for a person who displays the classes about as often as all people do: the shares of
    the person's labels may differ by a quarter in all. The probabilities of others stay as they are.

    >>> same = np.tile([0.6, 0.4], (4, 1))  # a model that prefers the first class for a person
    >>> _without_preferences(same, np.array([0, 0, 1, 1]), np.zeros(4, int))[0].round(2).tolist()
    [0.52, 0.48]
    """
    labels = np.eye(mean.shape[1])[codes]
    groups, numbers = np.unique(persons, return_inverse=True, return_counts=True)[1:]
    sums = np.zeros((2, len(numbers), mean.shape[1]))
    for total, values in zip(sums, (labels, mean), strict=True):
        np.add.at(total, groups, values)
    shares = labels.mean(axis=0) if len(labels) else labels.sum(axis=0)
    differs = np.abs(sums[0] / numbers[:, None] - shares).sum(axis=1) / 2 > _MOST_DIFFERENT
    weights = (shares * numbers[:, None] + _HALF) / (sums[1] + _HALF)
    weights[differs] = 1
    weighted = mean * weights[groups]
    without: FloatArray = weighted / weighted.sum(axis=1, keepdims=True)
    return without


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
