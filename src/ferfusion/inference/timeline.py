"""The timeline of a video, from its frame table: smoothed predictions, their names, and spans of one name."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.inference.smoothing import smooth_over_time
from ferfusion.label_set import NO_CLASS_WORDS, LabelSet

FRAME_COLUMNS = ("frame", "seconds", "face", "x", "y", "w", "h", "status")
UNSURE, NOTHING_CLEAR, MIXED = NO_CLASS_WORDS
_AWAY_STEPS = 12
"""Median steps from frame to frame after which a face was out of view."""


@dataclass(frozen=True)
class Span:
    """A span of time in which the smoothed prediction of a face has the same name.

    Attributes:
        start: First second.
        end: Last second.
        expression: The name: a class, or the word for no class.
        probability: Mean smoothed probability of the top class.
    """

    start: float
    end: float
    expression: str
    probability: float


def unsure_word(labels: LabelSet) -> str:
    """Return the word for a prediction whose top class is below the threshold.

    A model without the class Neutral gives low probabilities for a face at rest and for an unclear
    expression, so it cannot tell the two apart.

    >>> from ferfusion.label_set import SEVEN, SIX
    >>> unsure_word(SIX), unsure_word(SEVEN)
    ('no clear expression', 'unsure')
    """
    return UNSURE if labels.neutral else NOTHING_CLEAR


def smoothed_columns(labels: LabelSet) -> tuple[str, ...]:
    """Return the columns of the smoothed probabilities in a frame table.

    >>> smoothed_columns(LabelSet(("Fear", "Happiness")))
    ('smoothed_fear', 'smoothed_happiness')
    """
    return tuple(f"smoothed_{column.removeprefix('p_')}" for column in labels.probability_columns)


def faces_of(table: pd.DataFrame) -> list[tuple[int, NDArray[np.int64]]]:
    """Return the number and the row positions of every face of a frame table, by rising number."""
    numbers = table["face"].where(table["status"] == "ok").to_numpy(dtype=float, na_value=np.nan)
    rows = np.flatnonzero(~np.isnan(numbers))
    order = rows[np.argsort(numbers[rows], kind="stable")]
    faces, starts = np.unique(numbers[order].astype(np.int64), return_index=True)
    return list(zip(faces.tolist(), np.split(order, starts[1:]), strict=True)) if len(rows) else []


def smooth_table(
    table: pd.DataFrame, labels: LabelSet, *, window_seconds: float, smoothing: str
) -> NDArray[np.float32]:
    """Return the smoothed class probabilities of every row, (rows, C); nan in rows without a face.

    Args:
        table: The frame table.
        labels: Classes of its probabilities.
        window_seconds: Length of the smoothing window; 0 turns smoothing off.
        smoothing: Place of the window: centred or causal.

    Raises:
        ConfigError: the smoothing is unknown.
    """
    probabilities = table[list(labels.probability_columns)].to_numpy(np.float32)
    seconds = table["seconds"].to_numpy(np.float64)
    smoothed = np.full_like(probabilities, np.nan)
    for _, rows in faces_of(table):
        smoothed[rows] = smooth_over_time(
            seconds[rows], probabilities[rows], window_seconds=window_seconds, smoothing=smoothing
        )
    return smoothed


def name_predictions(
    probabilities: NDArray[np.floating[Any]], labels: LabelSet, *, abstain_below: float
) -> NDArray[np.object_]:
    """Return the name of every row, (rows,): the top class, the word for no class, or None for a row of nan.

    Args:
        probabilities: Class probabilities, (rows, C).
        labels: The classes.
        abstain_below: Probability of the top class below which no class is named.
    """
    names = np.array([*labels.names, unsure_word(labels), None], dtype=object)
    known = ~np.isnan(probabilities).any(axis=1)
    filled = np.where(known[:, None], probabilities, 0)
    codes = np.where(filled.max(axis=1) >= abstain_below, filled.argmax(axis=1), len(labels))
    named: NDArray[np.object_] = names[np.where(known, codes, len(labels) + 1)]
    return named


def longest_step(seconds: NDArray[np.float64]) -> float:
    """Return the longest time from one row of a face to the next, in seconds, that is not a gap.

    Args:
        seconds: Times of the rows of the frame table, rising, (rows,).
    """
    steps = np.diff(np.unique(seconds))
    return _AWAY_STEPS * float(np.median(steps)) if len(steps) else 0.0


def spans(
    seconds: NDArray[np.float64],
    names: NDArray[np.object_],
    smoothed: NDArray[np.floating[Any]],
    *,
    longest_step: float,
) -> list[Span]:
    """Return the spans of one face.

    Args:
        seconds: Times of the frames that show it, rising, (N,).
        names: Names of their smoothed predictions, (N,).
        smoothed: Their smoothed probabilities, (N, C).
        longest_step: Longest time from one frame to the next, in seconds, that is not a gap. A span ends at
            the next frame; before a gap and at the end, it ends one median step after its last frame.
    """
    if not len(seconds):
        return []
    steps = np.diff(seconds)
    usual = float(np.median(steps)) if len(steps) else 0.0
    last = np.flatnonzero(np.append((names[1:] != names[:-1]) | (steps > longest_step), True))
    first = np.concatenate([[0], last[:-1] + 1])
    ends = np.append(np.where(steps > longest_step, seconds[:-1] + usual, seconds[1:]), seconds[-1] + usual)
    highest = np.concatenate([[0], np.cumsum(smoothed.max(axis=1), dtype=float)])
    means = (highest[last + 1] - highest[first]) / (last + 1 - first)
    return [
        Span(float(seconds[a]), float(ends[b]), str(names[a]), float(mean))
        for a, b, mean in zip(first, last, means, strict=True)
    ]
