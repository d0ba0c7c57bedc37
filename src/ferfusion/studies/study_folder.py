"""The files of a study's folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ferfusion.tables import Kind

REPORT_FILES = (
    "report.html",
    "summary.json",
    "variants.csv",
    "comparisons.csv",
    "costs.csv",
    "classes.csv",
    "error_patterns.csv",
    "people.csv",
    "predictions/*.csv",
    "figures/*.png",
)
"""Patterns of the files that a study writes when its trainings are finished, the page first."""

FILES_BESIDE_PAGE = tuple(
    dict.fromkeys(f"{name.split('/')[0]}/" if "/" in name else name for name in REPORT_FILES[1:])
)
"""The same without the page, with folders in place of their files."""

_INTERVAL = dict.fromkeys(("value", "low", "high", "baseline"), float)
_P_VALUES = ("difference", "low", "high", "p_subjects", "p_trainings", "p", "p_adjusted")
TABLES: Mapping[str, Mapping[str, Kind | None]] = MappingProxyType(
    {
        "variants": {
            **dict.fromkeys(("level", "variant", "metric", "groups")),
            **_INTERVAL,
            **{"seeds": int, "seed_deviation": float, "subjects": int},
        },
        "comparisons": {
            **dict.fromkeys(("level", "metric", "first", "second")),
            **dict.fromkeys(_P_VALUES, float),
            **{"differs": bool, "mcnemar_first_only": int, "mcnemar_second_only": int},
            **dict.fromkeys(("mcnemar_exact", "mcnemar_mid", "mcnemar_adjusted"), float),
        },
        "costs": {
            **{"variant": None, "trained_as": None, "parameters": int, "trainings": int},
            **dict.fromkeys(("minutes_each", "minutes", "peak_mib"), float),
        },
        "classes": {
            **dict.fromkeys(("variant", "level", "emotion")),
            **dict.fromkeys(("recall", "precision", "f1"), float),
        },
        "error_patterns": {"variant": None},
        "people": {
            **dict.fromkeys(("variant", "subject", "note")),
            **dict.fromkeys(("seed", "videos", "classes"), int),
            **dict.fromkeys(("war", "low", "high", "uar"), float),
        },
    }
)
"""The columns of each table, and the kind of each that is not text; further columns are numbers."""

_WHOLE = ("seed", "segment", "frame", "pair", "pairs", "code")


def prediction_kind(column: str) -> Kind | None:
    """Return the kind of a column of a table of predictions; None for text."""
    if column in _WHOLE:
        return int
    return float if column.startswith("p_") or column == "seconds" else None


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

    @property
    def clips_file(self) -> Path:
        """The identity of every clip of the dataset when the study began."""
        return self.path / "clips.csv"

    @property
    def runs(self) -> Path:
        """The folder of the trainings."""
        return self.path / "runs"

    @property
    def splits(self) -> Path:
        """The folder of the split tables."""
        return self.path / "splits"

    def splits_file(self, fold: int) -> Path:
        """Return the split table of a fold, from 0; a study without folds has the first only."""
        return self.splits / f"fold{fold}.csv"

    def table_file(self, name: str) -> Path:
        """Return a table: variants, comparisons, costs, classes, error_patterns or people."""
        return self.path / f"{name}.csv"

    def predictions_file(self, variant: str, level: str) -> Path:
        """Return the table of a variant's test predictions of all seeds, a row per pair or per video."""
        suffix = "_videos" if level == "video" else ""
        return self.path / "predictions" / f"{variant}{suffix}.csv"

    @property
    def summary_file(self) -> Path:
        """The sentences of the page: verdict, protocol, baseline and cautions."""
        return self.path / "summary.json"

    @property
    def figures(self) -> Path:
        """The folder of the figures."""
        return self.path / "figures"

    @property
    def page_file(self) -> Path:
        """The page."""
        return self.path / "report.html"
