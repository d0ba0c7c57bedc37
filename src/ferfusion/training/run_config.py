"""The run folder: its settings, whose run it is, and what a finished run reached."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import ferfusion
from ferfusion.data.pairs import PartedPairs
from ferfusion.errors import BundleError, ConfigError
from ferfusion.evaluation.metrics import always, uar, war
from ferfusion.files import read_json, write_json
from ferfusion.models.config import ModelConfig
from ferfusion.models.zoo import build_model, count_parameters
from ferfusion.preparation.dataset import Dataset
from ferfusion.splits.kept_split import KEPT_SPLIT
from ferfusion.splits.split import PARTS, split_header
from ferfusion.training.imbalance import TREATMENTS
from ferfusion.training.recipe import FIXED_LENGTH_SCHEDULES, MONITORS, TrainRecipe

SCHEMA = 1
_SETTINGS = ("model", "recipe", "dataset", "start")
# where something lies; what it is, is told by its hash
_NOT_SETTINGS = ("path", "start_from", "weights")


@dataclass(frozen=True)
class Baseline:
    """What always answering the training part's most frequent class scores on another part."""

    war: float
    uar: float


@dataclass(frozen=True)
class RunResult:
    """What a finished run reached on the validation part.

    Attributes:
        run: The run folder.
        epochs: A row per epoch, as in ``metrics.csv``.
        best: The row of the epoch whose weights were kept.
        majority: The majority baseline on the same part.
    """

    run: Path
    epochs: tuple[Mapping[str, float], ...]
    best: Mapping[str, float]
    majority: Baseline

    @property
    def seconds(self) -> float:
        """Time that all epochs took."""
        return sum(row["seconds"] for row in self.epochs)


def run_config(
    dataset: Dataset,
    pairs: PartedPairs,
    model_config: ModelConfig,
    recipe: TrainRecipe,
    *,
    splits: Path | None = None,
) -> dict[str, Any]:
    """Return everything that a run follows from, for ``config.json``.

    ``splits`` is the table of parts that was read, where it is not the dataset's own.
    """
    parts = {part: pairs.table.iloc[pairs.rows(part)] for part in PARTS}
    return {
        "schema": SCHEMA,
        "version": ferfusion.__version__,
        "dataset": {
            "path": dataset.root.resolve().as_posix(),
            "corpus": dataset.corpus,
            **({"stills": True} if dataset.stills else {}),
            "labels": list(dataset.labels.names),
            "recipe": dataset.recipe.to_dict(),
            "recipe_hash": dataset.recipe.hash,
            "split_hash": read_json(split_header(dataset, splits))["hash"],
        },
        "parameters": count_parameters(build_model(model_config, len(dataset.labels))),
        "subjects": {part: int(rows["subject"].nunique()) for part, rows in parts.items()},
        "videos": {part: int(rows["video"].nunique()) for part, rows in parts.items()},
        "class_counts": {part: pairs.class_counts(part) for part in PARTS},
        "model": model_config.to_dict(),
        "recipe": recipe.to_dict(),
        "start": start_hashes(recipe),
    }


def start_hashes(recipe: TrainRecipe) -> dict[str, str]:
    """Return the SHA-256 of the files that a run starts from; the name imagenet stands for itself."""
    hashes = {}
    if recipe.start_from:
        hashes["start_from_sha256"] = _file_hash(Path(recipe.start_from))
    if recipe.weights:
        path = Path(recipe.weights)
        hashes["weights_sha256"] = _file_hash(path) if path.is_file() else recipe.weights
    return hashes


def recipe_to_pass_on(recipe: TrainRecipe) -> dict[str, Any]:
    """Return a recipe's settings for a bundle: of files their names, not the folders that they lie in."""
    names = {name: Path(getattr(recipe, name)).name for name in ("start_from", "weights")}
    return recipe.to_dict() | names


def claim_run(run: Path, config: Mapping[str, Any]) -> None:
    """Write the settings into a new run folder, or make sure that they are those of the run that is there.

    A run that has not begun may change its settings. One that has may be given more epochs, where its
    learning rates do not follow from their number; if it was finished, it is no longer.

    Raises:
        ConfigError: the folder holds a run of other settings, or something else.
    """
    path = run / "config.json"
    if not path.is_file():
        if run.exists() and (not run.is_dir() or any(run.iterdir())):
            raise ConfigError(f"{run} is there and is not a run folder; name a new or empty folder")
        write_json(path, config)
        return
    saved = read_json(path)
    differences = setting_differences(saved, config)
    if not differences:
        return
    if has_begun(run) and not _only_asks_for_more(saved, config):
        raise ConfigError(
            f"{run} holds a run of other settings: {'; '.join(differences)}. "
            f"Go on with the settings that it has, or name another folder{_why_no_more(config)}"
        )
    (run / "bundle.safetensors").unlink(missing_ok=True)
    (run / "predictions.csv").unlink(missing_ok=True)
    write_json(path, config)


def has_begun(run: Path) -> bool:
    """Return whether a run has left more than its settings and its split."""
    settings = {"config.json", KEPT_SPLIT, Path(KEPT_SPLIT).with_suffix(".json").name}
    return any(each.name not in settings for each in run.iterdir())


def _only_asks_for_more(saved: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Return whether epochs are all that differs, and can be added without changing those that there are."""
    recipe, there = wanted["recipe"], saved.get("recipe", {}).get("epochs", 0)
    same = {**wanted, "recipe": {**recipe, "epochs": there}}
    return not _why_no_more(wanted) and 0 < there < recipe["epochs"] and not setting_differences(saved, same)


def _why_no_more(wanted: Mapping[str, Any]) -> str:
    schedule, imbalance = (wanted["recipe"][name] for name in ("schedule", "imbalance"))
    if schedule in FIXED_LENGTH_SCHEDULES:
        return f" (the rates of {schedule} follow from epochs)"
    if TREATMENTS[imbalance].retrains_head:
        return f" (the embeddings that {imbalance} begins with follow from epochs)"
    return ""


def setting_differences(saved: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return one line for each setting in which two run configs differ, whatever the dataset's path.

    >>> setting_differences({"recipe": {"epochs": 2}}, {"recipe": {"epochs": 4}})
    ['epochs is 2 there, 4 was asked for']
    """
    lines = []
    for section in _SETTINGS:
        there, asked = saved.get(section, {}), wanted.get(section, {})
        lines += [
            "the dataset is split in another way than when the run began"
            if name == "split_hash"
            else f"{name} is {there.get(name)!r} there, {asked.get(name)!r} was asked for"
            for name in sorted({*there, *asked} - {*_NOT_SETTINGS})
            if there.get(name) != asked.get(name)
        ]
    return lines


def majority_baseline(pairs: PartedPairs, *, part: str) -> Baseline:
    """Return what the training part's most frequent class, answered for every pair, scores on a part."""
    train_counts = list(pairs.class_counts("train").values())
    truth = np.diag(np.array(list(pairs.class_counts(part).values()), dtype=np.int64))
    constant = always(int(np.argmax(train_counts)), truth)
    return Baseline(float(war(constant)), float(uar(constant)))


def read_result(run: Path, *, monitor: str, majority: Baseline) -> RunResult:
    """Return what a finished run reached, from its ``metrics.csv``."""
    table = pd.read_csv(run / "metrics.csv")
    rows = tuple({str(name): float(value) for name, value in row.items()} for row in table.to_dict("records"))
    best = max(rows, key=lambda row: MONITORS[monitor] * row[monitor])
    return RunResult(run, rows, best, majority)


def _file_hash(path: Path) -> str:
    if not path.is_file():
        raise BundleError(f"There is no file {path} to start from")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
