"""Scores of predictions, computed from their table."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Generic, TypeVar

import pandas as pd

from ferfusion.errors import RunError
from ferfusion.evaluation.learned import beats, reaches_baseline
from ferfusion.evaluation.measured import Measured
from ferfusion.evaluation.metrics import (
    METRICS,
    ClassScores,
    FloatArray,
    IntArray,
    always,
    class_scores,
    confusion_by_group,
    constant_score,
)
from ferfusion.evaluation.people import people_table
from ferfusion.evaluation.people_groups import PeopleComparison, compare_people
from ferfusion.evaluation.predictions import predicted_codes, video_level
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.uncertainty import Interval, subject_intervals
from ferfusion.label_set import LabelSet
from ferfusion.lookup import choose

Source = TypeVar("Source", bound=Measured)
Source_co = TypeVar("Source_co", bound=Measured, covariant=True)
LEVELS = ("video", "pair")
SCORE_COLUMNS = ("part", "level", "metric", "value", "low", "high", "baseline", "people")


def check_level(level: str) -> None:
    """Refuse a word that is no level.

    Raises:
        ConfigError: the level is none of ``LEVELS``.
    """
    choose(dict.fromkeys(LEVELS), level, what="level")


@dataclass(frozen=True)
class Estimate:
    """A score, its interval over subjects, and what answers without learning score on the same rows.

    Attributes:
        value: The score.
        interval: Its interval.
        majority: The score of always answering the most frequent class of the training part.
        constant: The score of the best constant answer.
    """

    value: float
    interval: Interval
    majority: float
    constant: float

    @property
    def baseline(self) -> float:
        """The higher one of the scores without learning: what a model must exceed."""
        return max(self.majority, self.constant)

    @property
    def beats_baseline(self) -> bool:
        """Whether the score is above the baseline by more than rounding."""
        return beats(self.value, self.baseline)

    @property
    def may_be_baseline(self) -> bool:
        """Whether the interval reaches down to the baseline."""
        return reaches_baseline(self.interval, self.baseline)

    @property
    def has_interval(self) -> bool:
        """Whether there are several people, and so an interval."""
        return not math.isnan(self.interval.low)


@dataclass(frozen=True)
class Scores:
    """All scores of one part at one level.

    Attributes:
        part: The part of the split.
        level: ``pair`` (a row is a crop and its flow) or ``video`` (a row is a video).
        rows: Rows that were scored.
        videos: Different videos among them.
        subjects: Different subjects among them.
        war: Accuracy.
        uar: Mean recall over the classes that have true rows.
        macro_f1: Mean F1 over the same classes.
        confusion: Counts, (C, C), rows true and columns predicted.
        classes: Scores of every class.
    """

    part: str
    level: str
    rows: int
    videos: int
    subjects: int
    war: Estimate
    uar: Estimate
    macro_f1: Estimate
    confusion: IntArray
    classes: ClassScores

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """The three summary metrics by name, in the order of every table."""
        return MappingProxyType({name: getattr(self, name) for name in METRICS})


def chance(scores: Scores) -> float:
    """Return the UAR of a random guess among the classes that have true rows."""
    return 1 / int((scores.classes.support > 0).sum())


@dataclass(frozen=True)
class Scored(Generic[Source_co]):
    """The scores of predictions: each part at each level, the test part and videos first.

    Attributes:
        measured: The predictions, such as a run.
        recipe: Settings of the scores.
        scores: The scores of each part and level.
        videos: The video table, a row per video.
    """

    measured: Source_co
    recipe: EvaluateRecipe
    scores: tuple[Scores, ...]
    videos: pd.DataFrame

    @property
    def people(self) -> pd.DataFrame:
        """A row per person of the first part; empty if the images are of unknown people."""
        known = self.videos["part"] == self.scores[0].part
        videos = self.videos[known if self.measured.people_known else known & False]
        table = people_table(videos, labels=self.measured.labels, confidence=self.recipe.confidence)
        spread = None if self.compared is None else self.compared.spread
        return table.assign(
            war_shrunk=[] if spread is None else spread.accuracies,
            shrunk_low=[] if spread is None else spread.lows,
            shrunk_high=[] if spread is None else spread.highs,
        )

    @cached_property
    def compared(self) -> PeopleComparison | None:
        """The people of the first part and the groups of them; None if the people are unknown."""
        if not self.measured.people_known:
            return None
        return compare_people(
            self.videos[self.videos["part"] == self.scores[0].part],
            self.measured.subjects,
            labels=self.measured.labels,
            recipe=self.recipe,
        )

    def of(self, part: str, level: str) -> Scores:
        """Return the scores of one part at one level.

        Raises:
            ConfigError: the level is none of ``LEVELS``.
            RunError: there are no predictions of that part.
        """
        check_level(level)
        for one in self.scores:
            if (one.part, one.level) == (part, level):
                return one
        raise RunError(
            f"{self.measured.title} has no {part} predictions; it has {', '.join(self.measured.parts)}"
        )


def score_measured(measured: Source, recipe: EvaluateRecipe | None = None) -> Scored[Source]:
    """Score every part of the predictions of a run or of a measurement, per video and per pair."""
    recipe = recipe or EvaluateRecipe()
    tables = {
        "video": video_level(measured.predictions, labels=measured.labels),
        "pair": measured.predictions,
    }
    scores = tuple(
        score(
            tables[level],
            labels=measured.labels,
            part=part,
            level=level,
            majority_code=measured.majority_code,
            recipe=recipe,
        )
        for part in measured.parts
        for level in LEVELS
    )
    return Scored(measured, recipe, scores, tables["video"])


def score(
    table: pd.DataFrame,
    *,
    labels: LabelSet,
    part: str,
    level: str,
    majority_code: int,
    recipe: EvaluateRecipe,
) -> Scores:
    """Score the rows of one part of a pair table, or of a video table.

    Args:
        table: From ``read_predictions`` or ``video_level``.
        labels: The label set of both.
        part: The part whose rows are scored.
        level: Level of a row, ``pair`` or ``video``.
        majority_code: The prediction of the majority baseline: the most frequent class of the training part.
        recipe: Weight of recall in F-beta, and settings of the intervals.

    Raises:
        RunError: the part has no row.
    """
    rows = table[table["part"] == part]
    if rows.empty:
        raise RunError(
            f"The prediction table has no row of the {part} part; it has {', '.join(table['part'].unique())}"
        )
    by_subject = confusion_by_group(
        rows["code"].to_numpy(),
        predicted_codes(rows, labels=labels),
        rows["subject"].to_numpy(dtype=str),
        num_classes=len(labels),
    )
    confusion = by_subject.sum(axis=0)
    return Scores(
        part=part,
        level=level,
        rows=len(rows),
        videos=rows["video"].nunique(),
        subjects=len(by_subject),
        confusion=confusion,
        classes=class_scores(confusion, beta=recipe.beta),
        **estimates_of(by_subject, majority_code=majority_code, recipe=recipe),
    )


def estimates_of(
    by_subject: IntArray,
    *,
    majority_code: int,
    recipe: EvaluateRecipe,
    metrics: Mapping[str, Callable[[IntArray], FloatArray]] = METRICS,
) -> dict[str, Estimate]:
    """Return each score with its interval over subjects, and what answers without learning score.

    Args:
        by_subject: A confusion matrix for each subject, (S, C, C).
        majority_code: The prediction of the majority baseline.
        recipe: Settings of the intervals.
        metrics: Functions from a stack of matrices to a stack of scores.
    """
    confusion = by_subject.sum(axis=0)
    constant = always(majority_code, confusion)
    intervals = subject_intervals(
        by_subject,
        resamples=recipe.resamples,
        confidence=recipe.confidence,
        seed=recipe.seed,
        metrics=metrics,
    )
    return {
        name: Estimate(
            float(metric(confusion)),
            intervals[name],
            float(metric(constant)),
            constant_score(metric, confusion),
        )
        for name, metric in metrics.items()
    }


def scores_table(scores: tuple[Scores, ...]) -> pd.DataFrame:
    """Return the tidy table of metrics: ``part, level, metric, value, low, high, baseline, people``."""
    return pd.DataFrame(
        [
            {
                "part": one.part,
                "level": one.level,
                "metric": metric,
                "value": estimate.value,
                "low": estimate.interval.low,
                "high": estimate.interval.high,
                "baseline": estimate.baseline,
                "people": one.subjects,
            }
            for one in scores
            for metric, estimate in one.estimates.items()
        ],
        columns=list(SCORE_COLUMNS),
    )


def class_table(scores: Scores, *, labels: LabelSet) -> pd.DataFrame:
    """Return a row per class: ``part, level, emotion, support, predicted, precision, recall, f1, f_beta``."""
    classes = scores.classes
    return pd.DataFrame(
        {
            "part": scores.part,
            "level": scores.level,
            "emotion": labels.names,
            "support": classes.support,
            "predicted": classes.predicted,
            "precision": classes.precision,
            "recall": classes.recall,
            "f1": classes.f1,
            "f_beta": classes.f_beta,
        }
    )


def confusion_table(scores: Scores, *, labels: LabelSet) -> pd.DataFrame:
    """Return the confusion matrix with class names: index true, columns predicted."""
    return pd.DataFrame(
        scores.confusion, index=pd.Index(labels.names, name="true \\ predicted"), columns=list(labels.names)
    )
