"""Findings of a study of models that are not trained: their predictions of the same people, compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from ferfusion.corpora.catalogue import LAYOUTS_OF_MANY
from ferfusion.errors import DatasetError
from ferfusion.evaluation.measured import Measured, Measurement
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.restricted import best_constant, on_labels, shared_classes_line, shared_labels
from ferfusion.evaluation.statistics import StudyStatistics, study_statistics
from ferfusion.studies.raters_and_groups import RatersAndGroups, raters_and_groups


@dataclass(frozen=True)
class ModelFindings:
    """One model that was measured.

    Attributes:
        name: Its name, other than that of every other model of the study.
        measurement: Its predictions on all classes that it shares with the dataset.
        measured: The same on the classes that all models of the study have.
    """

    name: str
    measurement: Measurement
    measured: Measured

    @property
    def predictions(self) -> tuple[pd.DataFrame, ...]:
        """A row per measured pair, of the single training that the model is."""
        return (self.measured.predictions.assign(part="test"),)

    @property
    def knows_corpus(self) -> bool:
        """Whether the model has learned from people of the same corpus, as far as is known."""
        trained, here = self.measurement.trained_on, self.measurement
        if trained.get("dataset_identity") == here.identity:
            return True
        corpus = trained.get("corpus", "")
        return corpus == here.corpus and corpus not in LAYOUTS_OF_MANY


@dataclass(frozen=True)
class ModelsFindings:
    """Everything that the report of a study of models shows.

    Attributes:
        variants: The models, in the order of the call.
        statistics: Scores, intervals and comparisons.
        classes_line: Which classes were scored, if not all models have the same; else empty.
        majority_code: The most frequent class of the measured videos.
        majority_rule: The same in words.
        people: The raters beside the models, and the groups of the measured people.
    """

    variants: tuple[ModelFindings, ...]
    statistics: StudyStatistics
    classes_line: str
    majority_code: int
    majority_rule: str
    people: RatersAndGroups

    @cached_property
    def measurement(self) -> Measurement:
        """The measurement of the first model: dataset, part and people are the same for all."""
        return self.variants[0].measurement

    def of(self, name: str) -> ModelFindings:
        """Return the findings of a model."""
        return next(each for each in self.variants if each.name == name)


def compare_models(
    measurements: Mapping[str, Measurement], recipe: EvaluateRecipe | None = None
) -> ModelsFindings:
    """Score and compare models that were measured on the same people, on the classes that all have.

    The majority baseline is the same for all models: the most frequent class of the measured videos.

    Args:
        measurements: By name, the measurement of each model on one part of one dataset.
        recipe: Confidence, and settings of the resampling.

    Raises:
        DatasetError: the models have fewer than two classes in common.
    """
    labels = shared_labels(list(measurements.values()))
    if labels is None:
        owned = "; ".join(f"{name} has {', '.join(one.labels.names)}" for name, one in measurements.items())
        raise DatasetError(f"The models have fewer than two classes of the dataset in common: {owned}")
    models = tuple(
        ModelFindings(name, measurement, on_labels(measurement, labels))
        for name, measurement in measurements.items()
    )
    code, rule = best_constant(models[0].measured.predictions, labels)
    statistics = study_statistics(
        {model.name: model.predictions for model in models}, labels=labels, baseline=code, recipe=recipe
    )
    measured = models[0].measurement
    people = raters_and_groups(
        statistics.answers,
        votes=measured.votes,
        subjects=measured.subjects if measured.people_known else None,
        labels=labels,
        majority_code=code,
        recipe=statistics.recipe,
        part=measured.part,
        corpus=measured.corpus,
        stills=measured.stills,
        noun="model",
    )
    return ModelsFindings(models, statistics, shared_classes_line(measurements, labels), code, rule, people)
