"""Small results of every kind with known predictions, for the long tables; no page and no figure."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.scoring import score_measured, scores_table
from ferfusion.evaluation.statistics import study_statistics
from ferfusion.evaluation.statistics_tables import variants_table
from ferfusion.files import write_json
from ferfusion.inference.predictor import SHIPPED_NAME
from ferfusion.label_set import SIX, LabelSet
from ferfusion.tables import write_table
from helpers.measurements import fake_measurement
from helpers.runs import fake_config, fake_epochs, write_run

QUICK = EvaluateRecipe(resamples=20)
LABELS = LabelSet(("Anger", "alegría", "生气"))
PEOPLE = tuple(f"P{number}" for number in range(6))
SUBJECTS = pd.DataFrame(
    {
        "subject": PEOPLE,
        "age": ["31", "NA", "29", "44", "18", "20"],
        "Seed": list("aabbab"),
        "how old?": ["=1+1", "unknown", "x", "", "y", "z"],
    }
)
"""A number with a gap, a name that the tables have already, and one that is no name in R."""


def predictions(
    people: tuple[str, ...], *, skill: float, seed: int, labels: LabelSet = LABELS, pairs: int = 3
) -> pd.DataFrame:
    """A row per test pair, two videos of each class for each person."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in people:
        for code, name in enumerate(labels.names):
            for take in range(2):
                logits = rng.normal(0, 1, (pairs, len(labels))) + skill * (np.arange(len(labels)) == code)
                shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
                rows += [
                    {
                        **{
                            "part": "test",
                            "video": f"{person}-{code}-{take}",
                            "clip": f"{person}-{code}-{take}",
                        },
                        **{"subject": person, "frame": frame, "seconds": frame / 25},
                        **{"code": code, "emotion": name},
                        **dict(zip(labels.probability_columns, row, strict=True)),
                        "expression": "",
                    }
                    for frame, row in enumerate(shares)
                ]
    return pd.DataFrame(rows)


def votes_on(table: pd.DataFrame) -> pd.DataFrame:
    """Three votes for the label and one for another choice; on every first take, a tie."""
    videos = table.drop_duplicates("video")
    first = videos["video"].str.endswith("-0")
    columns = {name: np.where(videos["emotion"] == name, 3, 0) for name in LABELS.names}
    return pd.DataFrame({"video": videos["video"], **columns, "unsure": np.where(first, 3, 1)})


def write_study(root: Path) -> tuple[Path, pd.DataFrame]:
    """Write a study of two variants, two seeds and two folds; return it and the table of its variants."""
    config = partial(fake_config, labels=LABELS)
    variants = {"gap-sum": 1.5, "imbalance-focal": 0.3}
    tables: dict[str, list[pd.DataFrame]] = {}
    for number, (name, skill) in enumerate(variants.items()):
        for seed in range(2):
            folds = []
            for fold in range(2):
                own = predictions(PEOPLE[fold::2], skill=skill, seed=100 * number + 10 * seed + fold)
                folder = write_run(
                    root / "runs" / name / f"fold{fold}-seed{seed}",
                    predictions=own,
                    config=config(),
                    epochs=fake_epochs(1),
                )
                write_table(folder / "subjects.csv", SUBJECTS[SUBJECTS["subject"].isin(own["subject"])])
                write_table(folder / "votes.csv", votes_on(own))
                write_table(root / "splits" / f"fold{fold}.csv", pd.DataFrame({"clip": [], "part": []}))
                folds.append(own)
            tables.setdefault(name, []).append(pd.concat(folds, ignore_index=True))
    scores = variants_table(study_statistics(tables, labels=LABELS, baseline=0, recipe=QUICK))
    write_table(root / "variants.csv", scores, float_format=None)
    write_costs(root, {"gap-sum": "gap-sum", "gap-average": "gap-sum", "imbalance-focal": "imbalance-focal"})
    network = {"architecture": "two-stream", "fusion": "gap-sum", "stream": "listing", "frames": 8}
    recipes = {"gap-sum": "none", "gap-average": "none", "imbalance-focal": "focal"}
    settings = {
        name: {"model": network, "recipe": {"imbalance": imbalance, "epochs": 2}}
        for name, imbalance in recipes.items()
    }
    write_json(root / "study.json", {"plan": {}, "variants": settings, "dataset": {}})
    return root, scores


def write_costs(root: Path, trained_as: dict[str, str]) -> None:
    """Write the costs of a study's variants."""
    rows = [
        {
            **{"variant": name, "trained_as": own, "parameters": 1000, "trainings": 4},
            **{"minutes_each": 1.0, "minutes": 4.0, "peak_mib": 1.0},
        }
        for name, own in trained_as.items()
    ]
    write_table(root / "costs.csv", pd.DataFrame(rows))


def write_models(root: Path) -> Path:
    """Write a study of two models that are not trained, one of which has a class that the other has not."""
    shared = LabelSet(LABELS.names[:2])
    tables = {
        name: [predictions(PEOPLE, skill=skill, seed=number, labels=shared)]
        for number, (name, skill) in enumerate({"ours": 2.0, "theirs": 0.1}.items())
    }
    for name, [table] in tables.items():
        folder = root / "measured" / name
        write_table(root / "predictions" / f"{name}.csv", table.drop(columns="part").assign(seed=0))
        record = {"labels": [*LABELS.names], "people_known": True, "part": "all"}
        write_json(folder / "measurement.json", record)
        write_table(folder / "subjects.csv", SUBJECTS)
    scores = variants_table(study_statistics(tables, labels=shared, baseline=0, recipe=QUICK))
    write_table(root / "variants.csv", scores, float_format=None)
    write_json(root / "study.json", {"models": {}, "dataset": {}})
    return root


def write_cross(root: Path) -> Path:
    """Write a study across two corpora, each of which trains a division that is tested on both."""
    rows, tested = [], []
    for fold, name in enumerate(("a", "b")):
        own = predictions(("a__1", "a__2", "b__1"), skill=1.0, seed=fold)
        write_run(
            root / "runs" / "gap-sum" / f"fold{fold}-seed0",
            predictions=own,
            config=fake_config(labels=LABELS),
        )
        own["tested_on"] = own["subject"].str[0]
        tested.append(own.drop_duplicates("video").assign(trained_on=name))
        for corpus, of in own.groupby("tested_on"):
            for level in ("video", "pair"):
                rows.append(
                    {
                        **{"trained_on": name, "tested_on": corpus, "within": name == corpus, "level": level},
                        **{"metric": "uar", "value": 0.5, "low": 0.4, "high": 0.6, "baseline": 0.3},
                        **{"majority": "Anger", "seeds": 1, "seed_deviation": 0.0},
                        **{"people": of["subject"].nunique(), "videos": of["video"].nunique()},
                    }
                )
    write_table(root / "cross.csv", pd.DataFrame(rows))
    write_table(root / "cross_predictions.csv", pd.concat(tested))
    write_json(root / "study.json", {"plan": {}, "variants": {}, "dataset": {}})
    return root


def write_measured(root: Path) -> Path:
    """Write a measurement of a model, without its page."""
    measured = fake_measurement(labels=SIX)
    write_table(root / "predictions.csv", measured.predictions, float_format=None)
    write_table(root / "scores.csv", scores_table(score_measured(measured, QUICK).scores), float_format=None)
    write_table(root / "people.csv", pd.DataFrame({"subject": []}))
    write_json(root / "measurement.json", measured.summary())
    return root


def write_predicted(root: Path) -> Path:
    """Write the predictions of a video of two faces, of a video without a face, and of a photograph."""
    shares = {
        "p_anger": [0.7, 0.2, None, 0.6],
        "p_alegría": [0.1, 0.7, None, 0.1],
        "p_生气": [0.2, 0.1, None, 0.3],
    }
    frames = pd.DataFrame(
        {
            "frame": [0, 0, 1, 2],
            "seconds": [0.0, 0.0, 0.04, 0.08],
            "face": pd.array([0, 1, None, 0], "Int64"),
            **shares,
        }
    )
    write_table(root / "talk" / "frames.csv", frames)
    still = pd.DataFrame(
        {"photograph": ["a.png"], "face": [0], **{name: cells[:1] for name, cells in shares.items()}}
    )
    write_table(root / "photographs" / "photographs.csv", still)
    face: dict[str, Any] = {"probabilities": dict.fromkeys(LABELS.names, 0.5)}
    for name, faces in (("talk", [face]), ("photographs", [face]), ("nobody", [])):
        write_json(root / name / "verdict.json", {"model": SHIPPED_NAME, "faces": faces})
    places = {"talk": "/data/talk.mp4", "nobody": "/data/nobody.mp4", "photographs": "/data/photos"}
    write_table(root / "videos.csv", pd.DataFrame({"folder": [*places], "video": [*places.values()]}))
    return root
