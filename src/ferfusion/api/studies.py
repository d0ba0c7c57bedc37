"""Studies: several variants, each with several seeds, compared with statistics over people."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferfusion.api.datasets import Dataset, as_datasets
from ferfusion.api.model_studies import AnyModel, only_dataset, study_of_models
from ferfusion.api.settings import (
    PathOrText,
    as_folder,
    as_path,
    as_plan_has_it,
    check_workers,
    with_settings_of_each,
)
from ferfusion.compute import Compute
from ferfusion.environment import load_torch
from ferfusion.errors import ConfigError, RunError, file_errors
from ferfusion.files import read_json
from ferfusion.models.config import ModelConfig
from ferfusion.progress import ShowProgress, shown
from ferfusion.reporting.words import counted
from ferfusion.studies.plan import StudyPlan
from ferfusion.studies.study_folder import StudyFolder
from ferfusion.training.recipe import TrainRecipe

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True, init=False, repr=False)
class Study:
    """The folder of a finished study.

    Attributes:
        folder: Its path.

    Raises:
        RunError: the folder is no study, or is not finished.

    >>> study = fer.Study("study")
    >>> sorted(set(study.table["variant"])), sorted(set(study.table["metric"]))
    (['gap-concat', 'gap-sum'], ['macro_f1', 'uar', 'war'])
    """

    folder: Path

    def __new__(cls, folder: PathOrText) -> "Study":
        """Return a study; one across corpora has tables of its own."""
        if cls is Study and StudyFolder(as_path(folder)).table_file("cross").is_file():
            from ferfusion.api.cross_studies import CrossStudy  # noqa: PLC0415 it is a Study itself

            return object.__new__(CrossStudy)
        return object.__new__(cls)

    @file_errors()
    def __init__(self, folder: PathOrText) -> None:
        object.__setattr__(self, "folder", as_path(folder))
        self.table  # noqa: B018 a wrong folder fails here

    @cached_property
    def table(self) -> "pd.DataFrame":
        """A row per level, variant and metric, the best variant first.

        ``level, variant, metric, value, low, high, baseline, seeds, seed_deviation, subjects, letters``
        """
        return self._read("variants")

    @property
    def summary(self) -> "pd.DataFrame":
        """The scores per video as text, a row per trained variant, with intervals in brackets.

        Variants that share a letter of ``group`` do not differ significantly in UAR.
        """
        import pandas as pd  # noqa: PLC0415

        from ferfusion.api.tables import score_cells  # noqa: PLC0415 pandas

        videos, rows = self.table[self.table["level"] == "video"], []
        for variant, scores in videos.groupby("variant", sort=False):
            of = {row["metric"]: row for row in scores.to_dict("records")}
            rows.append(
                {
                    "variant": variant,
                    **score_cells(of["uar"], of["war"]),
                    "group": of["uar"]["letters"],
                    "seeds": str(of["uar"]["seeds"]),
                    "people": f"{of['uar']['subjects']:,}",
                }
            )
        return pd.DataFrame(rows)

    @property
    def verdict(self) -> list[str]:
        """Which variants differ, which has the highest UAR, and what was not learned, in sentences."""
        return list(self._sentences["verdict"])

    @property
    def protocol(self) -> str:
        """Who was tested, and how the epochs were chosen."""
        return str(self._sentences["protocol"])

    @property
    def baseline(self) -> str:
        """What a model must exceed, in a sentence."""
        return str(self._sentences["baseline"])

    @property
    def cautions(self) -> list[str]:
        """What to know before believing the verdict, a sentence or two each."""
        return list(self._sentences["cautions"])

    @property
    def equivalences(self) -> list[str]:
        """Sentences that name variants that can compute the same functions."""
        return list(self._sentences["equivalences"])

    @property
    def confidence(self) -> float:
        """Share of the resampled scores inside an interval."""
        return float(self._sentences["confidence"])

    @property
    def letters(self) -> "pd.DataFrame":
        """``level, metric, variant, value, letters``: variants with a common letter do not differ."""
        compared = self.table[self.table["letters"] != ""]
        return compared[["level", "metric", "variant", "value", "letters"]].reset_index(drop=True)

    @cached_property
    def groups(self) -> "pd.DataFrame":
        """``variant, level, column, group, people, videos, classes, metric, value, low, high, note``.

        A row per variant, column of ``subjects.csv``, group of people and metric, per video; empty without.
        """
        return self._read("groups")

    @cached_property
    def group_differences(self) -> "pd.DataFrame":
        """``level, metric, column, first, second, difference, p, p_adjusted, detectable``, and of variants.

        As ``Scores.group_differences``, of the mean over all variants, with the ``lowest`` and ``highest``
        difference of a variant, and the p-value of a difference in every variant, ``p_every``.
        """
        return self._read("group_differences")

    @cached_property
    def raters(self) -> "pd.DataFrame":
        """``variant, who, against, metric, value, low, high, baseline, videos, people``; empty without votes.

        As ``Scores.raters``, with each variant.
        """
        return self._read("raters")

    @property
    def people_lines(self) -> list[str]:
        """What was found about raters and groups of people, a sentence or two each."""
        return list(self._sentences["people"])

    @cached_property
    def comparisons(self) -> "pd.DataFrame":
        """A row per level, metric and pair of variants: difference, interval, p-values, and the verdict."""
        return self._read("comparisons")

    @cached_property
    def costs(self) -> "pd.DataFrame":
        """A row per variant: parameters, minutes, memory, and the variant that was trained in its place."""
        return self._read("costs")

    @property
    def is_of_models(self) -> bool:
        """Whether the study compares models that it has not trained."""
        return StudyFolder(self.folder).table_file("models").is_file()

    @cached_property
    def models(self) -> "pd.DataFrame":
        """A row per model of a study of models: its file, its classes, and what it has learned from."""
        return self._read("models")

    @cached_property
    def classes(self) -> "pd.DataFrame":
        """``variant, level, emotion, recall, precision, f1``: a row per variant, level and class."""
        return self._read("classes")

    @cached_property
    def error_patterns(self) -> "pd.DataFrame":
        """A row per variant: kinds of confusion, prediction bias toward the majority class, calibration."""
        return self._read("error_patterns")

    @cached_property
    def people(self) -> "pd.DataFrame":
        """A row per variant, seed and tested person: videos, accuracy with interval, UAR, and a note."""
        return self._read("people")

    def predictions(self, variant: str, level: str = "video") -> "pd.DataFrame":
        """Return the test predictions of a variant, per video or pair, all folds and seeds together.

        Raises:
            ConfigError: the level is another word.
            RunError: the study has no such variant.
        """
        from ferfusion.evaluation.scoring import check_level  # noqa: PLC0415 pandas
        from ferfusion.studies.study_folder import prediction_kind  # noqa: PLC0415
        from ferfusion.tables import read_table  # noqa: PLC0415 pandas

        check_level(level)
        path = StudyFolder(self.folder).predictions_file(variant, level)
        if not path.is_file():
            names = ", ".join(sorted(set(self.table["variant"])))
            raise RunError(f"{self.folder} has no predictions of {variant!r}; it has trained: {names}")
        return read_table(path, kind_of=prediction_kind, error=RunError, advice="run the study again")

    @property
    def report(self) -> Path:
        """Path of the page."""
        return StudyFolder(self.folder).page_file

    def plot(self, level: str = "video") -> "Figure":
        """Draw UAR and WAR of each variant with intervals and baselines, per video or pair.

        Raises:
            ConfigError: the level is neither video nor pair.
        """
        from ferfusion.evaluation.plots import table_figure  # noqa: PLC0415 matplotlib
        from ferfusion.evaluation.scoring import check_level  # noqa: PLC0415 pandas

        check_level(level)
        rows = self.table[self.table["level"] == level]
        people = counted(int(rows["subjects"].iloc[0]), "person")
        tested = f"{people} tested" if self.is_of_models else f"mean over seeds, {people} tested"
        return table_figure(rows, title=f"UAR and WAR per {level}", subtitle=tested)

    @cached_property
    def _sentences(self) -> dict[str, Any]:
        kinds = {
            **dict.fromkeys(("verdict", "cautions", "equivalences", "people"), list[str]),
            **{"protocol": str, "baseline": str, "confidence": float},
        }
        return read_json(
            StudyFolder(self.folder).summary_file, keys=kinds, error=RunError, advice="run the study again"
        )

    def _read(self, name: str) -> "pd.DataFrame":
        import pandas as pd  # noqa: PLC0415

        from ferfusion.studies.study_folder import TABLES  # noqa: PLC0415

        files = StudyFolder(self.folder)
        path = files.table_file(name)
        if not path.is_file():
            if name.endswith(("raters", "groups", "group_differences")):  # no votes, or no columns of people
                return pd.DataFrame(columns=list(TABLES[name]))
            if name in ("costs", "models") and self.report.is_file():
                kind = "trains variants" if name == "models" else "compares models, and trained nothing"
                raise RunError(f"{self.folder} has no {path.name}: this study {kind}")
        table = files.read_report(name)
        if table.empty and name == "variants":
            raise RunError(f"{path} has no row; run the study again")
        return table

    def __fspath__(self) -> str:
        return str(self.folder)

    def __repr__(self) -> str:
        people = counted(int(self.table["subjects"].iloc[0]), "person")
        if self.is_of_models:
            models = counted(self.table["variant"].nunique(), "model")
            return f"Study({str(self.folder)!r}: {models}, {people} tested)"
        variants = counted(self.table["variant"].nunique(), "variant")
        seeds = counted(int(self.table["seeds"].iloc[0]), "seed")
        return f"Study({str(self.folder)!r}: {variants}, {seeds}, {people} tested)"

    def _repr_html_(self) -> str:
        """Return the summary with verdict, protocol, baseline and cautions, for a notebook."""
        from ferfusion.api.tables import titled_table  # noqa: PLC0415 pandas

        title = f"{self!r}; per video, with {self.confidence:.0%} intervals over people"
        lines = (*self.verdict, self.protocol, self.baseline, *self.cautions, *self.equivalences)
        return f"{titled_table(title, self.summary)}<p>{'<br>'.join(map(html.escape, lines))}</p>"


@file_errors()
def study(
    dataset: Dataset | PathOrText | Sequence[Dataset | PathOrText],
    folder: PathOrText,
    *,
    models: Sequence[AnyModel] = (),
    part: str = "",
    plan: StudyPlan | None = None,
    model: ModelConfig | None = None,
    recipe: TrainRecipe | None = None,
    device: str = "auto",
    devices: int = 1,
    precision: str = "32-true",
    engine: str = "pool",
    workers: int | None = None,
    address: str | None = None,
    retrain_changed: bool = False,
    progress: ShowProgress = True,
    **settings: Any,
) -> Study:
    """Train variants with several seeds, compare them with statistics over people, and write a report.

    With ``models``, nothing is trained: each model predicts the same people of the dataset, and the models
    are compared with the same statistics, on the classes that all of them have.

    The same call resumes a study that was stopped: only unfinished trainings run. Of equivalent variants,
    only the first is trained.

    Args:
        dataset: A dataset, prepared and split, or its folder. Several datasets, which need no split, are
            studied across corpora: with ``protocol``, or ``train_on`` and ``test_on``.
        folder: Study folder to write: runs, tables, report.
        models: Trained models to compare: run folders, bundles, exported or imported ONNX files, or shipped,
            the model that comes with the package.
        part: Part of the dataset that the models predict: train, validation, test or all; by default, test
            if the dataset is split, else all.
        plan: The variants, the seeds, and the folds.
        model: Network settings that all variants share.
        recipe: Training settings that all variants share; the study sets seed.
        device: Where to train: auto (a CUDA GPU if there is one, else the processor), cpu, cuda, or mps.
        devices: Number of processes that share each batch; each has its own GPU, or a part of the processor.
        precision: Precision of the layers: 32-true; bf16-mixed, for a GPU or a processor that has bfloat16
            in hardware (``ferfusion doctor`` reports it); or 16-mixed, for a GPU.
        engine: What runs the trainings: pool (several processes), here (this process) or ray.
        workers: Number of trainings at a time; by default, the number of processors.
        address: Ray cluster, for the engine ray; by default, Ray is started on this host.
        retrain_changed: Train all again if the dataset has changed since the study began: labels, subjects,
            clips. Without it, such a study is refused.
        progress: True shows a bar in a terminal or in Jupyter; a function is called with each ``Progress``.
        settings: Fields of ``StudyPlan``, ``ModelConfig`` and ``TrainRecipe`` by name, such as
            ``variants=["fusions"], seeds=5, folds="5", epochs=12``.

    Returns:
        The finished study.

    Raises:
        DatasetError: the dataset cannot be used, has changed since the study began, or is not split and the
            plan has no folds; or a model has learned from the people that it is to predict.
        BundleError: a model is missing or damaged, or the dataset is not prepared for it.
        ConfigError: a setting cannot be used, or the folder holds another study.

    Source: docs/study.md names the tests and their papers.

    >>> variants = ["fusion=gap-concat", "fusion=gap-sum"]
    >>> quick = {"epochs": 1, "batch_size": 64, "stream": "listing-16-32"}
    >>> fer.study("data", "study", variants=variants, seeds=2, **quick)
    Study('study': 2 variants, 2 seeds, 4 people tested)
    """
    load_torch()
    if models:
        unused = {"plan": plan, "model": model, "recipe": recipe, "workers": workers, "address": address}
        with shown(progress) as on_progress:
            study_of_models(
                only_dataset(dataset),
                as_folder(folder),
                models,
                part=part,
                device=device,
                settings=unused | settings,
                on_progress=on_progress,
            )
        return Study(folder)
    if part:
        raise ConfigError("part is for models that are not trained; name them as models")
    check_workers(workers)
    from ferfusion.studies.run_study import run_study  # noqa: PLC0415 torch

    settings = {name: as_plan_has_it(name, value) for name, value in settings.items()}
    parts = [(StudyPlan, plan), (ModelConfig, model), (TrainRecipe, recipe)]
    plan, network, training = with_settings_of_each(parts, settings)
    place, sources = as_folder(folder), as_datasets(dataset)
    with shown(progress) as on_progress:
        run_study(
            sources[0].folder if len(sources) == 1 else [each.folder for each in sources],
            place,
            plan=plan,
            model=network,
            recipe=training,
            compute=Compute(device, devices, precision),
            engine=engine,
            workers=workers,
            address=address,
            retrain_changed=retrain_changed,
            on_progress=on_progress,
        )
    return Study(folder)
