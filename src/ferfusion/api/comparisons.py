"""Comparisons of existing runs."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferfusion.api.runs import Run, as_run
from ferfusion.api.settings import PathOrText, as_folder, with_settings
from ferfusion.environment import load_torch
from ferfusion.errors import file_errors
from ferfusion.evaluation.recipe import EvaluateRecipe

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ferfusion.studies.comparison import Comparison as ScoredRuns


@dataclass(frozen=True, repr=False, eq=False)
class Comparison:
    """The test scores of several runs, side by side; made by ``compare``.

    Attributes:
        page: Its page; None if ``compare`` wrote nothing.
    """

    _scored: "ScoredRuns"
    page: Path | None = None

    @property
    def table(self) -> "pd.DataFrame":
        """A row per run: model, cost, and test scores with intervals and majority baselines."""
        from ferfusion.studies.comparison import comparison_table  # noqa: PLC0415 torch

        return comparison_table(self._scored)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Reasons why scores of some runs cannot be compared with those of others."""
        return self._scored.warnings

    @property
    def lead(self) -> tuple[str, ...]:
        """Which run has the highest UAR, and whether the difference may be chance, a sentence each."""
        return self._scored.lead

    @property
    def cautions(self) -> tuple[str, ...]:
        """What to know before believing the scores, a sentence or two each."""
        return self._scored.cautions

    @property
    def protocol(self) -> str:
        """How the parts were divided and how the epochs were chosen."""
        return self._scored.protocol

    @property
    def equivalences(self) -> tuple[str, ...]:
        """Sentences that name runs whose networks can compute the same functions."""
        return self._scored.equivalences

    @property
    def confidence(self) -> float:
        """Share of the resampled scores inside an interval."""
        return self._scored.recipe.confidence

    @property
    def summary(self) -> "pd.DataFrame":
        """The test scores per video as text, a row per run, with intervals in brackets."""
        import pandas as pd  # noqa: PLC0415

        from ferfusion.reporting.pages import interval_text, percent  # noqa: PLC0415 jinja2

        rows = []
        for run in self._scored.runs:
            video = run.video
            cells = {
                name: f"{percent(estimate.value)} ({interval_text(estimate.interval)})"
                for name, estimate in zip(("WAR", "UAR", "macro-F1"), video.estimates.values(), strict=True)
            }
            rows.append(
                {
                    "run": run.name,
                    "model": run.run.variant,
                    "parameters": "n/a" if run.run.parameters is None else f"{run.run.parameters:,}",
                    "minutes": "n/a" if run.minutes is None else f"{run.minutes:.1f}",
                    **cells,
                    "majority WAR / UAR": f"{percent(video.war.majority)} / {percent(video.uar.majority)}",
                }
            )
        return pd.DataFrame(rows)

    def plot(self, level: str = "video") -> "Figure":
        """Draw UAR and WAR of each run on the test part, with intervals and majority baselines."""
        from ferfusion.studies.comparison import comparison_figure  # noqa: PLC0415 torch

        return comparison_figure(self._scored, level)

    @file_errors()
    def save(self, out: PathOrText) -> Path:
        """Write ``comparison.csv``, ``comparison.html`` and its figures into a folder; return the page."""
        from ferfusion.studies.comparison import write_comparison  # noqa: PLC0415 torch

        return write_comparison(self._scored, as_folder(out))

    def __repr__(self) -> str:
        return f"Comparison({', '.join(run.name for run in self._scored.runs)})"

    def _repr_html_(self) -> str:
        """Return the summary with protocol, warnings and cautions, for a notebook."""
        from ferfusion.api.tables import titled_table  # noqa: PLC0415 pandas

        title = f"Test part, per video, with {self.confidence:.0%} intervals over people"
        lines = "<br>".join(
            html.escape(line)
            for line in (*self.lead, self.protocol, *self.warnings, *self.cautions, *self.equivalences)
        )
        return f"{titled_table(title, self.summary)}<p>{lines}</p>"


@file_errors()
def compare(
    runs: Sequence[Run | PathOrText],
    *,
    out: PathOrText | None = None,
    recipe: EvaluateRecipe | None = None,
    **settings: Any,
) -> Comparison:
    """Compare the test scores of several runs.

    Args:
        runs: Two or more runs, or their folders.
        out: Folder to write the page, its table and its figures to; in Python, nothing by default.
        recipe: Settings of the scores and their intervals.
        settings: Fields of ``EvaluateRecipe`` by name.

    Raises:
        ConfigError: fewer than two different runs were given, or a setting cannot be used.
        RunError: a run is missing or damaged, or has no test predictions.

    >>> comparison = fer.compare(["run", "study/runs/gap-sum/fold0-seed0"])
    >>> comparison.table["fusion"].tolist()
    ['gap-concat', 'gap-sum']
    """
    load_torch()
    from ferfusion.studies.comparison import compare_runs  # noqa: PLC0415 torch

    place = None if out is None else as_folder(out)
    several = [runs] if isinstance(runs, str | PathLike) else runs
    folders = [as_run(run).folder for run in several]
    scored = compare_runs(folders, with_settings(EvaluateRecipe, recipe, settings))
    return Comparison(scored, None if place is None else Comparison(scored).save(place))
