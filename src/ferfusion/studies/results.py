"""What the tables and figures of a study need, whether its variants were trained or are models of others."""

from collections.abc import Sequence
from typing import Protocol

import pandas as pd

from ferfusion.evaluation.statistics import StudyStatistics
from ferfusion.studies.raters_and_groups import RatersAndGroups


class Tested(Protocol):
    """One of the compared: a variant that was trained, or a model."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def predictions(self) -> tuple[pd.DataFrame, ...]:
        """For each seed, a row per tested pair."""


class Results(Protocol):
    """Predictions of the same people by several variants or models, with their statistics."""

    @property
    def variants(self) -> Sequence[Tested]:
        """All that are compared."""

    @property
    def statistics(self) -> StudyStatistics:
        """Scores, intervals and comparisons."""

    @property
    def people(self) -> RatersAndGroups:
        """The raters beside them, and the groups of the tested people."""

    @property
    def majority_code(self) -> int:
        """What the majority baseline always predicts."""

    def of(self, name: str) -> Tested:
        """Return one of the compared by its name."""
