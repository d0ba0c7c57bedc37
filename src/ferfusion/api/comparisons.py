"""Comparisons of existing runs, and of models on their test people."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferfusion.api.datasets import Dataset, as_dataset
from ferfusion.api.evaluations import measure_model
from ferfusion.api.model_studies import AnyModel, is_run, place_of, split_of
from ferfusion.api.models import Model
from ferfusion.api.runs import Run
from ferfusion.api.settings import PathOrText, as_folder, with_settings
from ferfusion.environment import load_torch
from ferfusion.errors import BundleError, ConfigError, DatasetError, file_errors
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.parts import ALL
from ferfusion.progress import ShowProgress, shown

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ferfusion.studies.comparison import Comparison as ScoredRuns


@dataclass(frozen=True, repr=False, eq=False)
class Comparison:
    """The test scores of several runs and models, side by side; made by ``compare``.

    Attributes:
        page: Its page; None if ``compare`` wrote nothing.
    """

    _scored: "ScoredRuns"
    page: Path | None = None

    @property
    def table(self) -> "pd.DataFrame":
        """A row per run and model: network, cost, test scores with intervals, and baselines.

        What is not known of a model is missing.
        """
        from ferfusion.studies.comparison import comparison_table  # noqa: PLC0415 torch

        return comparison_table(self._scored)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Reasons why scores of some cannot be compared with those of others."""
        return self._scored.warnings

    @property
    def lead(self) -> tuple[str, ...]:
        """Which has the highest UAR, and whether the difference may be chance, a sentence each."""
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
    def tested(self) -> str:
        """The tested part, as a title."""
        return self._scored.tested

    @property
    def confidence(self) -> float:
        """Share of the resampled scores inside an interval."""
        return self._scored.recipe.confidence

    @property
    def summary(self) -> "pd.DataFrame":
        """The test scores per video as text, a row per run and model, with intervals in brackets."""
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
                    "model": run.variant,
                    "parameters": "n/a" if run.parameters is None else f"{run.parameters:,}",
                    "minutes": "n/a" if run.minutes is None else f"{run.minutes:.1f}",
                    **cells,
                    "baseline WAR / UAR": f"{percent(video.war.baseline)} / {percent(video.uar.baseline)}",
                }
            )
        return pd.DataFrame(rows)

    def plot(self, level: str = "video") -> "Figure":
        """Draw UAR and WAR of each run and model, with intervals and baselines.

        Args:
            level: video or pair.

        Raises:
            ConfigError: the level is another word.
        """
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

        title = f"{self.tested}, per video, with {self.confidence:.0%} intervals over people"
        lines = "<br>".join(
            html.escape(line)
            for line in (*self.lead, self.protocol, *self.warnings, *self.cautions, *self.equivalences)
        )
        return f"{titled_table(title, self.summary)}<p>{lines}</p>"


@file_errors()
def compare(
    runs: Sequence[AnyModel],
    *,
    dataset: Dataset | PathOrText | None = None,
    out: PathOrText | None = None,
    device: str = "auto",
    recipe: EvaluateRecipe | None = None,
    progress: ShowProgress = True,
    **settings: Any,
) -> Comparison:
    """Compare the test scores of several runs, and of models on the same people.

    A run has the predictions that ``train`` wrote. A model predicts the test part of the first run, from the
    dataset of its training. With another dataset, all predict that one, runs too. All are scored on the
    classes that all have. ``study --models`` tests whether models differ.

    Args:
        runs: Two or more runs, bundles, exported or imported ONNX files, or shipped, the model that comes
            with the package.
        dataset: Dataset to predict; by default, that of the first run. A run that was trained on another one
            predicts it as a model does; so do all runs, if it is not that of the first run.
        out: Folder to write the page, its table and its figures to; in Python, nothing by default.
        device: Where the models run: auto (a CUDA GPU if there is one, else the processor), cpu, cuda or mps.
        recipe: Settings of the scores and their intervals.
        progress: True shows a bar in a terminal or in Jupyter; a function is called with each ``Progress``.
        settings: Fields of ``EvaluateRecipe`` by name.

    Raises:
        ConfigError: fewer than two different ones were given, there is neither a run nor a dataset, or a
            setting cannot be used.
        RunError: a run is missing or damaged, or has no test predictions.
        BundleError: a model is missing or damaged, or the dataset is not prepared for it.
        DatasetError: the dataset cannot be opened or has changed, or a model has learned from its people.

    >>> comparison = fer.compare(["run", "study/runs/gap-sum/fold0-seed0"])
    >>> comparison.table["fusion"].tolist()
    ['gap-concat', 'gap-sum']
    """
    load_torch()
    from ferfusion.studies.comparison import check_several, compare_runs  # noqa: PLC0415 torch

    place = None if out is None else as_folder(out)
    how = with_settings(EvaluateRecipe, recipe, settings)
    several = [runs] if isinstance(runs, str | PathLike | Model | Run) else list(runs)
    paths = [place_of(one) for one in several]
    check_several(paths)
    measured = {path: one for one, path in zip(several, paths, strict=True) if not is_run(one)}
    measurements = {}
    if measured or dataset is not None:
        runs_given = [path for path in paths if path not in measured]
        data, part, parts = _tested_people(runs_given[0] if runs_given else None, dataset)
        if dataset is not None:
            measured |= {path: path for path in _trained_on_others(runs_given, data)}
        with shown(progress) as on_progress:
            for path, model in measured.items():
                try:
                    measurements[path] = measure_model(
                        model, data, part=part, parts=parts, device=device, on_progress=on_progress
                    )
                except (BundleError, DatasetError) as error:
                    raise type(error)(f"{path}: {error}") from error
    scored = compare_runs(paths, how, measurements=measurements)
    return Comparison(scored, None if place is None else Comparison(scored).save(place))


def _trained_on_others(runs: Sequence[Path], data: Dataset) -> list[Path]:
    """Return the runs that predict a named dataset again: those of other datasets, or all."""
    from ferfusion.evaluation.run_folder import read_run  # noqa: PLC0415 pandas
    from ferfusion.splits.kept_split import changes_since  # noqa: PLC0415 pandas

    others = [run for run in runs if changes_since(read_run(run).splits_file, data._opened)]
    return list(runs) if runs[:1] == others[:1] else others  # all are tested on the same people


def _tested_people(
    run: Path | None, dataset: Dataset | PathOrText | None
) -> tuple[Dataset, str, dict[str, str] | None]:
    """Return the dataset that models predict, the part, and the part of each clip if it is split.

    Args:
        run: The first run of the comparison, if there is one: its test people are predicted.
        dataset: The dataset, if it is named.

    Raises:
        ConfigError: there is neither a run nor a dataset.
        DatasetError: the dataset of the run is missing, or has changed.
    """
    from ferfusion.evaluation.run_folder import RunFolder  # noqa: PLC0415 pandas
    from ferfusion.splits.kept_split import changes_since  # noqa: PLC0415 pandas
    from ferfusion.splits.split import read_splits  # noqa: PLC0415 pandas

    if run is None:
        if dataset is None:
            raise ConfigError("Models are compared on the people of a dataset; name it with --dataset")
        data = as_dataset(dataset)
    else:
        folder = RunFolder(run)
        place = Path(folder.section("dataset")["path"]) if dataset is None else dataset
        if dataset is None and not Path(place).exists():
            raise DatasetError(f"{place}, the dataset of {run}, is missing; name its place with --dataset")
        data = as_dataset(place)
        changes = changes_since(folder.splits_file, data._opened)
        if not changes:
            return data, "test", {**read_splits(data._opened, folder.splits_file)}
        if dataset is None:
            raise DatasetError(
                f"{place} has changed since {run} was trained on it: {'; '.join(changes)}. Name another "
                "dataset with --dataset"
            )
    parts = split_of(data)
    return data, "test" if parts else ALL, parts
