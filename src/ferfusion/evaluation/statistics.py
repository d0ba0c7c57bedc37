"""The statistics of a study: the scores of each variant, their intervals, and which variants differ.

Everything is computed from prediction tables, one for each variant and seed, all of the same test videos.
Intervals resample subjects and tests exchange subjects, never rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType

import numpy as np

from ferfusion.evaluation.aligned import Answers, Predictions, aligned_answers
from ferfusion.evaluation.metrics import METRICS, IntArray, constant_score
from ferfusion.evaluation.multiplicity import groups_without_difference, holm
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.scoring import LEVELS, Estimate
from ferfusion.evaluation.significance import Difference, McNemar, compare, least_p, mcnemar
from ferfusion.evaluation.uncertainty import (
    NO_INTERVAL,
    draw_subjects,
    percentile_interval,
    resampled_confusions,
)
from ferfusion.label_set import LabelSet

COMPARED = ("uar", "war")
"""Metrics that variants are compared by. A study decides by UAR per video, which is fixed in advance."""


@dataclass(frozen=True)
class SeedEstimate(Estimate):
    """The mean score over seeds, its interval over subjects, scores without learning, and those of seeds."""

    by_seed: tuple[float, ...]

    @property
    def seed_deviation(self) -> float:
        """Standard deviation over seeds; nan with a single one."""
        return float(np.std(self.by_seed, ddof=1)) if len(self.by_seed) > 1 else float("nan")


@dataclass(frozen=True)
class VariantScores:
    """The scores of a variant at one level.

    Attributes:
        name: The variant.
        level: ``video`` or ``pair``.
        estimates: By metric.
        confusion: Counts summed over seeds, (C, C), rows true and columns predicted.
    """

    name: str
    level: str
    estimates: Mapping[str, SeedEstimate]
    confusion: IntArray


@dataclass(frozen=True)
class PairOfVariants:
    """Two variants compared.

    Attributes:
        first: The one that scores higher.
        second: The other.
        difference: First minus second, its interval, and the p-values of this comparison alone.
        p_adjusted: The deciding p-value, corrected by Holm for all comparisons of the family.
        mcnemar: McNemar's test of the two on videos, each predicting by the mean probabilities of its seeds.
        mcnemar_adjusted: Its mid-p value, corrected in the same way.
        differs: Whether ``p_adjusted`` is at most one minus the recipe's confidence.
    """

    first: str
    second: str
    difference: Difference
    p_adjusted: float
    mcnemar: McNemar
    mcnemar_adjusted: float
    differs: bool


@dataclass(frozen=True)
class Family:
    """All comparisons by one metric at one level; Holm's correction is over these.

    Attributes:
        level: ``video`` or ``pair``.
        metric: ``uar`` or ``war``.
        pairs: Every pair of variants, those of the best first.
        groups: Groups of variants that do not differ, the best first; a variant can be in several groups.
    """

    level: str
    metric: str
    pairs: tuple[PairOfVariants, ...]
    groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class StudyStatistics:
    """Every number of a study.

    Attributes:
        labels: The classes.
        recipe: Confidence, and settings of the resampling.
        subjects: Number of tested people.
        videos: Number of tested videos.
        seeds: Number of seeds of each variant.
        variants: For each level, the variants, the best per video by UAR first.
        families: Comparisons for each level and metric; the first decides the study.
        answers: The predictions of every variant, per video.
    """

    labels: LabelSet
    recipe: EvaluateRecipe
    subjects: int
    videos: int
    seeds: Mapping[str, int]
    variants: tuple[VariantScores, ...]
    families: tuple[Family, ...]
    answers: Answers

    def scores(self, level: str) -> tuple[VariantScores, ...]:
        """Return the variants at one level, the best per video by UAR first."""
        return tuple(each for each in self.variants if each.level == level)

    def family(self, level: str, metric: str) -> Family:
        """Return the comparisons by one metric at one level."""
        return next(each for each in self.families if (each.level, each.metric) == (level, metric))

    @property
    def has_several_seeds(self) -> bool:
        """Whether every variant has several seeds, so that the tests hold for other trainings too."""
        return min(self.seeds.values()) > 1

    @property
    def can_find_a_difference(self) -> bool:
        """Whether the smallest p-value of so many subjects is significant after Holm's correction."""
        comparisons = max(len(self.families[0].pairs), 1)
        return self.subjects > 1 and least_p(self.subjects) * comparisons <= 1 - self.recipe.confidence


def study_statistics(
    predictions: Predictions,
    *,
    labels: LabelSet,
    baseline: int | Mapping[str, int],
    recipe: EvaluateRecipe | None = None,
) -> StudyStatistics:
    """Score and compare the variants of a study.

    Args:
        predictions: By variant, a prediction table for each seed, from ``read_predictions`` or, for folds,
            from ``join_folds``. Only the test rows are read.
        labels: Their label set.
        baseline: Code of the most frequent class of the training part; by subject, if folds were trained on
            different people.
        recipe: Confidence, and settings of the resampling.

    Raises:
        DatasetError: there is no table, or two are not of the same test videos with the same rows.
    """
    recipe = recipe or EvaluateRecipe()
    answers = aligned_answers(predictions, labels=labels)
    videos = answers["video"]
    order = _ranked(videos, "uar")
    return StudyStatistics(
        labels=labels,
        recipe=recipe,
        subjects=len(videos.subjects),
        videos=len(videos.codes),
        seeds=MappingProxyType({name: len(tables) for name, tables in predictions.items()}),
        variants=tuple(
            _variant_scores(name, level, answers[level], baseline=baseline, recipe=recipe)
            for level in LEVELS
            for name in order
        ),
        families=tuple(
            _family(level, metric, answers[level], videos=videos, recipe=recipe)
            for level in LEVELS
            for metric in COMPARED
        ),
        answers=videos,
    )


def _variant_scores(
    name: str, level: str, answers: Answers, *, baseline: int | Mapping[str, int], recipe: EvaluateRecipe
) -> VariantScores:
    constant, confusions = answers.constant(baseline), answers.confusions[name]
    seeds = confusions.sum(axis=1)  # (N, S, C, C) -> (N, C, C)
    # the same draws for every variant, so that all intervals have the same people
    rng = np.random.default_rng(recipe.seed)
    draws = draw_subjects(len(answers.subjects), resamples=recipe.resamples, rng=rng)
    resampled = np.stack([resampled_confusions(each, draws) for each in confusions])  # (N, R, C, C)
    estimates = {}
    for metric, score in METRICS.items():
        interval = percentile_interval(score(resampled).mean(axis=0), confidence=recipe.confidence)
        estimates[metric] = SeedEstimate(
            value=float(score(seeds).mean()),
            interval=interval if len(answers.subjects) > 1 else NO_INTERVAL,
            majority=float(score(constant)),
            constant=constant_score(score, answers.truth.sum(axis=0)),
            by_seed=tuple(score(seeds).tolist()),
        )
    return VariantScores(name, level, MappingProxyType(estimates), seeds.sum(axis=0))


def _family(level: str, metric: str, answers: Answers, *, videos: Answers, recipe: EvaluateRecipe) -> Family:
    ranked = _ranked(answers, metric)
    names = list(combinations(ranked, 2))
    differences = [
        compare(
            answers.confusions[first],
            answers.confusions[second],
            METRICS[metric],
            confidence=recipe.confidence,
            seed=recipe.seed,
        )
        for first, second in names
    ]
    mcnemars = [_mcnemar(videos, first, second) for first, second in names]
    adjusted = holm([difference.p for difference in differences]).tolist()
    mcnemar_adjusted = holm([test.mid for test in mcnemars]).tolist()
    alpha = 1 - recipe.confidence
    pairs = tuple(
        PairOfVariants(*two, difference, p, test, mcnemar_p, differs=p <= alpha)
        for two, difference, p, test, mcnemar_p in zip(
            names, differences, adjusted, mcnemars, mcnemar_adjusted, strict=True
        )
    )
    apart = [(pair.first, pair.second) for pair in pairs if pair.differs]
    return Family(level, metric, pairs, groups_without_difference(ranked, apart))


def _ranked(answers: Answers, metric: str) -> Sequence[str]:
    """Return the variants, the one with the highest mean over seeds first."""
    means = {
        name: float(METRICS[metric](confusions.sum(axis=1)).mean())
        for name, confusions in answers.confusions.items()
    }
    return sorted(means, key=lambda name: -means[name])


def _mcnemar(videos: Answers, first: str, second: str) -> McNemar:
    right, other_right = (videos.joint[name] == videos.codes for name in (first, second))
    return mcnemar(int((right & ~other_right).sum()), int((other_right & ~right).sum()))
