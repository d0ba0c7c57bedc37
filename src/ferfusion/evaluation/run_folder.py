"""The folder of a run: the paths and the contents of its files, without the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from ferfusion.errors import ConfigError, RunError
from ferfusion.evaluation.learned import majority_rule
from ferfusion.evaluation.metrics import constant_score, uar, war
from ferfusion.evaluation.predictions import WRITE_AGAIN, read_parts
from ferfusion.files import check_kind_of_folder, no_such, read_json
from ferfusion.label_set import LabelSet
from ferfusion.parts import PARTS
from ferfusion.preparation.dataset import read_votes
from ferfusion.preparation.subjects import read_subjects
from ferfusion.recipe import has_type
from ferfusion.tables import read_table, refuse_rows
from ferfusion.temporary import is_lock

EPOCH_COLUMNS = (
    "epoch",
    "lr",
    "train_loss",
    "train_accuracy",
    "train_uar",
    "val_loss",
    "val_accuracy",
    "val_uar",
    "seconds",
)
"""Columns of ``metrics.csv``."""
_SECTIONS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "dataset": {"labels": list[str], "path": str},
        "model": {"architecture": str, "fusion": str, "stream": str},
        "architecture": {"streams": list[str], "has_operator": bool, "predicts": str},
        "recipe": {"monitor": str},
        "class_counts": {"train": dict[str, int]},
        "subjects": {"train": int},
        "videos": {"train": int},
        "start": {},
    }
)
"""What the settings of a run must have, with the type of each value."""
_TOO_MANY = 2**53
"""Numbers below it are exact in JSON and in tables."""


@dataclass(frozen=True)
class Baseline:
    """The scores of the best constant answer on a part."""

    war: float
    uar: float


@dataclass(frozen=True)
class RunFolder:
    """A run on disk; each file is read on first use.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def title(self) -> str:
        """Its name in tables, pages and messages."""
        return str(self.path)

    @property
    def config_file(self) -> Path:
        """All settings of the run."""
        return self.path / "config.json"

    @property
    def splits_file(self) -> Path:
        """The split that the run was trained on; its header lies beside it."""
        return self.path / "splits.csv"

    @property
    def metrics_file(self) -> Path:
        """A row per epoch."""
        return self.path / "metrics.csv"

    @property
    def predictions_file(self) -> Path:
        """A row per pair of the test part; absent without a test part."""
        return self.path / "predictions.csv"

    @property
    def validation_predictions_file(self) -> Path:
        """A row per pair of the validation part, which chose the epoch."""
        return self.path / "predictions_validation.csv"

    @property
    def votes_file(self) -> Path:
        """The raters' votes on the predicted videos or images, where the dataset has votes."""
        return self.path / "votes.csv"

    @property
    def subjects_file(self) -> Path:
        """The columns of the predicted people, where the dataset has any."""
        return self.path / "subjects.csv"

    @property
    def bundle_file(self) -> Path:
        """The trained model."""
        return self.path / "bundle.safetensors"

    @property
    def best_weights_file(self) -> Path:
        """The weights of the best epoch so far."""
        return self.path / "checkpoints" / "best.safetensors"

    @property
    def last_checkpoint_file(self) -> Path:
        """All that a stopped run needs to resume."""
        return self.path / "checkpoints" / "last.ckpt"

    @property
    def cost_file(self) -> Path:
        """Minutes and peak memory, written where a study trains the run."""
        return self.path / "cost.json"

    @property
    def report_file(self) -> Path:
        """The page that ``evaluate`` writes."""
        return self.path / "report.html"

    @property
    def figures(self) -> Path:
        """The folder of the figures."""
        return self.path / "figures"

    @property
    def is_finished(self) -> bool:
        """Whether the training has ended: the bundle is written last."""
        return self.bundle_file.is_file()

    @property
    def has_begun(self) -> bool:
        """Whether the run has left more than its settings and its split."""
        settings = (self.config_file, self.splits_file, self.splits_file.with_suffix(".json"))
        return any(each not in settings and not is_lock(each) for each in self.path.iterdir())

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """All settings.

        Raises:
            RunError: the file is missing or damaged, or is not one that ``train`` wrote.
        """
        return read_config(self.config_file)

    @cached_property
    def labels(self) -> LabelSet:
        """The classes, in the order of their codes.

        Raises:
            RunError: the settings name no classes that can be used.
        """
        try:
            return LabelSet(tuple(self.section("dataset")["labels"]))
        except (ConfigError, TypeError) as error:
            raise RunError(f"{self.config_file} has no classes that can be used: {error}") from error

    @cached_property
    def epochs(self) -> pd.DataFrame:
        """A row per epoch.

        Raises:
            RunError: the file is missing or damaged.
        """
        return _read_epochs(self.metrics_file, monitor=self.monitor)

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """A row per pair of the validation and test parts, checked.

        Raises:
            RunError: the file is missing, damaged or contradicts itself.
        """
        files = [self.validation_predictions_file, self.predictions_file]
        if any(self.class_counts("test").values()) and not files[1].exists():
            raise RunError(f"{files[1]} is missing, and the run has a test part; {WRITE_AGAIN}")
        found = [file for file in files if file.exists()]
        return read_parts(found or files[1:], labels=self.labels)

    @property
    def identity(self) -> str:
        """The identity of the dataset that the run was trained on."""
        return str(self.section("dataset").get("identity", ""))

    def section(self, name: str) -> Mapping[str, Any]:
        """Return a group of settings, such as ``model``."""
        found: Mapping[str, Any] = self.config[name]
        return found

    @property
    def variant(self) -> str:
        """The model in a few words: architecture, fusion, stream."""
        model, kind = self.section("model"), self.section("architecture")
        architecture, fusion, stream = (str(model[key]) for key in ("architecture", "fusion", "stream"))
        how = f"{fusion} fusion" if kind["has_operator"] else fusion.partition("-")[0]
        return f"{architecture}, {how}, {stream} stream"

    @property
    def predicts_videos(self) -> bool:
        """Whether the model predicts whole videos only, so that all pairs of a video share one prediction."""
        return bool(self.section("architecture")["predicts"] == "video")

    @property
    def monitor(self) -> str:
        """The validation metric that chose the kept epoch."""
        return str(self.section("recipe")["monitor"])

    @property
    def parameters(self) -> int:
        """Number of values that training changes."""
        return int(self.config["parameters"])

    @property
    def seconds(self) -> float:
        """Time that all epochs took."""
        return float(self.epochs["seconds"].sum())

    @property
    def stills(self) -> bool:
        """Whether the dataset has single images."""
        return self.section("dataset").get("stills") is True

    @property
    def people_known(self) -> bool:
        """Whether the subjects of the dataset are people, and not single images."""
        return not self.stills or self.section("dataset").get("people_known") is True

    @property
    def has_official_parts_only(self) -> bool:
        """Whether the dataset has single images of unknown people in their official parts."""
        return self.stills and "people_known" not in self.section("dataset")

    @property
    def protocol(self) -> str:
        """How the parts were divided and how the epoch was chosen, in one line."""
        if not self.people_known:
            division = "people unknown, no image in two parts"
            official = "official test part" if "test" in self.parts else "official split"
            division = f"{official}, {division}" if self.has_official_parts_only else division
        else:
            division = "no person in two parts"
        read_once = "; test read once" if "test" in self.parts else ", no test part"
        return f"Protocol: {division}; validation chose the epoch{read_once}."

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts of the prediction table, the test part first."""
        found = set(self.predictions["part"])
        known = [part for part in ("test", "validation") if part in found]
        return (*known, *sorted(found.difference(known)))

    def class_counts(self, part: str) -> dict[str, int]:
        """Return the number of pairs of each class in a part, in label order."""
        counts = self.section("class_counts").get(part, {})
        if not has_type(counts, dict[str, int]) or not all(map(_is_number_of_things, counts.values())):
            raise RunError(f"{self.config_file} has class_counts of {part} that are no numbers of pairs")
        return {name: counts.get(name, 0) for name in self.labels.names}

    @property
    def majority_code(self) -> int:
        """The most frequent class of the training part, which the majority baseline always predicts.

        Raises:
            RunError: the training part has no pair.
        """
        counts = self.class_counts("train")
        if not any(counts.values()):
            raise RunError(f"{self.config_file} counts no pair in the training part; train the run again")
        return self.labels.code(max(counts, key=lambda name: counts[name]))

    @property
    def majority_rule(self) -> str:
        """How the answer of the majority baseline was chosen."""
        return majority_rule(self.class_counts("train"))

    @cached_property
    def votes(self) -> pd.DataFrame | None:
        """The raters' votes on the predicted videos or images; None without.

        Raises:
            RunError: the file is damaged.
        """
        return read_votes(self.votes_file, error=RunError) if self.votes_file.is_file() else None

    @cached_property
    def subjects(self) -> pd.DataFrame | None:
        """The columns of the predicted people, such as age or sex; None without.

        Raises:
            RunError: the file is damaged.
        """
        return read_subjects(self.subjects_file, error=RunError) if self.subjects_file.is_file() else None

    @property
    def pairs_by_class(self) -> dict[str, dict[str, int]]:
        """The number of pairs of each class in each part."""
        counts = {part: self.class_counts(part) for part in PARTS}
        return {part: numbers for part, numbers in counts.items() if numbers}

    def baseline(self, part: str) -> Baseline:
        """Return the highest scores of a constant answer on the pairs of a part."""
        truth = np.diag(np.array(list(self.class_counts(part).values()), dtype=np.int64))
        return Baseline(constant_score(war, truth), constant_score(uar, truth))

    @property
    def best(self) -> "pd.Series[Any]":
        """The row of the kept epoch: the best one on the validation part."""
        values = self.epochs[self.monitor].to_numpy(dtype=float)
        row = np.nanargmin(values) if self.monitor.endswith("loss") else np.nanargmax(values)
        return self.epochs.iloc[int(row)]

    @property
    def best_epoch(self) -> int:
        """The number of the kept epoch, from 1."""
        return int(self.best["epoch"])


def read_run(path: Path) -> RunFolder:
    """Return a finished run, with its files read and checked.

    Raises:
        RunError: the folder or one of its files is missing or damaged.
    """
    if not path.is_dir():
        raise RunError(f"{no_such(path, wanted='run folder')}; name the folder that `ferfusion train` wrote")
    run = RunFolder(path)
    run.epochs, run.predictions  # noqa: B018 reads them
    return run


def read_config(path: Path) -> dict[str, Any]:
    """Read the settings of a run.

    Raises:
        RunError: the file is missing or damaged, or is not one that ``train`` wrote.
    """
    check_kind_of_folder(path.parent, wanted="run", error=RunError)
    config = read_json(path, error=RunError, advice="train a new run, in a new folder")
    missing: list[str] = []
    for name, kinds in _SECTIONS.items():
        section = config.get(name)
        if isinstance(section, dict):
            wrong = [key for key, kind in kinds.items() if not _is_value(section.get(key), kind)]
            missing += [f"{name}.{key}" for key in wrong]
        else:
            missing.append(name)
    missing += [] if _is_value(config.get("parameters"), int) else ["parameters"]
    if missing:
        raise RunError(
            f"{path} lacks {', '.join(missing)}; another version wrote it, or it was changed: "
            "train a new run, in a new folder"
        )
    return config


def _is_value(value: Any, kind: Any) -> bool:
    """Return whether a value has a type and, if it is a number of things, a size that can be one."""
    return has_type(value, kind) and (kind is not int or _is_number_of_things(value))


def _is_number_of_things(value: int) -> bool:
    return 0 <= value < _TOO_MANY


def _read_epochs(path: Path, *, monitor: str) -> pd.DataFrame:
    advice = "train a new run, in a new folder"
    columns = dict.fromkeys((*EPOCH_COLUMNS, monitor))
    epochs = read_table(
        path,
        columns=columns,
        kind_of=lambda name: int if name == "epoch" else float if name in columns else None,
        error=RunError,
        advice=advice,
    )
    if not np.isfinite(epochs[monitor].to_numpy(dtype=float)).any():
        raise RunError(f"{path} has no epoch with a {monitor}; {advice}")
    refuse_rows(path, epochs, epochs["epoch"].duplicated(), "epoch", "comes twice", error=RunError)
    return epochs
