"""A run folder as evaluation sees it: its settings, its epochs and its predictions, never its model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ferfusion.errors import ConfigError, DatasetError
from ferfusion.evaluation.predictions import read_predictions
from ferfusion.labels import SIX, LabelSet

SINGLE_STREAMS = frozenset({"spatial", "flow", "stack", "conv3d"})
WITHOUT_OPERATOR = SINGLE_STREAMS | {"late-fusion", "lstm", "convlstm", "hybrid"}
"""Architectures that have a fusion layer, but no two vectors to fuse."""


@dataclass(frozen=True)
class Majority:
    """The answer of the majority baseline, and which part it was counted in."""

    code: int
    counted_in: str


@dataclass(frozen=True)
class RunFolder:
    """What a run left behind.

    Attributes:
        path: The folder.
        config: Its resolved settings; older or foreign runs may lack some.
        labels: Its label set.
        epochs: A row per epoch; empty if the run has none.
        predictions: A row per pair, checked.
    """

    path: Path
    config: Mapping[str, Any]
    labels: LabelSet
    epochs: pd.DataFrame
    predictions: pd.DataFrame

    def section(self, name: str) -> Mapping[str, Any]:
        """Return a group of settings, such as ``model``; empty if the run does not have it."""
        found = self.config.get(name)
        return found if isinstance(found, Mapping) else {}

    @property
    def variant(self) -> str:
        """The model in a few words: architecture, fusion, stream."""
        model = self.section("model")
        architecture, fusion, stream = (
            str(model.get(key, "")) for key in ("architecture", "fusion", "stream")
        )
        if architecture in SINGLE_STREAMS:
            words = [f"{architecture} stream alone", fusion.partition("-")[0]]
        elif architecture in WITHOUT_OPERATOR:
            words = [architecture, fusion.partition("-")[0]]
        else:
            words = [architecture, fusion and f"{fusion} fusion"]
        return ", ".join(filter(None, [*words, stream and f"{stream} stream"])) or "unnamed model"

    @property
    def answers_videos(self) -> bool:
        """Whether the model answers on whole videos only, so that all pairs of a video have one answer."""
        return self.section("model").get("architecture") == "hybrid"

    @property
    def parameters(self) -> int | None:
        """Number of values that training changed, if the run saved it."""
        saved = self.config.get("parameters")
        return saved if isinstance(saved, int) else None

    @property
    def seconds(self) -> float | None:
        """Time that training took; None if the run does not tell."""
        saved = self.config.get("seconds")
        if isinstance(saved, int | float):
            return float(saved)
        return float(self.epochs["seconds"].sum()) if "seconds" in self.epochs else None

    @property
    def stills(self) -> bool:
        """Whether the run is on single images of people who are not known."""
        return self.section("dataset").get("stills") is True

    @property
    def protocol(self) -> str:
        """What held the parts apart, and what chose the epoch, in one line."""
        if self.stills:
            held_apart = "the corpus's own split, subjects unknown, copies of a picture held apart"
        else:
            held_apart = "people held apart between parts"
        read_once = "; test read once" if "test" in self.parts else ", no test part"
        return f"Protocol: {held_apart}; validation chose the epoch{read_once}."

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts of the prediction table, the test part first."""
        found = set(self.predictions["part"])
        known = [part for part in ("test", "validation") if part in found]
        return (*known, *sorted(found.difference(known)))

    def class_counts(self, part: str) -> dict[str, int]:
        """Return the number of pairs of each class in a part, in label order; empty if it is not known."""
        saved = self.section("class_counts").get(part)
        if isinstance(saved, Mapping):
            return {name: int(saved.get(name, 0)) for name in self.labels.names}
        rows = self.predictions[self.predictions["part"] == part]
        if rows.empty:
            return {}
        counts = rows["emotion"].value_counts()
        return {name: int(counts.get(name, 0)) for name in self.labels.names}

    def majority(self, part: str) -> Majority:
        """Return the most frequent class of the training part; of ``part`` if training was not counted."""
        for counted_in in ("train", part):
            counts = self.class_counts(counted_in)
            if any(counts.values()):
                return Majority(self.labels.code(max(counts, key=lambda name: counts[name])), counted_in)
        raise DatasetError(f"{self.path}: neither the training part nor the {part} part has a pair to count")

    @property
    def best_epoch(self) -> int | None:
        """The epoch whose weights the run kept: the best on validation; None if the run does not tell."""
        if isinstance(saved := self.config.get("best_epoch"), int):
            return saved
        monitor = str(self.section("recipe").get("monitor", "val_uar"))
        if monitor not in self.epochs or self.epochs[monitor].isna().all():
            return None
        values = self.epochs[monitor].to_numpy(dtype=float)
        row = np.nanargmin(values) if monitor.endswith("loss") else np.nanargmax(values)
        return int(self.epochs["epoch"].iloc[int(row)])


def read_run(path: Path) -> RunFolder:
    """Read and check a run folder.

    Raises:
        DatasetError: the folder or one of its files is missing or damaged.
    """
    if not path.is_dir():
        raise DatasetError(f"No run folder at {path}; give the folder that `ferfusion train` wrote")
    config = _read_config(path / "config.json")
    labels = _labels(config, path)
    return RunFolder(
        path=path,
        config=config,
        labels=labels,
        epochs=_read_epochs(path / "metrics.csv"),
        predictions=read_predictions(path / "predictions.csv", labels=labels),
    )


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DatasetError(f"{path} is missing; give the folder that `ferfusion train` wrote") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} is not readable JSON: {error}") from error
    if not isinstance(config, dict):
        raise DatasetError(f"{path} holds a {type(config).__name__}, expected an object of settings")
    return config


def _labels(config: dict[str, Any], path: Path) -> LabelSet:
    dataset = config.get("dataset")
    names = dataset.get("labels") if isinstance(dataset, dict) else None
    if names is None:
        return SIX
    try:
        return LabelSet(tuple(names))
    except ConfigError as error:
        raise DatasetError(f"{path / 'config.json'}: {error}") from error


def _read_epochs(path: Path) -> pd.DataFrame:
    try:
        epochs = pd.read_csv(path)
    except (FileNotFoundError, pd.errors.EmptyDataError):
        return pd.DataFrame({"epoch": pd.Series(dtype=int)})
    except pd.errors.ParserError as error:
        raise DatasetError(f"{path} is not a readable CSV file: {str(error).strip()}") from error
    if "epoch" not in epochs:
        raise DatasetError(f"{path} lacks the column epoch; it has {', '.join(epochs.columns)}")
    return epochs
