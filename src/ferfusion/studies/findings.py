"""Findings of a study: the predictions, the epochs and the costs of every training, and their statistics."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ferfusion.errors import RunError
from ferfusion.evaluation.aligned import join_folds
from ferfusion.evaluation.calibration import Reliability, reliability
from ferfusion.evaluation.confusions import KINDS, prediction_bias, share_of_kind
from ferfusion.evaluation.metrics import class_scores
from ferfusion.evaluation.people import people_table
from ferfusion.evaluation.predictions import video_level
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.run_folder import RunFolder, read_run
from ferfusion.evaluation.statistics import StudyStatistics, study_statistics
from ferfusion.files import read_json
from ferfusion.recipe import has_type
from ferfusion.studies.plan import Variant
from ferfusion.studies.published import PublishedRow, published_row
from ferfusion.studies.raters_and_groups import RatersAndGroups, raters_and_groups
from ferfusion.studies.results import Results, Tested
from ferfusion.studies.study import Study

PART = "test"
_LONGEST_MINUTES = 1e9


@dataclass(frozen=True)
class VariantFindings:
    """One variant that was trained.

    Attributes:
        variant: Its network and recipe.
        equivalents: Variants that are the same function, and are not trained themselves.
        runs: Its run folders: every fold of the first seed, then of the second, and so on.
        predictions: For each seed, the test rows of all folds.
        minutes: Training time of each run.
        peak_mib: The largest peak memory of a run; None if the system does not report it.
    """

    variant: Variant
    equivalents: tuple[Variant, ...]
    runs: tuple[RunFolder, ...]
    predictions: tuple[pd.DataFrame, ...]
    minutes: tuple[float, ...]
    peak_mib: float | None

    @property
    def name(self) -> str:
        """Name of the variant."""
        return self.variant.name

    @property
    def parameters(self) -> int | None:
        """Number of values that training changes."""
        return self.runs[0].parameters

    def mean_curve(self, column: str) -> pd.Series:
        """Return a column of the epoch tables, by epoch, as the mean over the runs that reached the epoch."""
        tables = [run.epochs.set_index("epoch")[column] for run in self.runs]
        return pd.concat(tables, axis=1).mean(axis=1)


@dataclass(frozen=True)
class Findings:
    """Everything that the report of a study shows.

    Attributes:
        study: The study.
        variants: Those that were trained, in the order of the plan.
        statistics: Scores, intervals and comparisons.
        people: The raters beside the variants, and the groups of the tested people.
    """

    study: Study
    variants: tuple[VariantFindings, ...]
    statistics: StudyStatistics
    people: RatersAndGroups = RatersAndGroups()  # noqa: RUF009 frozen

    @property
    def majority_code(self) -> int:
        """The most frequent class of the training part of the first fold."""
        return self.variants[0].runs[0].majority_code

    @property
    def majority_codes(self) -> tuple[int, ...]:
        """The most frequent class of the training part of each fold; folds can have different ones."""
        return tuple(dict.fromkeys(run.majority_code for run in self.variants[0].runs))

    @property
    def majority_rule(self) -> str:
        """How the answer of the majority baseline was chosen, where it is the same in all folds."""
        rules = {run.majority_rule for run in self.variants[0].runs}
        return rules.pop() if len(rules) == 1 else "a most frequent class of each fold's training part"

    def published(self, variant: Variant) -> PublishedRow | None:
        """Return the report's row for a variant's fusion, if it has one and the dataset is BAUM-1."""
        model = variant.model
        return published_row(
            architecture=model.architecture, fusion=model.fusion, corpus=self.study.dataset.corpus
        )

    @property
    def has_published(self) -> bool:
        """Whether a variant has a row in the report."""
        return any(self.published(variant) for variant in self.study.variants)

    def of(self, name: str) -> VariantFindings:
        """Return the findings of a variant."""
        return next(each for each in self.variants if each.name == name)


def gather(study: Study, recipe: EvaluateRecipe | None = None) -> Findings:
    """Read every run of a finished study.

    Raises:
        RunError: a run is missing or damaged, or the dataset changed between the trainings.
        DatasetError: the runs were not tested on the same videos, or a video was tested in two folds.
    """
    variants = tuple(_variant(study, variant) for variant in study.trained)
    if len({run.identity for each in variants for run in each.runs}) > 1:
        raise RunError(
            f"The trainings of {study.folder} are of different states of the dataset; "
            "train all again with --retrain-changed"
        )
    statistics = study_statistics(
        {each.name: each.predictions for each in variants},
        labels=study.dataset.labels,
        baseline=_majority_of_subjects(variants[0].runs),
        recipe=recipe or EvaluateRecipe(),
    )
    data = study.dataset
    people = raters_and_groups(
        statistics.answers,
        votes=data.votes,
        subjects=data.subjects if data.people_known else None,
        labels=data.labels,
        majority_code=variants[0].runs[0].majority_code,
        recipe=statistics.recipe,
        corpus=data.corpus,
        stills=data.stills,
    )
    return Findings(study, variants, statistics, people)


def _variant(study: Study, variant: Variant) -> VariantFindings:
    trainings = [each for each in study.trainings if each.variant == variant]
    runs = [read_run(study.folder / each.folder) for each in trainings]
    costs = [_read_cost(run) for run in runs]
    tables = [
        run.predictions.assign(fold=each.fold) if len(study.splits) > 1 else run.predictions
        for run, each in zip(runs, trainings, strict=True)
    ]
    predictions = [
        join_folds([table for table, each in zip(tables, trainings, strict=True) if each.seed == seed])
        for seed in range(study.plan.seeds)
    ]
    peaks = [cost["peak_mib"] for cost in costs if cost["peak_mib"] is not None]
    return VariantFindings(
        variant,
        study.equivalents[variant.name],
        tuple(runs),
        tuple(predictions),
        tuple(cost["minutes"] for cost in costs),
        max(peaks, default=None),
    )


def _read_cost(run: RunFolder) -> dict[str, Any]:
    advice = "delete it, and run the study again"
    cost = read_json(run.cost_file, keys={"minutes": float, "peak_mib": Any}, error=RunError, advice=advice)
    is_known = cost["peak_mib"] is not None
    if (is_known and not has_type(cost["peak_mib"], float)) or not 0 <= cost["minutes"] < _LONGEST_MINUTES:
        raise RunError(f"{run.cost_file} has a cost that is no number; {advice}")
    return cost


def _majority_of_subjects(runs: Sequence[RunFolder]) -> dict[str, int]:
    """Return for each tested person the most frequent class in the training part of the fold."""
    return {
        str(subject): run.majority_code
        for run in runs
        for subject in run.predictions.loc[run.predictions["part"] == PART, "subject"].unique()
    }


def costs_table(findings: Findings) -> pd.DataFrame:
    """Return a row per variant: size, the variant trained in its place, and the cost of the trainings.

    Of a study of BAUM-1 also the accuracy that the report published for the variant.
    """
    table = pd.DataFrame(
        [
            {
                "variant": variant.name,
                "trained_as": one.name,
                "parameters": one.parameters,
                "trainings": len(one.runs),
                "minutes_each": float(np.mean(one.minutes)),
                "minutes": float(np.sum(one.minutes)),
                "peak_mib": one.peak_mib,
                "published_accuracy": row.accuracy if (row := findings.published(variant)) else None,
            }
            for one in findings.variants
            for variant in (one.variant, *one.equivalents)
        ]
    )
    return table if findings.has_published else table.drop(columns="published_accuracy")


def people_of_study(findings: Results) -> pd.DataFrame:
    """Return a row per variant, seed and tested person: how many of their videos are predicted correctly."""
    statistics, tables = findings.statistics, []
    for one in findings.variants:
        for seed, rows in enumerate(one.predictions):
            videos = video_level(rows, labels=statistics.labels)
            people = people_table(
                videos, labels=statistics.labels, confidence=statistics.recipe.confidence
            ).drop(columns="part")
            people.insert(0, "seed", seed)
            people.insert(0, "variant", one.name)
            tables.append(people)
    return pd.concat(tables, ignore_index=True)


def pooled_predictions(one: Tested) -> pd.DataFrame:
    """Return the test rows of all seeds of a variant, with the column ``seed``, and ``fold`` with folds.

    With folds, every person is tested once for each seed, by a network that never saw them.
    """
    tables = [rows.assign(seed=seed) for seed, rows in enumerate(one.predictions)]
    pooled = pd.concat(tables, ignore_index=True)
    return numbered_first(pooled.drop(columns="part"))


def numbered_first(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return predictions with the columns of the training first."""
    first = [name for name in ("seed", "fold") if name in predictions]
    return predictions[[*first, *predictions.columns.drop(first)]]


def classes_table(findings: Results) -> pd.DataFrame:
    """Return a row per variant, level and class: recall, precision, F1, over all seeds together."""
    labels = findings.statistics.labels
    tables = []
    for scores in findings.statistics.variants:
        classes = class_scores(scores.confusion, beta=findings.statistics.recipe.beta)
        tables.append(
            pd.DataFrame(
                {
                    "variant": scores.name,
                    "level": scores.level,
                    "emotion": labels.names,
                    "recall": classes.recall,
                    "precision": classes.precision,
                    "f1": classes.f1,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def error_patterns_table(findings: Results) -> pd.DataFrame:
    """Return a row per variant, per video: kinds of confusion, bias toward the majority, calibration."""
    labels, rows = findings.statistics.labels, []
    for scores in findings.statistics.variants:
        if scores.level != "video":
            continue
        kinds = {kind.name: share_of_kind(scores.confusion, kind, labels) for kind in KINDS}
        rows.append(
            {
                "variant": scores.name,
                **kinds,
                "prediction_bias": prediction_bias(scores.confusion, findings.majority_code),
                "ece_pair": reliability_of(findings, scores.name).ece,
            }
        )
    return pd.DataFrame(rows)


def reliability_of(findings: Results, name: str) -> Reliability:
    """Return the accuracy of a variant against its confidence, on the test pairs of all seeds."""
    table = pd.concat(findings.of(name).predictions)
    columns = list(findings.statistics.labels.probability_columns)
    return reliability(table[columns].to_numpy(np.float64), table["code"].to_numpy(np.int64))
