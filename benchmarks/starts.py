"""Starting weights against new weights, on still faces: what each has learned after the same processor time.

Every network is trained from its start and from new weights, at each size, with several seeds. All trainings
have the same processor time on one thread, by the measured time of a training step; the schedule ends with
it. Scores are of the validation part; the test part is not read. The same command resumes, with the numbers
of epochs that it measured first (RUNS/epochs.json).

    ferfusion prepare FER2013 DATASETS/96 --labels seven --size 96 && ferfusion split DATASETS/96
    python benchmarks/starts.py DATASETS RUNS --faces faceres.json --imagenet efficientnet-lite0-57934424.pth

DATASETS has a folder for each of --sizes, prepared and split.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import torch

from common import header, print_table
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig

BATCH = 64
HEAD_UNITS = 256
_STEPS = 4
_RATES = {True: "0.0002", False: "0.0008"}
"""Learning rate from a start, and from new weights."""
RECIPE = (
    f"--architecture spatial --head-units {HEAD_UNITS} --dropout 0.2 --batch-size {BATCH} --optimizer adamw "
    "--weight-decay 0.02 --schedule cosine --warmup-epochs 0.5 --weight-average 0.99 --l2-kernel 0 "
    "--label-smoothing 0.1 --vote-weight 0.5 --zoom 0.15 --shear 0 --rotate 15 --translate 0.08 "
    "--random-erasing 0.5 --monitor val_accuracy"
).split()


@dataclass(frozen=True)
class Start:
    """A network, and the file of its starting weights; without a file, new weights."""

    stream: str
    weights: Path | None

    @property
    def name(self) -> str:
        """Name in tables and of folders."""
        return f"{self.stream}-{'start' if self.weights else 'new'}"


@dataclass(frozen=True)
class Training:
    """One training."""

    start: Start
    size: int
    seed: int
    epochs: int

    @property
    def name(self) -> str:
        """Name of its run."""
        return f"{self.start.name}-{self.size}-{self.seed}"


def step_seconds(stream: str, size: int, precision: str) -> float:
    """Return the processor time of a training step for an image, in seconds."""
    torch.set_num_threads(1)
    config = ModelConfig(architecture="spatial", stream=stream, size=size, head_units=HEAD_UNITS)
    model = build_model(config, 7)
    image = torch.rand(BATCH, 3, size, size).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters())
    seconds = []
    for _ in range(_STEPS):
        begin = time.process_time()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16-mixed"):
            answers = model(image, image)
        answers.float().logsumexp(1).mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        seconds.append(time.process_time() - begin)
    return min(seconds) / BATCH


def trainings(starts: list[Start], given: argparse.Namespace) -> Iterator[Training]:
    """Yield each training, seed by seed."""
    images = pd.read_csv(given.datasets / str(given.sizes[0]) / "data.csv", usecols=["clip"])
    parts = pd.read_csv(given.datasets / str(given.sizes[0]) / "splits.csv")
    learned = int(images["clip"].isin(parts.loc[parts["part"] == "train", "clip"]).sum())
    kept = given.runs / "epochs.json"
    epochs: dict[str, int] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    for size in given.sizes:
        for stream in dict.fromkeys(start.stream for start in starts):
            if f"{stream}-{size}" in epochs:
                continue
            epoch = step_seconds(stream, size, given.precision) * learned
            epochs[f"{stream}-{size}"] = max(1, round(60 * given.minutes / epoch))
            print(f"{stream}, {size} px: {epoch:.0f} s an epoch", flush=True)
    print(f"epochs: {epochs}", flush=True)
    given.runs.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(epochs), encoding="utf-8")
    for seed in range(given.seeds):
        for size in given.sizes:
            for start in starts:
                yield Training(start, size, seed, epochs[f"{start.stream}-{size}"])


def train(one: Training, run: Path, given: argparse.Namespace) -> None:
    """Train, unless the run is complete."""
    weights = one.start.weights
    dataset = str(given.datasets / str(one.size))
    command = [sys.executable, "-m", "ferfusion", "train", dataset, str(run), *RECIPE]
    command += ["--stream", one.start.stream, "--size", str(one.size), "--seed", str(one.seed)]
    command += ["--epochs", str(one.epochs), "--precision", given.precision]
    command += ["--learning-rate", _RATES[weights is not None]]
    if weights is not None:
        command += ["--weights", str(weights)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def rows_of(runs: dict[tuple[str, int], list[Path]]) -> Iterator[tuple[str, ...]]:
    """Yield a row of the table for each start and size: the last epoch's scores, and the curve."""
    for (name, size), folders in runs.items():
        curves = [pd.read_csv(folder / "metrics.csv") for folder in folders]
        last = [curve.iloc[-1] for curve in curves]
        scores = [
            f"{100 * np.mean(values):.1f} ({100 * np.min(values):.1f} to {100 * np.max(values):.1f})"
            for values in ([row[key] for row in last] for key in ("val_accuracy", "val_uar"))
        ]
        curve = " ".join(
            f"{100 * np.mean(points):.0f}" for points in zip(*(c["val_uar"] for c in curves), strict=True)
        )
        yield name, str(size), str(len(curves)), *scores, curve


def main() -> None:
    """Train what is missing, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("datasets", type=Path)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--faces", type=Path, help="weights of mobilenet")
    parser.add_argument("--imagenet", type=Path, help="weights of efficientnet-lite0")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 96, 112])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=10, help="processor time of a training")
    parser.add_argument("--precision", default="32-true")
    given = parser.parse_args()
    print(header(), "\n")
    named = {"mobilenet": given.faces, "efficientnet-lite0": given.imagenet}
    starts = [Start(s, path) for s, file in named.items() if file for path in (file, None)]
    runs: dict[tuple[str, int], list[Path]] = {}
    for one in trainings(starts, given):
        run = given.runs / one.name
        train(one, run, given)
        runs.setdefault((one.start.name, one.size), []).append(run)
        print(*next(rows_of({(one.start.name, one.size): [run]})), flush=True)
    print()
    print_table(("network", "px", "seeds", "WAR", "UAR", "UAR after each epoch"), list(rows_of(runs)))


if __name__ == "__main__":
    main()
