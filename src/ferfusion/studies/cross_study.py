"""A study across corpora: who is trained on whose people, and tested on whose, as trainings of a study."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from ferfusion.errors import ConfigError
from ferfusion.models.config import ModelConfig
from ferfusion.parts import Part
from ferfusion.preparation.pooled import PooledDataset, pool_datasets
from ferfusion.splits.corpora import division_parts, write_division
from ferfusion.splits.divisions import PROTOCOLS, Division, divisions_of
from ferfusion.splits.leaks import find_copies, refuse_copies
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.studies.plan import StudyPlan, Variant, read_variants
from ferfusion.studies.study import Study
from ferfusion.studies.study_folder import StudyFolder
from ferfusion.training.recipe import TrainRecipe

CUT = SplitRecipe()
"""How the people of a corpus are divided among the parts."""


@dataclass(frozen=True)
class CrossStudy(Study):
    """A study of several datasets with one variant; each fold of it is a division of the datasets.

    Attributes:
        pooled: The datasets as one, the same as ``dataset``.
        divisions: Of each fold, the datasets that are trained on and those that are tested.
    """

    pooled: PooledDataset
    divisions: tuple[Division, ...]

    @property
    def variant(self) -> Variant:
        """The variant that is trained."""
        return self.variants[0]

    @cached_property
    def parts(self) -> tuple[dict[str, Part], ...]:
        """Clip to part in each division.

        Raises:
            DatasetError: a dataset has too few people to be divided.
        """
        return tuple(division_parts(self.pooled, division, CUT) for division in self.divisions)

    def begin(self, *, retrain_changed: bool = False) -> None:
        """Do as ``Study.begin``; datasets that cannot be divided are refused before anything is written."""
        self.parts  # noqa: B018
        super().begin(retrain_changed=retrain_changed)

    def _divide(self) -> None:
        """Write the pooled dataset, and the split table of every division.

        Raises:
            DatasetError: a division has one image in two parts.
        """
        self.pooled.write()
        missing = [not path.with_suffix(".json").is_file() for path in self.splits]
        if not any(missing):
            return
        copies = find_copies(self.pooled, similarity=CUT.similarity)
        for parts in self.parts:
            refuse_copies(copies, parts, similarity=CUT.similarity)
        for path, division, parts in zip(self.splits, self.divisions, self.parts, strict=True):
            write_division(path, self.pooled, parts, division=division, recipe=CUT)

    def _settings(self) -> dict[str, Any]:
        settings = super()._settings()
        corpora = {"corpora": list(self.pooled.sources)}
        return settings | {"dataset": settings["dataset"] | corpora}


def open_cross_study(
    datasets: Sequence[Path], folder: Path, plan: StudyPlan, *, model: ModelConfig, recipe: TrainRecipe
) -> CrossStudy:
    """Return the study of several datasets by a plan; nothing is written.

    Args:
        datasets: Two or more dataset folders, prepared with the same settings; they need no split.
        folder: Study folder.
        plan: The protocol or the datasets to train and test on, the seeds, and at most one variant.
        model: Network settings.
        recipe: Training settings.

    Raises:
        DatasetError: a dataset cannot be opened, or the datasets do not fit together.
        ConfigError: the plan names no protocol, a dataset that is not there, or several variants.
    """
    if len(datasets) < 2:
        raise ConfigError("A study across corpora needs two or more datasets; name them before the study")
    if not plan.is_cross:
        raise ConfigError(
            f"A study of {len(datasets)} datasets needs a protocol ({' or '.join(PROTOCOLS)}), "
            "or train_on and test_on"
        )
    variant = _only_variant(plan, model, recipe)
    pooled = pool_datasets(datasets, StudyFolder(folder).pooled)
    divisions = divisions_of(
        tuple(pooled.sources), protocol=plan.protocol, train_on=plan.train_on, test_on=plan.test_on
    )
    splits = tuple(StudyFolder(folder).splits_file(fold) for fold in range(len(divisions)))
    return CrossStudy(pooled, folder, plan, (variant,), (), splits, pooled, divisions)


def _only_variant(plan: StudyPlan, model: ModelConfig, recipe: TrainRecipe) -> Variant:
    """Return the variant of a plan; the one of the shared settings if the plan has the default variants."""
    default = next(field.default for field in fields(StudyPlan) if field.name == "variants")
    texts = (f"architecture={model.architecture}",) if plan.variants == default else plan.variants
    variants = read_variants(texts, model=model, recipe=recipe)
    if len(variants) > 1:
        raise ConfigError(
            f"A study across corpora compares datasets, with one variant; got {len(variants)}: "
            f"{', '.join(each.name for each in variants)}"
        )
    return variants[0]
