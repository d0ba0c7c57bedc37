"""Agreement of raters: Krippendorff's alpha with its interval over videos, per class, and what is disputed.

Krippendorff, Content Analysis (2019), chapter 12, and Computing Krippendorff's Alpha-Reliability (2011). A
unit is a video that is labelled as a whole, or a tenth of a second of an item whose stretches are labelled;
time that a rater leaves unmarked has the value ``none``. The units of one video depend on each other, so that
whole videos are resampled for the interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ferfusion.evaluation.uncertainty import NO_INTERVAL, Interval, draw_subjects, percentile_interval
from ferfusion.labelling.answers import Answer, Mark
from ferfusion.labelling.project import STRETCHES, Item, Project

GRID_SECONDS = 0.1
NONE = "none"
RESAMPLES, CONFIDENCE = 2_000, 0.95
MISSING = -1
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha: 1 is full agreement, 0 is that of chance.

    Attributes:
        value: nan if there is nothing that raters could differ in.
        interval: Its 95 % interval over videos.
        units: Units that two or more raters labelled.
        videos: Videos that they are of.
    """

    value: float
    interval: Interval
    units: int
    videos: int


def coincidences(units: IntArray, categories: int) -> FloatArray:
    """Return the coincidence matrix (K, K) of units (U, raters), whose values are codes or ``MISSING``.

    >>> coincidences(np.array([[0, 0, -1], [0, 1, 1]]), 2).tolist()
    [[2.0, 1.0], [1.0, 1.0]]
    """
    counts = np.stack([(units == code).sum(axis=1) for code in range(categories)], axis=1).astype(np.float64)
    raters = counts.sum(axis=1)
    counts, raters = counts[raters > 1], raters[raters > 1]
    weighted = counts / (raters - 1)[:, None]
    together: FloatArray = weighted.T @ counts - np.diag(weighted.sum(axis=0))
    return together


def alpha_of(matrix: FloatArray, distance: FloatArray | None = None) -> FloatArray:
    """Return alpha of coincidence matrices (..., K, K).

    Args:
        matrix: The matrices.
        distance: Squared distances of the values (..., K, K); without them, all differences are equal.

    Returns:
        Alpha (...); nan where all values are equal.
    """
    totals = matrix.sum(axis=-1)
    size = totals.sum(axis=-1)
    if distance is None:
        distance = 1.0 - np.eye(matrix.shape[-1])
    expected_matrix = totals[..., :, None] * totals[..., None, :]
    observed = (matrix * distance).sum(axis=(-2, -1))
    expected = (expected_matrix * distance).sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha: FloatArray = np.where(expected > 0, 1 - (size - 1) * observed / expected, np.nan)
    return alpha


def ordinal_distance(matrix: FloatArray) -> FloatArray:
    """Return the squared ordinal distances (..., K, K) of values, which follow from their frequencies.

    The distance of two values is the number of values between them, of which those at the ends count half.
    """
    totals = matrix.sum(axis=-1)
    below = np.cumsum(totals, axis=-1) - totals / 2
    difference: FloatArray = (below[..., :, None] - below[..., None, :]) ** 2
    return difference


def measure_alpha(
    units_of_video: Sequence[IntArray], categories: int, *, ordinal: bool = False, seed: int = 0
) -> Alpha:
    """Return alpha with its interval over videos.

    Args:
        units_of_video: Values of each video's units, (U, raters).
        categories: Number of values.
        ordinal: The values are ordered.
        seed: Seed of the resampling.
    """
    matrices = [coincidences(units, categories) for units in units_of_video]
    used = np.array([matrix for matrix in matrices if matrix.sum() > 0]).reshape(-1, categories, categories)
    units = int(sum(((units != MISSING).sum(axis=1) > 1).sum() for units in units_of_video))

    def alpha(matrix: FloatArray) -> FloatArray:
        return alpha_of(matrix, ordinal_distance(matrix) if ordinal else None)

    if not len(used):
        return Alpha(float("nan"), NO_INTERVAL, 0, 0)
    value = float(alpha(used.sum(axis=0)))
    interval = NO_INTERVAL
    if len(used) > 1 and np.isfinite(value):
        draws = draw_subjects(len(used), resamples=RESAMPLES, rng=np.random.default_rng(seed))
        values = alpha(np.tensordot(draws.astype(np.float64), used, axes=1))
        interval = percentile_interval(values[np.isfinite(values)], confidence=CONFIDENCE)
    return Alpha(value, interval, units, len(used))


def values_of(project: Project, item: Item, answer: Answer) -> IntArray:
    """Return the class code of each unit of an item (U,), as a rater has labelled it.

    The code after the last class is ``none``. A whole video without a label is ``MISSING``.
    """
    if project.marks != STRETCHES:
        codes = [project.classes.code(mark.label) for mark in answer.marks]
        return np.array(codes or [MISSING])
    times = (np.arange(max(1, round(item.seconds / GRID_SECONDS))) + 0.5) * GRID_SECONDS
    found = np.full(len(times), len(project.classes))
    for mark in answer.marks:
        assert mark.start is not None
        assert mark.end is not None
        found[(times >= mark.start) & (times < mark.end)] = project.classes.code(mark.label)
    return found


def intensities_of(project: Project, item: Item, answer: Answer) -> IntArray:
    """Return the intensity of each unit of an item (U,), from 0; ``MISSING`` where none is given."""
    if project.marks != STRETCHES:
        given = [mark.intensity - 1 if mark.intensity else MISSING for mark in answer.marks]
        return np.array(given or [MISSING])
    times = (np.arange(max(1, round(item.seconds / GRID_SECONDS))) + 0.5) * GRID_SECONDS
    found = np.full(len(times), MISSING)
    for mark in answer.marks:
        if mark.intensity and mark.start is not None and mark.end is not None:
            found[(times >= mark.start) & (times < mark.end)] = mark.intensity - 1
    return found


@dataclass(frozen=True)
class Ratings:
    """The finished answers of a project, unit by unit.

    Attributes:
        raters: Names of the raters.
        items: The items that one or more raters have finished.
        classes: Codes of each item's units, (U, raters); ``MISSING`` where a rater has not finished the item.
        intensities: Intensities in the same form.
        same: Marks of each item on which all raters who finished it say exactly the same, such as the only
            one; None of other items.
    """

    raters: tuple[str, ...]
    items: tuple[Item, ...]
    classes: tuple[IntArray, ...]
    intensities: tuple[IntArray, ...]
    same: tuple[tuple[Mark, ...] | None, ...]

    def by_video(self, values: Sequence[IntArray]) -> list[IntArray]:
        """Return the units of each video, whose faces depend on each other."""
        of_video: dict[str, list[IntArray]] = {}
        for item, units in zip(self.items, values, strict=True):
            of_video.setdefault(item.path, []).append(units)
        return [np.concatenate(units) for units in of_video.values()]

    def disagreement(self, place: int) -> float:
        """Return the share of an item's pairs of answers that differ; nan with fewer than two raters."""
        units = self.classes[place]
        matrix = coincidences(units, int(units.max(initial=0)) + 1)
        return float(1 - np.trace(matrix) / matrix.sum()) if matrix.sum() else float("nan")


def gather_ratings(project: Project, answers: Mapping[str, Mapping[str, Answer]]) -> Ratings:
    """Return the finished answers of all raters, unit by unit.

    Args:
        project: The project.
        answers: Answers by rater and item.
    """
    raters = tuple(answers)
    items: list[Item] = []
    classes: list[IntArray] = []
    intensities: list[IntArray] = []
    same: list[tuple[Mark, ...] | None] = []
    for item in project.items:
        finished = [answers[rater].get(item.id) for rater in raters]
        if not any(answer is not None and answer.is_done for answer in finished):
            continue
        items.append(item)
        same.append(_same_marks([each for each in finished if each is not None and each.is_done]))
        for into, units_of in ((classes, values_of), (intensities, intensities_of)):
            columns = [
                units_of(project, item, answer) if answer is not None and answer.is_done else None
                for answer in finished
            ]
            size = next(len(column) for column in columns if column is not None)
            nothing = np.full(size, MISSING)
            into.append(np.stack([nothing if column is None else column for column in columns], axis=1))
    return Ratings(raters, tuple(items), tuple(classes), tuple(intensities), tuple(same))


def _same_marks(answers: Sequence[Answer]) -> tuple[Mark, ...] | None:
    """Return the marks that all of some answers have, numbered from 1; None if they differ."""
    first, *others = (
        tuple(replace(mark, id=number) for number, mark in enumerate(answer.marks, 1)) for answer in answers
    )
    plain = [[replace(mark, note="") for mark in marks] for marks in (first, *others)]
    return first if all(marks == plain[0] for marks in plain) else None
