"""Tiny datasets of several corpora, and a study across them whose runs are fabricated."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ferfusion.files import write_json
from ferfusion.label_set import LabelSet
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.clip_hashes import record_clips
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.studies.cross_study import CrossStudy, open_cross_study
from ferfusion.studies.plan import StudyPlan
from ferfusion.tables import write_table
from ferfusion.training.recipe import TrainRecipe
from helpers.datasets import write_dataset
from helpers.runs import fake_config, fake_epochs, write_run

NAMES = ("a", "b", "c")
PEOPLE = {"a": 6, "b": 5, "c": 4}


def write_corpus(root: Path, **settings: Any) -> Path:
    """Write a dataset with the table of its videos, and the SHA-256 of its clips; return ``root``."""
    write_dataset(root, **{"frames": 3, "subjects": 3, "recipe": PrepareRecipe(size=32), **settings})
    pairs = pd.read_csv(root / "data.csv")
    videos = pairs.drop_duplicates("video")[["video", "subject", "emotion", "code"]]
    write_table(root / "videos.csv", videos.assign(path="", part="", status="ok", fps=25.0, frames=3))
    clips = {clip: root / "clips" / f"{clip}.safetensors" for clip in pairs["clip"].unique()}
    record_clips(root, clips, rows_of={})
    return root


def write_corpora(root: Path, names: tuple[str, ...] = NAMES, **settings: Any) -> list[Path]:
    """Write a dataset for each name, with the number of people in ``PEOPLE``; return their folders."""
    return [
        write_corpus(root / name, subjects=PEOPLE[name], seed=number, **settings)
        for number, name in enumerate(names)
    ]


def opened(datasets: list[Path], folder: Path, **plan: Any) -> CrossStudy:
    """Open a study across corpora with default settings."""
    return open_cross_study(datasets, folder, StudyPlan(**plan), model=ModelConfig(), recipe=TrainRecipe())


def fake_answers(
    study: CrossStudy, fold: int, *, skill: dict[tuple[str, str], float], seed: int
) -> pd.DataFrame:
    """Predictions of a division's test part; ``skill`` is the share of right answers by its two corpora."""
    labels: LabelSet = study.dataset.labels
    pairs = study.pooled.pairs
    rows = pairs[[study.parts[fold][clip] == "test" for clip in pairs["clip"]]]
    rows = rows[["video", "clip", "subject", "frame", "seconds", "code", "emotion"]].reset_index(drop=True)
    rows.insert(0, "part", "test")
    rng = np.random.default_rng((seed, fold))
    trained_on = study.divisions[fold].name
    chance = rows["subject"].map(study.pooled.corpus_of).map(lambda name: skill[trained_on, name])
    videos = rows.groupby("video", sort=False).ngroup().to_numpy()
    right = rng.random(videos.max() + 1)[videos] < chance
    wrong = (rows["code"] + rng.integers(1, len(labels), videos.max() + 1)[videos]) % len(labels)
    answers = np.where(right, rows["code"], wrong)
    shares = np.full((len(rows), len(labels)), 0.4 / (len(labels) - 1))
    shares[np.arange(len(rows)), answers] = 0.6
    return rows.assign(**dict(zip(labels.probability_columns, shares.T, strict=True)))


def write_cross_study(
    root: Path, *, protocol: str = "each-to-each", seeds: int = 2, within: float = 0.9, across: float = 0.5
) -> CrossStudy:
    """Write three datasets and the finished runs of a study across them, without tables and page."""
    study = opened(write_corpora(root), root / "study", protocol=protocol, seeds=seeds)
    skill = {
        (division.name, name): within if name in division.trained_on else across
        for division in study.divisions
        for name in NAMES
    }
    for training in study.trainings:
        folder = write_run(
            study.folder / training.folder,
            predictions=fake_answers(study, training.fold, skill=skill, seed=training.seed),
            config=fake_config(),
            epochs=fake_epochs(3, seed=training.seed),
        )
        write_json(folder / "cost.json", {"name": training.folder, "minutes": 1.5, "peak_mib": None})
    return study
