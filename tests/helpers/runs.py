"""A run folder with drawn predictions: what a training leaves behind, without a model."""

import copy
import json
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from ferfusion.data.pairs import parted_pairs
from ferfusion.label_set import SIX, LabelSet
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import read_splits, split_dataset
from ferfusion.tables import write_table
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.run_config import run_config
from helpers.datasets import write_header

SUBJECTS = {"train": 9, "validation": 3, "test": 4}
VIDEOS_PER_CLASS = (2, 1, 1, 1, 4, 1)  # of each subject: Sadness leads, as in BAUM-1s


def fake_predictions(
    *,
    skill: float = 0.4,
    seed: int = 0,
    pairs: int = 10,
    labels: LabelSet = SIX,
    subjects: dict[str, int] = SUBJECTS,
) -> pd.DataFrame:
    """A row per pair of the validation and test parts; ``skill``: how far the true class stands out."""
    rng = np.random.default_rng(seed)
    people = [
        (part, f"S{part[0]}{number:02d}")
        for part in ("validation", "test")
        for number in range(subjects[part])
    ]
    rows = []
    for part, subject in people:
        for code, name in enumerate(labels.names):
            for take in range((*VIDEOS_PER_CLASS, *[1] * len(labels))[code]):
                video = f"{subject}_{name.lower()}_{take}"
                lean = rng.normal(0, 1.1, len(labels)) + 5 * skill * (np.arange(len(labels)) == code)
                logits = lean + rng.normal(0, 1.0, (pairs, len(labels)))
                probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
                for place, row in enumerate(probabilities.round(6)):
                    rows.append(
                        {
                            "part": part,
                            "video": video,
                            "clip": f"{video}-0",
                            "subject": subject,
                            "frame": 2 * place,
                            "seconds": round(2 * place / 25, 3),
                            "code": code,
                            "emotion": name,
                            **dict(zip(labels.probability_columns, row, strict=True)),
                            "expression": labels.names[int(row.argmax())],
                        }
                    )
    return pd.DataFrame(rows)


def fake_epochs(epochs: int = 24, *, seed: int = 0) -> pd.DataFrame:
    """Curves that improve, then level out."""
    rng = np.random.default_rng(seed)
    progress = 1 - np.exp(-np.arange(1, epochs + 1) / 6)
    noise = rng.normal(0, 0.012, (4, epochs))
    return pd.DataFrame(
        {
            "epoch": np.arange(1, epochs + 1),
            "lr": np.where(np.arange(epochs) < 14, 5e-4, np.where(np.arange(epochs) < 19, 2.5e-4, 1.25e-4)),
            "train_loss": 1.9 - 1.35 * progress + noise[0],
            "train_accuracy": (0.4 + 0.52 * progress + noise[1]).clip(0, 1),
            "train_uar": (0.17 + 0.72 * progress + noise[2]).clip(0, 1),
            "val_loss": 1.92 - 0.95 * progress + 0.004 * np.arange(epochs) + 3 * noise[3],
            "val_accuracy": (0.4 + 0.36 * progress + 2 * noise[2]).clip(0, 1),
            "val_uar": (0.17 + 0.5 * progress + 2 * noise[1]).clip(0, 1),
            "seconds": 7.5,
        }
    )


def fake_config(
    *,
    fusion: str = "gap-concat",
    stream: str = "listing",
    architecture: str = "two-stream",
    labels: LabelSet = SIX,
    counts: dict[str, int] | None = None,
) -> dict[str, Any]:
    """The settings of a run on a dataset with the people and videos above, as the training writes them.

    ``counts`` are the training pairs of each class, where they are not to follow from the videos.
    """
    config = copy.deepcopy(_config(fusion, stream, architecture, labels))
    if counts is not None:
        config["class_counts"]["train"] = counts
    return config


@lru_cache
def _config(fusion: str, stream: str, architecture: str, labels: LabelSet) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        root = Path(folder) / "sample"
        rows = _dataset_rows(labels)
        write_table(root / "data.csv", rows)
        write_table(root / "videos.csv", rows[["video", "subject", "emotion", "part"]].drop_duplicates())
        write_header(root, labels=labels, recipe=PrepareRecipe(), corpus="sample", pairs=len(rows))
        dataset = open_dataset(root)
        split_dataset(dataset, SplitRecipe(official=True), copies=())
        config = run_config(
            dataset,
            parted_pairs(dataset.pairs, read_splits(dataset), labels=labels),
            ModelConfig(architecture=architecture, fusion=fusion, stream=stream),
            TrainRecipe(epochs=24, batch_size=64, schedule="plateau"),
        )
        return {**config}


def _dataset_rows(labels: LabelSet) -> pd.DataFrame:
    """Ten pairs of every video of every person, with the part that the corpus gives them."""
    return pd.DataFrame(
        {
            "emotion": name,
            "code": code,
            "subject": f"S{part[0]}{number:02d}",
            "video": f"S{part[0]}{number:02d}_{name.lower()}_{take}",
            "clip": f"S{part[0]}{number:02d}_{name.lower()}_{take}",
            "pair": pair,
            "part": part,
        }
        for part, people in SUBJECTS.items()
        for number in range(people)
        for code, name in enumerate(labels.names)
        for take in range((*VIDEOS_PER_CLASS, *[1] * len(labels))[code])
        for pair in range(10)
    )


def write_run(
    path: Path,
    *,
    predictions: pd.DataFrame | None = None,
    config: dict[str, Any] | None = None,
    epochs: pd.DataFrame | None = None,
) -> Path:
    """Write a run folder and return it; without test predictions, the run has no test part."""
    path.mkdir(parents=True)
    table = fake_predictions() if predictions is None else predictions
    settings = copy.deepcopy(config) if config is not None else fake_config()
    if not table["part"].eq("test").any():
        settings["class_counts"]["test"] = dict.fromkeys(settings["dataset"]["labels"], 0)
    (path / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    (fake_epochs() if epochs is None else epochs).to_csv(path / "metrics.csv", index=False)
    names = {"validation": "predictions_validation.csv"}
    for part, rows in table.groupby("part"):
        rows.to_csv(path / names.get(str(part), "predictions.csv"), index=False)
    return path
