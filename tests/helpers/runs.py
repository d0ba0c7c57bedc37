"""A fabricated run folder: what `train` leaves behind, without a model."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from ferfusion.labels import SIX, LabelSet

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
    parameters: int = 1_919_238,
) -> dict[str, object]:
    """The resolved settings, as `train` saves them."""
    pairs = {
        part: {
            name: 10 * count * SUBJECTS[part] for name, count in zip(SIX.names, VIDEOS_PER_CLASS, strict=True)
        }
        for part in SUBJECTS
    }
    return {
        "model": {
            "architecture": architecture,
            "fusion": fusion,
            "stream": stream,
            "dropout": 0.1,
            "flow_encoding": "uvm",
            "size": 48,
        },
        "recipe": {
            "epochs": 24,
            "batch_size": 64,
            "learning_rate": 5e-4,
            "schedule": "plateau",
            "plateau_factor": 0.5,
            "plateau_patience": 2,
            "monitor": "val_uar",
            "l2_kernel": 0.001,
            "l1_activity": 0.0,
            "augment": True,
            "balance": "none",
            "seed": 0,
        },
        "dataset": {
            "path": "datasets/sample",
            "corpus": "sample",
            "recipe_hash": "0123456789abcdef",
            "labels": list(SIX.names),
            "prepare": {
                "size": 48,
                "detector": "haar",
                "flow": "farneback",
                "segment_length": 16,
                "keep_every": 2,
            },
        },
        "class_counts": pairs,
        "subjects": SUBJECTS,
        "videos": {part: count * sum(VIDEOS_PER_CLASS) for part, count in SUBJECTS.items()},
        "parameters": parameters,
        "seconds": 183.4,
        "version": "0.1.0",
    }


def write_run(
    path: Path,
    *,
    predictions: pd.DataFrame | None = None,
    config: dict[str, object] | None = None,
    epochs: pd.DataFrame | None = None,
) -> Path:
    """Write a run folder and return it."""
    path.mkdir(parents=True)
    (path / "config.json").write_text(
        json.dumps(fake_config() if config is None else config), encoding="utf-8"
    )
    (fake_epochs() if epochs is None else epochs).to_csv(path / "metrics.csv", index=False)
    (fake_predictions() if predictions is None else predictions).to_csv(path / "predictions.csv", index=False)
    return path
