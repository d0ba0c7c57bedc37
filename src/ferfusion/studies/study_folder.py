"""The files of a study's folder."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ferfusion.errors import RunError
from ferfusion.files import check_kind_of_folder
from ferfusion.tables import Kind, read_table

if TYPE_CHECKING:
    import pandas as pd

REPORT_FILES = (
    "report.html",
    "summary.json",
    "variants.csv",
    "comparisons.csv",
    "costs.csv",
    "classes.csv",
    "error_patterns.csv",
    "people.csv",
    "raters.csv",
    "groups.csv",
    "group_differences.csv",
    "predictions/*.csv",
    "figures/*.png",
)
"""Patterns of the files that a study writes when its trainings are finished, the page first."""
_AT_TIMES = ("raters", "groups", "group_differences")
"""Tables of datasets that have votes of raters, or columns of people."""


def files_beside_page(patterns: Sequence[str], *, tables: Collection[str]) -> tuple[str, ...]:
    """Return the files of a report without its page, with folders in place of their files.

    Args:
        patterns: The files that there may be.
        tables: Names of those tables that not every study has, and that this one has.

    >>> patterns = ["report.html", "a.csv", "raters.csv", "groups.csv", "figures/*.png"]
    >>> files_beside_page(patterns, tables=["groups"])
    ('a.csv', 'groups.csv', 'figures/')
    """
    without = {f"{start}{name}.csv" for name in _AT_TIMES if name not in tables for start in ("", "cross_")}
    kept = [name for name in patterns[1:] if name not in without]
    names = (f"{name.split('/')[0]}/" if "/" in name else name for name in kept)
    return tuple(dict.fromkeys(names))


MODEL_REPORT_FILES = (*(name for name in REPORT_FILES if name != "costs.csv"), "models.csv")
"""The same of a study of models that are not trained."""

CROSS_FILES = (
    "report.html",
    "summary.json",
    "cross.csv",
    "cross_comparisons.csv",
    "cross_predictions.csv",
    "cross_raters.csv",
    "cross_groups.csv",
    "cross_group_differences.csv",
    "figures/*.png",
)
"""The same of a study across corpora."""

_INTERVAL = dict.fromkeys(("value", "low", "high", "baseline"), float)
_RATERS: Mapping[str, Kind | None] = MappingProxyType(
    {**dict.fromkeys(("who", "against", "metric")), **_INTERVAL, **dict.fromkeys(("videos", "people"), int)}
)
_GROUPS: Mapping[str, Kind | None] = MappingProxyType(
    {
        **dict.fromkeys(("level", "column", "group", "metric", "note")),
        **dict.fromkeys(("people", "videos", "classes"), int),
        **dict.fromkeys(("value", "low", "high"), float),
    }
)
_DIFFERENCES: Mapping[str, Kind | None] = MappingProxyType(
    {
        **dict.fromkeys(("level", "metric", "column", "first", "second")),
        **dict.fromkeys(
            ("difference", "p", "p_adjusted", "detectable", "lowest", "highest", "p_every"), float
        ),
    }
)
_CROSS: Mapping[str, Kind | None] = MappingProxyType(dict.fromkeys(("tested_on", "trained_on")))
_P_VALUES = ("difference", "low", "high", "p_subjects", "p_trainings", "p", "p_adjusted")
TABLES: Mapping[str, Mapping[str, Kind | None]] = MappingProxyType(
    {
        "variants": {
            **dict.fromkeys(("level", "variant", "metric", "letters")),
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
        "models": {
            **dict.fromkeys(("variant", "file", "sha256", "classes", "trained_on", "people", "notes")),
            "unseen": bool,
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
        "raters": {"variant": None, **_RATERS},
        "groups": {"variant": None, **_GROUPS},
        "group_differences": _DIFFERENCES,
        "cross_raters": {**_CROSS, **_RATERS},
        "cross_groups": {**_CROSS, **_GROUPS},
        "cross_group_differences": {"tested_on": None, **_DIFFERENCES},
        "cross": {
            **dict.fromkeys(("trained_on", "tested_on", "level", "metric", "majority")),
            **_INTERVAL,
            **{"within": bool, "seeds": int, "seed_deviation": float, "people": int, "videos": int},
        },
        "cross_comparisons": {
            **dict.fromkeys(("tested_on", "metric", "first", "second")),
            **dict.fromkeys(_P_VALUES, float),
            **{"drop": bool, "people": int, "differs": bool},
        },
    }
)
"""The columns of each table, and the kind of each that is not text; further columns are numbers."""

_WHOLE = ("seed", "fold", "segment", "frame", "pair", "pairs", "code")


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
    def pooled(self) -> Path:
        """The dataset of a study across corpora: all of its datasets as one."""
        return self.path / "data"

    @property
    def splits(self) -> Path:
        """The folder of the split tables."""
        return self.path / "splits"

    def splits_file(self, fold: int) -> Path:
        """Return the split table of a fold, from 0; a study without folds has the first only."""
        return self.splits / f"fold{fold}.csv"

    def table_file(self, name: str) -> Path:
        """Return a table, of the name of one in ``TABLES``."""
        return self.path / f"{name}.csv"

    def read_report(self, name: str, *, used: Collection[str] | None = None) -> "pd.DataFrame":
        """Read a table of the report.

        Args:
            name: The name of one in ``TABLES``.
            used: Columns that must be there, and are read by their kinds; by default, all of the table.

        Raises:
            RunError: the folder is no study, or its study is not finished; or the table is damaged.
        """
        path, kinds = self.table_file(name), TABLES[name]
        if not path.is_file():
            check_kind_of_folder(self.path, wanted="study", error=RunError)
            raise RunError(f"{self.path} is not a finished study (no {path.name}); run the study again")
        return read_table(
            path,
            columns=kinds if used is None else used,
            kind_of=lambda column: kinds.get(column, float) if used is None or column in used else None,
            error=RunError,
            advice="run the study again",
        )

    def predictions_file(self, variant: str, level: str) -> Path:
        """Return the table of a variant's test predictions of all seeds, a row per pair or per video."""
        suffix = "_videos" if level == "video" else ""
        return self.path / "predictions" / f"{variant}{suffix}.csv"

    def measured(self, model: str) -> Path:
        """Return the folder of a model's measurement, of a study of models that are not trained."""
        return self.path / "measured" / model

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
