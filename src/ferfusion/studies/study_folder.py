"""The files of a study's folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class StudyFolder:
    """Where the files of a study are.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def settings_file(self) -> Path:
        """The plan, the settings of every variant, and the dataset."""
        return self.path / "study.json"

    def splits_file(self, fold: int) -> Path:
        """Return the split table of a fold, from 0; a study without folds has the first only."""
        return self.path / "splits" / f"fold{fold}.csv"

    def table_file(self, name: str) -> Path:
        """Return a table: variants, comparisons, costs, classes or error_patterns."""
        return self.path / f"{name}.csv"

    @property
    def figures(self) -> Path:
        """The folder of the figures."""
        return self.path / "figures"

    @property
    def page_file(self) -> Path:
        """The page."""
        return self.path / "report.html"
