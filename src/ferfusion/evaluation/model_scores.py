"""The validation scores of a model on disk, and what they say about its verdicts."""

import math
from typing import Any, TypedDict

from ferfusion.evaluation.learned import beats, reaches_baseline
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.evaluation.uncertainty import Interval
from ferfusion.reporting.pages import interval_text, percent

_UNKNOWN = "Caution: the scores of this model are unknown; its file has none."


class BundleMetrics(TypedDict, total=False):
    """The validation scores of a bundle.

    Attributes:
        part: Part that they were measured on: ``validation``.
        level: What was scored: ``pair`` or ``video``.
        war: Accuracy.
        uar: Mean recall over the classes.
        people: Number of people of the part.
        majority_war: Accuracy of always answering the most frequent class of the part.
        majority_uar: Mean recall of the same.
        uar_low, uar_high: Interval of the mean recall over people; absent for a single person.
        confusion: Confusion matrix, a row for each true class.
        calibration: Fields of the ``Calibration``; absent for a model that was not calibrated.
    """

    part: str
    level: str
    war: float
    uar: float
    people: int
    majority_war: float
    majority_uar: float
    uar_low: float
    uar_high: float
    confusion: list[list[int]]
    calibration: dict[str, Any]


def check_metrics(metrics: BundleMetrics, *, classes: int) -> None:
    """Refuse scores that no model can have.

    Raises:
        ValueError: a score is outside its bounds, or the confusion matrix has another size.
        ConfigError: a value of the calibration cannot be used.
    """
    values: dict[str, Any] = dict(metrics)
    for name in ("war", "uar", "majority_war", "majority_uar", "uar_low", "uar_high"):
        if not 0 <= values.get(name, 0) <= 1:
            raise ValueError(f"{name} must be from 0 to 1, got {values[name]!s:.80}")
    confusion = metrics.get("confusion")
    if confusion is not None and [len(row) for row in confusion] != [classes] * classes:
        raise ValueError(f"the confusion matrix must have a row and a column for each of {classes} labels")
    Calibration.of(metrics)


def model_caution(metrics: BundleMetrics) -> str:
    """Return why the verdicts of a model cannot be trusted, from its validation scores; empty if they can.

    A verdict names one class with a probability, however little the model has learned.

    Args:
        metrics: Its validation scores; an imported model has none.

    >>> model_caution({"uar": 0.64, "majority_uar": 0.14, "uar_low": 0.6, "uar_high": 0.67})
    ''
    """
    if "uar" not in metrics or "majority_uar" not in metrics:
        return _UNKNOWN
    uar, baseline = metrics["uar"], metrics["majority_uar"]
    if not beats(uar, baseline):
        return (
            f"Caution: this model learned nothing that its validation part shows (UAR {percent(uar)}; always "
            f"answering one class: {percent(baseline)})."
        )
    interval = Interval(metrics.get("uar_low", math.nan), metrics.get("uar_high", math.nan))
    if metrics.get("people") == 1:
        return (
            f"Caution: the scores of this model are of one person (UAR {percent(uar)}; always answering one "
            f"class: {percent(baseline)}), so nothing shows that it recognises the expressions of others."
        )
    if reaches_baseline(interval, baseline):
        return (
            "Caution: this model may have learned nothing; the interval of its UAR on its validation part "
            f"({interval_text(interval)}) reaches down to that of always answering one class "
            f"({percent(baseline)})."
        )
    return ""
