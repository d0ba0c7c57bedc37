"""What each treatment of imbalance gives and costs: on a dataset in which half of the pairs are of one class.

It is a prepared dataset of which videos are left out, until Sadness is as frequent as in BAUM-1s and the
others are equally rare. Each subject is tested once, in one of the folds; the figures are over all of them.
Majority is what always answering Sadness scores. Cost is processor time of one thread. The test part chooses
nothing: validation chooses the epoch, by UAR.

    ferfusion prepare src/ferfusion/sample DATASET
    python benchmarks/imbalance.py DATASET OUT [--folds 3] [--seeds 1] [--epochs 8] [--treatments focal smote]

OUT keeps the trainings: the same command goes on with them.
"""

import argparse
import io
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from rich.console import Console

from common import header, print_table
from ferfusion.evaluation.metrics import always, confusion_matrix, recall, uar, war
from ferfusion.evaluation.tables import predicted_codes
from ferfusion.models.config import ModelConfig
from ferfusion.prepare.dataset import Dataset, open_dataset
from ferfusion.prepare.splits import SplitRecipe, split_dataset
from ferfusion.prepare.store import read_json, write_json, write_table
from ferfusion.training.imbalance import TREATMENTS
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.run import train_run

LEADING, SHARE = "Sadness", 0.546
"""As in the test part of the report's confusion matrices, of BAUM-1s."""


@dataclass(frozen=True)
class Outcome:
    """What a treatment reached: confusions of each part (C, C), over folds and seeds, and seconds."""

    confusion: dict[str, np.ndarray]
    seconds: float


def unbalanced(source: Dataset, root: Path) -> Dataset:
    """Write a dataset with some of the source's videos; clips are those of the source."""
    table = source.pairs
    videos = {name: sorted(rows["video"].unique()) for name, rows in table.groupby("emotion")}
    others = [name for name in videos if name != LEADING]
    each = max(1, round(len(videos[LEADING]) * (1 - SHARE) / SHARE / len(others)))
    kept = set(videos[LEADING])
    for place, name in enumerate(others):
        own = videos[name]
        kept |= {own[(take * len(own) // each + 7 * place) % len(own)] for take in range(each)}
    if not (root / "dataset.json").is_file():
        root.mkdir(parents=True)
        (root / "clips").symlink_to((source.root / "clips").resolve())
        shutil.copyfile(source.root / "dataset.json", root / "dataset.json")
        write_table(root / "data.csv", table[table["video"].isin(kept)])
    return open_dataset(root)


def outcome(dataset: Dataset, out: Path, treatment: str, *, seeds: int, folds: int, epochs: int) -> Outcome:
    """Train with a treatment, once for each fold and seed, and count what it answers."""
    confusion = {part: np.zeros((len(dataset.labels),) * 2, np.int64) for part in ("validation", "test")}
    seconds = 0.0
    for fold in range(folds):
        for seed in range(seeds):
            run = out / treatment / f"fold{fold}-seed{seed}"
            seconds += train(dataset, run, out / f"fold{fold}.csv", treatment, seed=seed, epochs=epochs)
            table = pd.read_csv(run / "predictions.csv")
            for part, rows in table.groupby("part"):
                codes = predicted_codes(rows, labels=dataset.labels)
                confusion[str(part)] += confusion_matrix(rows["code"], codes, num_classes=len(dataset.labels))
    return Outcome(confusion, seconds / folds / seeds)


def train(dataset: Dataset, run: Path, splits: Path, treatment: str, *, seed: int, epochs: int) -> float:
    """Train, and return the seconds of processor time that it took, this time or before."""
    cost = run.with_suffix(".json")
    if not cost.is_file():
        started = time.process_time()
        train_run(
            dataset.root,
            run,
            model_config=ModelConfig(),
            recipe=TrainRecipe(imbalance=treatment, seed=seed, epochs=epochs),
            accelerator="cpu",
            splits=splits,
            console=Console(file=io.StringIO()),
        )
        write_json(cost, {"seconds": time.process_time() - started})
    return float(read_json(cost)["seconds"])


def row(name: str, confusion: np.ndarray, cost: str) -> list[str]:
    """Return a row of the table: WAR, UAR, the recall of each class, cost."""
    shown = [war(confusion), uar(confusion), *recall(confusion)]
    return [name, *(f"{100 * float(value):.1f}" for value in shown), cost]


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("out", type=Path)
    for name, default in (("folds", 3), ("seeds", 1), ("epochs", 8)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--treatments", nargs="+", default=list(TREATMENTS), choices=list(TREATMENTS))
    given = parser.parse_args()
    torch.set_num_threads(1)
    dataset = unbalanced(open_dataset(given.dataset), given.out / "dataset")
    for fold in range(given.folds):
        split_dataset(dataset, SplitRecipe(folds=given.folds, fold=fold), path=given.out / f"fold{fold}.csv")
    print(header())
    counts = dataset.pairs.groupby("emotion")["video"].nunique()
    videos = ", ".join(f"{name} {count}" for name, count in counts.items())
    print(f"Videos: {videos}; {len(dataset.pairs)} pairs")
    found = {
        name: outcome(dataset, given.out, name, seeds=given.seeds, folds=given.folds, epochs=given.epochs)
        for name in given.treatments
    }
    for part in ("validation", "test"):
        truth = next(iter(found.values())).confusion[part].sum(axis=1)
        majority = always(dataset.labels.names.index(LEADING), np.diag(truth))
        print(f"\n{part}: {truth.sum()} pairs, %")
        print_table(
            ["imbalance", "WAR", "UAR", *dataset.labels.names, "s a training"],
            [row("(majority)", majority, "")]
            + [row(name, each.confusion[part], f"{each.seconds:.0f}") for name, each in found.items()],
        )


if __name__ == "__main__":
    main()
