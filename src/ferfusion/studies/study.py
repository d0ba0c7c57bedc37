"""A study on disk: its plan, its trainings as jobs that can be stopped and resumed, and their cost."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from ferfusion.compute import Compute
from ferfusion.engines import Engine
from ferfusion.errors import ConfigError, DatasetError, FerfusionError
from ferfusion.evaluation.run_folder import RunFolder
from ferfusion.files import read_json, write_json
from ferfusion.models.config import ModelConfig
from ferfusion.outputs import is_new_or_empty
from ferfusion.parts import Part
from ferfusion.preparation.dataset import Dataset, open_dataset
from ferfusion.preparation.identity import identity_differences, read_clip_identities
from ferfusion.recipe import has_type
from ferfusion.reporting.words import counted
from ferfusion.splits.leaks import find_copies, refuse_copies
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import fold_recipes, read_splits, split_dataset, split_header
from ferfusion.studies.equivalent_variants import EquivalentPair, equivalent_pairs
from ferfusion.studies.plan import StudyPlan, Training, Variant, read_variants
from ferfusion.studies.study_folder import CROSS_FILES, REPORT_FILES, StudyFolder
from ferfusion.tables import write_table
from ferfusion.temporary import is_lock
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.train import train_run

SCHEMA = 1
_MAY_GROW = "seeds"


@dataclass(frozen=True)
class TrainingJob:
    """All that a worker needs for one training of a study.

    Attributes:
        training: The variant, the seed and the fold.
        dataset: The dataset folder.
        splits: The split table of its fold.
        study: The study's folder.
        threads: Processor threads that it may use.
        compute: Where and how it is computed.
    """

    training: Training
    dataset: Path
    splits: Path
    study: Path
    threads: int
    compute: Compute = Compute()  # noqa: RUF009 frozen

    @property
    def run(self) -> Path:
        """Its run folder."""
        return self.study / self.training.folder

    @property
    def is_done(self) -> bool:
        """Whether the training is finished and its cost is known."""
        run = RunFolder(self.run)
        return run.is_finished and run.cost_file.is_file()


@dataclass(frozen=True)
class Cost:
    """The cost of a training: minutes of its epochs, and the peak memory of its process (MiB)."""

    name: str
    minutes: float
    peak_mib: float | None


def train_one(job: TrainingJob) -> Cost:
    """Train, or resume a stopped training, and write ``cost.json`` into its run folder."""
    with _num_threads(job.threads):
        reset_peak_memory()
        run = train_run(
            job.dataset,
            job.run,
            model_config=job.training.variant.model,
            recipe=job.training.recipe,
            splits=job.splits,
            compute=job.compute,
        )
    cost = Cost(job.training.folder.removeprefix("runs/"), run.seconds / 60, peak_memory_mib())
    write_json(run.cost_file, asdict(cost))
    return cost


@contextmanager
def _num_threads(threads: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def reset_peak_memory() -> None:
    """Reset the peak memory of this process where the system can (Linux: proc(5), clear_refs)."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")


def peak_memory_mib() -> float | None:
    """Return the peak memory of this process in MiB; None if the system does not report it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = status.read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


@dataclass(frozen=True)
class Study:
    """A study of a dataset in a folder.

    Attributes:
        dataset: The dataset.
        folder: The study's folder.
        plan: The plan.
        variants: The variants that the plan names.
        equivalences: Pairs of variants that compute the same functions and have the same training recipe.
        splits: The split table of every fold.
    """

    dataset: Dataset
    folder: Path
    plan: StudyPlan
    variants: tuple[Variant, ...]
    equivalences: tuple[EquivalentPair, ...]
    splits: tuple[Path, ...]

    @property
    def equivalents(self) -> dict[str, tuple[Variant, ...]]:
        """For the name of each trained variant, the other variants that are exactly the same function.

        Exactly equivalent variants begin with the same weights and read the same batches: training the second
        one would repeat the results of the first.
        """
        trained_as: dict[str, str] = {}
        for pair in self.equivalences:  # in the order of the variants
            if pair.is_exact:
                trained_as.setdefault(pair.second, trained_as.get(pair.first, pair.first))
        return {
            trained.name: tuple(each for each in self.variants if trained_as.get(each.name) == trained.name)
            for trained in self.variants
            if trained.name not in trained_as
        }

    @property
    def trained(self) -> tuple[Variant, ...]:
        """The variants that are trained: the first of each group of equivalent ones."""
        return tuple(each for each in self.variants if each.name in self.equivalents)

    @property
    def trainings(self) -> list[Training]:
        """Every training of the study."""
        return self.plan.trainings(self.trained, folds=len(self.splits))

    def jobs(self, *, workers: int, compute: Compute = Compute()) -> list[TrainingJob]:  # noqa: B008 frozen
        """Return a job for every training; they share the processor's threads."""
        threads = max(1, (os.cpu_count() or 1) // workers)
        return [
            TrainingJob(each, self.dataset.root, self.splits[each.fold], self.folder, threads, compute)
            for each in self.trainings
        ]

    def begin(self, *, retrain_changed: bool = False) -> None:
        """Write the settings into the folder, or check that it holds this study.

        Args:
            retrain_changed: Whether a study whose dataset has changed since is begun again; its trainings
                and its report are removed then.

        Raises:
            ConfigError: it holds another study, or something else.
            DatasetError: the dataset has changed since the study began; the message names what differs.
        """
        files, settings = StudyFolder(self.folder), self._settings()
        is_new = not files.settings_file.is_file()
        if files.settings_file.is_file():
            there = _read_settings(files.settings_file)
            _refuse_another(self.folder, there, settings)
            if changes := self._changes(there["dataset"], settings["dataset"]):
                if files.runs.exists() and not retrain_changed:
                    raise DatasetError(
                        f"{self.dataset.root} has changed since the study {self.folder} began: "
                        f"{'; '.join(changes)}. Name a new folder, or train all again with --retrain-changed"
                    )
                self._remove_results()
        elif not is_new_or_empty(self.folder):
            raise ConfigError(f"{self.folder} exists and is no study; name a new or empty folder")
        write_json(files.settings_file, settings)
        write_table(files.clips_file, self.dataset.clips)
        try:
            self._divide()
        except FerfusionError:
            if is_new:  # the next call may name other settings
                self._remove_all()
            raise

    def _changes(self, there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
        """Return what has changed in the dataset since the study began, a phrase for each kind."""
        files = StudyFolder(self.folder)
        words = {
            "labels": "the classes",
            "recipe_hash": "the recipe of its preparation",
            "corpora": "the datasets",
        }
        changes = [words[key] for key in here if there.get(key) != here[key]]
        if not files.clips_file.is_file() and not files.runs.exists():  # it was stopped at once
            return changes
        kept = read_clip_identities(files.clips_file)
        return changes + identity_differences(kept, self.dataset.clips)

    def _remove_results(self) -> None:
        """Remove the report, the trainings and the splits; the settings and clips are written afterwards."""
        files = StudyFolder(self.folder)
        for pattern in (*REPORT_FILES, *CROSS_FILES):
            for file in self.folder.glob(pattern):
                file.unlink()
        for folder in (files.runs, files.splits):
            if folder.is_dir():
                shutil.rmtree(folder)

    def _remove_all(self) -> None:
        """Remove what ``begin`` has written into a new folder."""
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif not is_lock(path):
                path.unlink()

    def _divide(self) -> None:
        """Write the split table of every fold, and check that its parts share no subject, video or image.

        Raises:
            DatasetError: the dataset has no split, or its parts share a subject, a video or an image.
        """
        recipe = SplitRecipe(folds=self.plan.folds)
        copies = find_copies(self.dataset, similarity=recipe.similarity)
        if not recipe.folds:
            refuse_copies(copies, self._own_split(), similarity=recipe.similarity)
            return
        for path, fold in zip(self.splits, fold_recipes(self.dataset, recipe), strict=True):
            if not path.with_suffix(".json").is_file():
                split_dataset(self.dataset, fold, path=path, copies=copies)

    def _own_split(self) -> dict[str, Part]:
        """Return the study's split: a copy of the dataset's split at the beginning of the study."""
        [path] = self.splits
        header = path.with_suffix(".json")
        if not header.is_file():
            parts = read_splits(self.dataset)
            write_table(path, pd.DataFrame({"clip": list(parts), "part": list(parts.values())}))
            write_json(header, read_json(split_header(self.dataset)))
        return read_splits(self.dataset, path)

    def run(
        self, engine: Engine, jobs: Sequence[TrainingJob], *, workers: int, address: str | None = None
    ) -> Iterator[Cost]:
        """Train, and yield the cost of each training at its end.

        Args:
            engine: What runs the trainings.
            jobs: The trainings.
            workers: Number of trainings at a time.
            address: Ray cluster, for the engine ray.
        """
        yield from engine(train_one, jobs, workers=workers, address=address)

    def _settings(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "plan": self.plan.to_dict(),
            "variants": {
                each.name: {"model": each.model.to_dict(), "recipe": each.recipe.to_dict()}
                for each in self.variants
            },
            "dataset": {"recipe_hash": self.dataset.recipe.hash, "labels": list(self.dataset.labels.names)},
        }


def _read_settings(path: Path) -> dict[str, Any]:
    advice = "delete it, and study again with the settings of its runs"
    if "models" in read_json(path, advice=advice):
        raise ConfigError(f"{path.parent} holds a study of models that are not trained; name another folder")
    there = read_json(path, keys=dict.fromkeys(("plan", "variants", "dataset"), dict), advice=advice)
    for name, kind in (("variants", list[str]), (_MAY_GROW, int)):
        if not has_type(there["plan"].get(name), kind):
            raise DatasetError(f"{path} has a plan without {name} that can be used; {advice}")
    return there


def _refuse_another(folder: Path, there: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Check that a resumed study has its former settings; it may get more seeds."""
    plans = [{**each["plan"], _MAY_GROW: None} for each in (there, settings)]
    plans = [{**plan, "variants": sorted(plan["variants"])} for plan in plans]
    if plans[0] != plans[1] or there["variants"] != settings["variants"]:
        raise ConfigError(
            f"{folder} holds a study of other variants or settings; resume it with those, "
            "or name another folder"
        )
    if settings["plan"][_MAY_GROW] < there["plan"][_MAY_GROW]:
        raise ConfigError(
            f"{folder} has {counted(there['plan'][_MAY_GROW], 'seed')}, and this call has "
            f"{settings['plan'][_MAY_GROW]}; a study can get more seeds, but not fewer"
        )


def open_study(
    dataset: Path, folder: Path, plan: StudyPlan, *, model: ModelConfig, recipe: TrainRecipe
) -> Study:
    """Return the study of a dataset by a plan; nothing is written.

    Args:
        dataset: Dataset folder, prepared and split.
        folder: Study folder.
        plan: The variants, the seeds and the folds.
        model: Network settings that all variants share.
        recipe: Training settings that all variants share.

    Raises:
        DatasetError: the dataset cannot be opened, or is not split and the plan has no folds.
        ConfigError: a variant is wrong, or the plan is for several datasets.
    """
    if plan.is_cross:
        raise ConfigError(
            "protocol, train_on and test_on are for two or more datasets; name them before the study"
        )
    source = open_dataset(dataset)
    divisions = SplitRecipe(folds=plan.folds)
    if divisions.folds:
        names = range(len(fold_recipes(source, divisions)))
        splits = tuple(StudyFolder(folder).splits_file(fold) for fold in names)
    else:
        splits = (StudyFolder(folder).splits_file(0),)
        if not splits[0].is_file():
            read_splits(source)  # a missing split fails here, before the slow comparison of the variants
    variants = read_variants(plan.variants, model=model, recipe=recipe)
    found = _equivalences(variants, num_classes=len(source.labels))
    return Study(source, folder, plan, variants, found, splits)


def _equivalences(variants: Sequence[Variant], *, num_classes: int) -> tuple[EquivalentPair, ...]:
    """Return the equivalent pairs among the variants of each training recipe."""
    found: list[EquivalentPair] = []
    for recipe in dict.fromkeys(variant.recipe for variant in variants):
        models = {each.name: each.model for each in variants if each.recipe == recipe}
        found += equivalent_pairs(models, num_classes=num_classes)
    return tuple(found)
