"""Metrics of a classifier, all computed from its confusion matrix.

Every function takes one matrix of shape (C, C), rows true and columns predicted, or a stack of them, as the
bootstrap makes, (..., C, C); the result keeps the leading axes. Three rules apply where a formula is 0 / 0:

- A class without true rows has no recall and no F: both are nan, and the means (UAR, macro-F1) leave it out.
- A class that is never predicted has precision 0.
- A matrix without any row has no metric: nan.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ferfusion.errors import ConfigError

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


def confusion_matrix(
    true_codes: npt.ArrayLike, predicted_codes: npt.ArrayLike, *, num_classes: int
) -> IntArray:
    """Count the rows of each (true, predicted) pair of class codes: (C, C), rows true.

    Raises:
        ValueError: the two differ in length, or a code is outside 0 to ``num_classes`` - 1.

    >>> confusion_matrix([0, 0, 1], [0, 1, 1], num_classes=2).tolist()
    [[1, 1], [0, 1]]
    """
    cells = _cells(true_codes, predicted_codes, num_classes=num_classes)
    counts = np.bincount(cells, minlength=num_classes * num_classes)
    return counts.reshape(num_classes, num_classes).astype(np.int64)


def confusion_by_group(
    true_codes: npt.ArrayLike, predicted_codes: npt.ArrayLike, groups: npt.ArrayLike, *, num_classes: int
) -> IntArray:
    """Return a confusion matrix for each group, such as a subject, in sorted order: (G, C, C).

    Args:
        true_codes: True class of each row, (N,).
        predicted_codes: Predicted class of each row, (N,).
        groups: Group of each row, (N,).
        num_classes: Number of classes.

    Raises:
        ValueError: as for ``confusion_matrix``.

    >>> confusion_by_group([0, 1, 1], [0, 1, 0], ["a", "a", "b"], num_classes=2).tolist()
    [[[1, 0], [0, 1]], [[0, 0], [1, 0]]]
    """
    cells = _cells(true_codes, predicted_codes, num_classes=num_classes)
    names, group_index = np.unique(np.asarray(groups), return_inverse=True)
    if group_index.shape != cells.shape:
        raise ValueError(f"The groups must be one for each of the rows, {cells.size}; got {group_index.size}")
    counts = np.zeros((len(names), num_classes * num_classes), dtype=np.int64)
    np.add.at(counts, (group_index, cells), 1)
    return counts.reshape(len(names), num_classes, num_classes)


def support(confusion: IntArray) -> IntArray:
    """Return the number of true rows of each class: (..., C)."""
    return np.asarray(np.sum(confusion, axis=-1))


def recall(confusion: IntArray) -> FloatArray:
    """Return the share of a class's true rows that are predicted correctly: (..., C); nan without rows."""
    return _divide(_hits(confusion), support(confusion), otherwise=np.nan)


def precision(confusion: IntArray) -> FloatArray:
    """Return the share of each class's predictions that are correct: (..., C); 0 without a prediction."""
    return _divide(_hits(confusion), np.asarray(confusion).sum(axis=-2), otherwise=0.0)


def f_beta(confusion: IntArray, *, beta: float = 1.0) -> FloatArray:
    """Return the F-score of each class, in which recall has ``beta`` times the weight of precision: (..., C).

    Nan for a class without true rows. Van Rijsbergen, Information Retrieval (1979), chapter 7.

    Raises:
        ConfigError: ``beta`` is not a positive number.
    """
    if not (np.isfinite(beta) and beta > 0):
        raise ConfigError(f"beta must be a positive number, got {beta}")
    hits, true_rows = _hits(confusion), support(confusion)
    # with recall = hits / true and precision = hits / predicted this is the usual formula, free of 0/0
    denominator = beta**2 * true_rows + np.asarray(confusion).sum(axis=-2)
    return np.where(true_rows > 0, _divide((1 + beta**2) * hits, denominator, otherwise=np.nan), np.nan)


def war(confusion: IntArray) -> FloatArray:
    """Return the weighted average recall, which is the accuracy: correct rows over all rows, (...)."""
    counts = np.asarray(confusion)
    return _divide(_hits(counts).sum(axis=-1), counts.sum(axis=(-2, -1)), otherwise=np.nan)


def uar(confusion: IntArray) -> FloatArray:
    """Return the unweighted average recall: the mean recall over the classes that have true rows, (...).

    >>> float(uar(np.array([[9, 0, 0], [1, 0, 0], [0, 0, 0]])))  # the third class is absent
    0.5
    """
    return _mean_of_present(recall(confusion))


def macro_f1(confusion: IntArray) -> FloatArray:
    """Return the mean F1 over the classes that have true rows, (...)."""
    return _mean_of_present(f_beta(confusion))


METRICS: MappingProxyType[str, Callable[[IntArray], FloatArray]] = MappingProxyType(
    {"war": war, "uar": uar, "macro_f1": macro_f1}
)
"""The three summary metrics, in the order in which every table shows them."""


@dataclass(frozen=True)
class ClassScores:
    """Scores of every class, each of shape (C,)."""

    support: IntArray
    predicted: IntArray
    precision: FloatArray
    recall: FloatArray
    f1: FloatArray
    f_beta: FloatArray


def class_scores(confusion: IntArray, *, beta: float) -> ClassScores:
    """Return all per-class scores of one matrix.

    Raises:
        ConfigError: ``beta`` is not a positive number.
    """
    return ClassScores(
        support=support(confusion),
        predicted=np.asarray(confusion).sum(axis=-2),
        precision=precision(confusion),
        recall=recall(confusion),
        f1=f_beta(confusion),
        f_beta=f_beta(confusion, beta=beta),
    )


def always(code: int, confusion: IntArray) -> IntArray:
    """Return the confusion matrix of a classifier that predicts ``code`` for every row of ``confusion``.

    >>> always(1, np.array([[5, 0], [1, 2]])).tolist()
    [[0, 5], [0, 3]]
    """
    constant = np.zeros_like(confusion)
    constant[..., code] = support(confusion)
    return constant


def constant_score(metric: Callable[[IntArray], FloatArray], confusion: IntArray) -> float:
    """Return the highest score that a constant answer has on the rows of ``confusion``; nan without rows.

    >>> counts = np.array([[5, 0], [1, 2]])
    >>> constant_score(war, counts), constant_score(uar, counts)
    (0.625, 0.5)
    """
    scores = [float(metric(always(code, confusion))) for code in np.flatnonzero(support(confusion)).tolist()]
    return max(scores, default=float("nan"))


def row_shares(confusion: IntArray) -> FloatArray:
    """Return the matrix with each row divided by its sum; a class without true rows is a row of nan."""
    counts = np.asarray(confusion)
    return _divide(counts, counts.sum(axis=-1, keepdims=True), otherwise=np.nan)


def _cells(true_codes: npt.ArrayLike, predicted_codes: npt.ArrayLike, *, num_classes: int) -> IntArray:
    true, predicted = np.asarray(true_codes), np.asarray(predicted_codes)
    if true.shape != predicted.shape or true.ndim != 1:
        raise ValueError(f"Got codes of shapes {true.shape} and {predicted.shape}; both must be (N,)")
    for codes in (true, predicted):
        if codes.size and not (codes.min() >= 0 and codes.max() < num_classes):
            raise ValueError(
                f"Class codes run from {codes.min()} to {codes.max()}, not 0 to {num_classes - 1}"
            )
    return true.astype(np.int64) * num_classes + predicted.astype(np.int64)


def _hits(confusion: IntArray) -> IntArray:
    return np.diagonal(np.asarray(confusion), axis1=-2, axis2=-1)


def _divide(numerator: npt.ArrayLike, denominator: npt.ArrayLike, *, otherwise: float) -> FloatArray:
    top, bottom = np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float))
    out = np.full(top.shape, otherwise)
    np.divide(top, bottom, out=out, where=bottom > 0)
    return out


def _mean_of_present(values: FloatArray) -> FloatArray:
    present = ~np.isnan(values)
    return _divide(np.where(present, values, 0.0).sum(axis=-1), present.sum(axis=-1), otherwise=np.nan)
