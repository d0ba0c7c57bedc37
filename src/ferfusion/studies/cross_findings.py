"""Findings of a study across corpora: a score for each tested corpus and training, and their comparisons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from ferfusion.errors import RunError
from ferfusion.evaluation.metrics import METRICS
from ferfusion.evaluation.multiplicity import holm
from ferfusion.evaluation.predictions import video_level
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.run_folder import RunFolder, read_run
from ferfusion.evaluation.scoring import LEVELS
from ferfusion.evaluation.significance import Difference
from ferfusion.evaluation.statistics import (
    COMPARED,
    SeedEstimate,
    StudyStatistics,
    study_statistics,
)
from ferfusion.evaluation.uncertainty import Interval
from ferfusion.label_set import LabelSet
from ferfusion.studies.cross_study import CrossStudy
from ferfusion.studies.raters_and_groups import RatersAndGroups, people_of_corpora

PART = "test"


@dataclass(frozen=True)
class CrossCell:
    """The scores of one training on the people of one corpus.

    Attributes:
        trained_on: The corpora of the training, in words.
        tested_on: The tested corpus.
        within: Whether the training learned from other people of the tested corpus.
        majority: The most frequent class of the training part, which the majority baseline always predicts.
        statistics: Scores and intervals; its only variant is the training.
    """

    trained_on: str
    tested_on: str
    within: bool
    majority: str
    statistics: StudyStatistics

    def estimates(self, level: str) -> Mapping[str, SeedEstimate]:
        """Return the scores by metric at one level."""
        return self.statistics.scores(level)[0].estimates

    @property
    def uar(self) -> SeedEstimate:
        """UAR per video."""
        return self.estimates("video")["uar"]

    @property
    def war(self) -> SeedEstimate:
        """WAR per video."""
        return self.estimates("video")["war"]

    @property
    def people(self) -> int:
        """Number of tested people."""
        return self.statistics.subjects

    @property
    def videos(self) -> int:
        """Number of tested videos."""
        return self.statistics.videos


@dataclass(frozen=True)
class CrossComparison:
    """Two trainings compared on the same people of a tested corpus, per video.

    Attributes:
        tested_on: The tested corpus.
        metric: ``uar`` or ``war``.
        first: The training within the corpus if one of both is, else the one that scores higher.
        second: The other.
        drop: Whether ``first`` is within the corpus, so that the difference is a drop from within to across.
        people: Number of people on whom both are tested.
        difference: First minus second, its interval, and the p-values of this comparison alone.
        p_adjusted: The deciding p-value, corrected by Holm for all comparisons on the corpus by the metric.
        differs: Whether ``p_adjusted`` is at most one minus the recipe's confidence.
    """

    tested_on: str
    metric: str
    first: str
    second: str
    drop: bool
    people: int
    difference: Difference
    p_adjusted: float = float("nan")
    differs: bool = False


@dataclass(frozen=True)
class CrossFindings:
    """Everything that the report of a study across corpora shows.

    Attributes:
        study: The study.
        runs: For each division, the run of each seed.
        cells: A cell for each division and each corpus that it tests.
        comparisons: Of the trainings on each tested corpus.
        recipe: Confidence, and settings of the resampling.
        people: Of each tested corpus, the raters and the groups of people (see ``people_of_corpora``).
    """

    study: CrossStudy
    runs: tuple[tuple[RunFolder, ...], ...]
    cells: tuple[CrossCell, ...]
    comparisons: tuple[CrossComparison, ...]
    recipe: EvaluateRecipe
    people: Mapping[str, RatersAndGroups]

    @property
    def labels(self) -> LabelSet:
        """The shared classes."""
        return self.study.dataset.labels

    @property
    def names(self) -> tuple[str, ...]:
        """The corpora that are tested."""
        tested = {cell.tested_on for cell in self.cells}
        return tuple(name for name in self.study.pooled.sources if name in tested)

    @property
    def drops(self) -> tuple[CrossComparison, ...]:
        """The drops of UAR from within to across the corpora."""
        return tuple(each for each in self.comparisons if each.drop and each.metric == "uar")

    def cell(self, trained_on: str, tested_on: str) -> CrossCell | None:
        """Return the cell of a training and a tested corpus, if there is one."""
        return next((c for c in self.cells if (c.trained_on, c.tested_on) == (trained_on, tested_on)), None)

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """A row per training, seed and tested video."""
        tables = []
        for division, runs in zip(self.study.divisions, self.runs, strict=True):
            for seed, run in enumerate(runs):
                rows = run.predictions[run.predictions["part"] == PART]
                videos = video_level(rows, labels=self.labels).drop(columns="part")
                videos.insert(0, "seed", seed)
                videos.insert(0, "tested_on", videos["subject"].map(self.study.pooled.corpus_of))
                videos.insert(0, "trained_on", division.name)
                tables.append(videos)
        return pd.concat(tables, ignore_index=True)


def gather_cross(study: CrossStudy, recipe: EvaluateRecipe | None = None) -> CrossFindings:
    """Read every run of a finished study across corpora.

    Raises:
        RunError: a run is missing or damaged, or the datasets changed between the trainings.
    """
    recipe = recipe or EvaluateRecipe()
    runs = tuple(
        tuple(
            read_run(study.folder / each.folder)
            for each in sorted(study.trainings, key=lambda each: each.seed)
            if each.fold == fold
        )
        for fold in range(len(study.divisions))
    )
    if len({run.identity for of_division in runs for run in of_division}) > 1:
        raise RunError(
            f"The trainings of {study.folder} are of different states of the datasets; "
            "train all again with --retrain-changed"
        )
    tested = {
        (division.name, corpus): [_rows_of(study, run, corpus) for run in of_division]
        for division, of_division in zip(study.divisions, runs, strict=True)
        for corpus in study.pooled.sources
        if corpus in division.tested_on
    }
    majority = {
        division.name: of_division[0].majority_code
        for division, of_division in zip(study.divisions, runs, strict=True)
    }
    within = {(division.name, corpus) for division in study.divisions for corpus in division.trained_on}
    labels = study.dataset.labels
    cells = tuple(
        CrossCell(
            *key,
            within=key in within,
            majority=labels.names[majority[key[0]]],
            statistics=study_statistics(
                {key[0]: tables}, labels=labels, baseline=majority[key[0]], recipe=recipe
            ),
        )
        for key, tables in tested.items()
    )
    comparisons = tuple(
        comparison
        for corpus in study.pooled.sources
        for comparison in compare_trainings(
            {name: tables for (name, tested_on), tables in tested.items() if tested_on == corpus},
            tested_on=corpus,
            within=tuple(name for name, trained_on in within if trained_on == corpus),
            labels=labels,
            recipe=recipe,
        )
    )
    people = people_of_corpora(study.pooled, tested, within=within, recipe=recipe)
    return CrossFindings(study, runs, cells, comparisons, recipe, people)


def _rows_of(study: CrossStudy, run: RunFolder, corpus: str) -> pd.DataFrame:
    """Return the test rows of one corpus."""
    rows = run.predictions
    own = rows["subject"].map(study.pooled.corpus_of) == corpus
    return rows[own & (rows["part"] == PART)].reset_index(drop=True)


def compare_trainings(
    tested: Mapping[str, Sequence[pd.DataFrame]],
    *,
    tested_on: str,
    within: Sequence[str],
    labels: LabelSet,
    recipe: EvaluateRecipe,
) -> tuple[CrossComparison, ...]:
    """Compare trainings on the people of one corpus, each pair on the people that both are tested on.

    Trainings on other corpora are tested on all people; a training within the corpus on those that were held
    out of it. Holm's correction is over all comparisons by one metric.

    Args:
        tested: By training, a prediction table for each seed.
        tested_on: The tested corpus.
        within: The trainings that learned from other people of the corpus.
        labels: The classes.
        recipe: Confidence, and settings of the resampling.
    """
    across = {name: tables for name, tables in tested.items() if name not in within}
    found = list(_pairs(across, tested_on, "", labels, recipe)) if len(across) > 1 else []
    for name in (name for name in tested if name in within):
        held_out = set(tested[name][0]["subject"])
        on_same = {
            other: [table[table["subject"].isin(held_out)] for table in tables]
            for other, tables in across.items()
        }
        if on_same:
            found += _pairs({name: tested[name], **on_same}, tested_on, name, labels, recipe)
    return tuple(
        CrossComparison(**{**vars(each), "p_adjusted": float(p), "differs": bool(p <= 1 - recipe.confidence)})
        for metric in COMPARED
        for of_metric in [[each for each in found if each.metric == metric]]
        for each, p in zip(of_metric, holm([each.difference.p for each in of_metric]), strict=True)
    )


def _pairs(
    tables: Mapping[str, Sequence[pd.DataFrame]],
    tested_on: str,
    within: str,
    labels: LabelSet,
    recipe: EvaluateRecipe,
) -> Iterator[CrossComparison]:
    """Yield the pairs of trainings; if one of them is within the corpus, only its pairs, with it first."""
    statistics = study_statistics(tables, labels=labels, baseline=0, recipe=recipe)
    for metric in COMPARED:
        for pair in statistics.family("video", metric).pairs:
            if within and within not in (pair.first, pair.second):
                continue
            turned = within == pair.second
            yield CrossComparison(
                tested_on,
                metric,
                *((pair.second, pair.first) if turned else (pair.first, pair.second)),
                drop=bool(within),
                people=statistics.subjects,
                difference=_possible(pair.difference, turned=turned),
            )


def _possible(difference: Difference, *, turned: bool) -> Difference:
    """Return a difference of two shares, or the second minus the first, with an interval within -1 and 1.

    With two or three people, the interval of ``compare`` is wider than any difference can be.
    """
    low, high = (min(max(end, -1.0), 1.0) for end in (difference.interval.low, difference.interval.high))
    value, low, high = (-difference.value, -high, -low) if turned else (difference.value, low, high)
    return replace(difference, value=value, interval=Interval(low, high))


def cross_table(findings: CrossFindings) -> pd.DataFrame:
    """Return a row per cell, level and metric, the metrics of a level in the order of every table."""
    return pd.DataFrame(
        [
            {
                "trained_on": cell.trained_on,
                "tested_on": cell.tested_on,
                "within": cell.within,
                "level": level,
                "metric": metric,
                "value": estimate.value,
                "low": estimate.interval.low,
                "high": estimate.interval.high,
                "baseline": estimate.baseline,
                "majority": cell.majority,
                "seeds": len(estimate.by_seed),
                "seed_deviation": estimate.seed_deviation,
                "people": cell.people,
                "videos": cell.videos,
            }
            for cell in findings.cells
            for level in LEVELS
            for metric in METRICS
            for estimate in [cell.estimates(level)[metric]]
        ]
    )


COMPARISON_COLUMNS = (
    "tested_on",
    "metric",
    "first",
    "second",
    "drop",
    "people",
    "difference",
    "low",
    "high",
    "p_subjects",
    "p_trainings",
    "p",
    "p_adjusted",
    "differs",
)


def cross_comparisons_table(findings: CrossFindings) -> pd.DataFrame:
    """Return a row per comparison of two trainings on the people of a corpus, by UAR and by WAR."""
    return pd.DataFrame(
        [
            {
                "tested_on": each.tested_on,
                "metric": each.metric,
                "first": each.first,
                "second": each.second,
                "drop": each.drop,
                "people": each.people,
                "difference": each.difference.value,
                "low": each.difference.interval.low,
                "high": each.difference.interval.high,
                "p_subjects": each.difference.p_subjects,
                "p_trainings": each.difference.p_trainings,
                "p": each.difference.p,
                "p_adjusted": each.p_adjusted,
                "differs": each.differs,
            }
            for each in findings.comparisons
        ],
        columns=list(COMPARISON_COLUMNS),
    )


def mean_uar(cells: Sequence[CrossCell]) -> float:
    """Return the mean UAR per video of cells, each with equal weight."""
    return float(np.mean([cell.uar.value for cell in cells]))
