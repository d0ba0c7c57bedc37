"""Training samples a second: the listing's two-stream model by our whole loop, and by Keras on TensorFlow.

Ours is the loop of `ferfusion train`: pairs are read from their files, shuffled, augmented together with
their flow, encoded, scaled, and trained on in batches of 64, with the epoch's metrics. Keras has the same
pairs as arrays, and only shuffles and trains. All alternate epoch by epoch in one run: ours in 32 bits and in
bfloat16, each beside Keras in both.

    python -m venv keras && keras/bin/pip install tensorflow-cpu
    python benchmarks/train.py --keras-python keras/bin/python [--dataset DIR] [--pairs 640] [--rounds 5]

With --precisions 32-true all compute in 32 bits only, for a processor without bfloat16.
Without --keras-python only our own loop is timed. Without --dataset the sample corpus is prepared first.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import ferfusion as fer
from ferfusion.environment import SPIN_COUNT

os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)  # as the front door does, before torch is imported

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from common import CHECKOUT, header, print_table, set_beside_goal
from ferfusion.compute import Compute
from ferfusion.data.datamodule import PairDataModule
from ferfusion.data.pairs import PartedPairs
from ferfusion.models.build import build_model, count_parameters
from ferfusion.models.config import ModelConfig
from ferfusion.models.scaling import INPUT_SCALINGS
from ferfusion.parts import Part
from ferfusion.training.build import make_data, make_training, open_parts
from ferfusion.training.job import TrainJob
from ferfusion.training.loop.trainer import fit
from ferfusion.training.recipe import TrainRecipe

BATCH = 64
WANTED = 1.2
POLICIES = {"32-true": "float32", "bf16-mixed": "mixed_bfloat16"}  # of Keras, by our precisions


class Seconds(NamedTuple):
    """Duration of an epoch by the clock, and the time of all processors."""

    clock: float
    processor: float


class Alternating(Callback):
    """Times the training of every epoch; before it, the other processes train one epoch each."""

    def __init__(self, others: Sequence["KerasSide"]) -> None:
        self.ours: list[Seconds] = []
        self.theirs: dict[str, list[Seconds]] = {other.policy: [] for other in others}
        self._others = others

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        for other in self._others:
            self.theirs[other.policy].append(other.epoch())
        self._started = time.perf_counter(), time.process_time()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        clock, processor = self._started
        self.ours.append(Seconds(time.perf_counter() - clock, time.process_time() - processor))


class KerasSide:
    """The process of Keras, which trains an epoch for every line on its standard input."""

    def __init__(self, python: Path, arrays: Path, *, threads: int, policy: str) -> None:
        self.policy = policy
        script = Path(__file__).parent / "with_keras" / "two_stream.py"
        self._process = subprocess.Popen(
            [python, script, arrays, str(threads), policy],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdin is not None  # pipes, as opened above
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self.versions = self._line()
        self.parameters = int(self._line())

    def epoch(self) -> Seconds:
        """Train one epoch."""
        self._stdin.write("\n")
        self._stdin.flush()
        return Seconds(*map(float, self._line().split()))

    def close(self) -> None:
        self._stdin.close()
        self._process.wait()

    def _line(self) -> str:
        line = self._stdout.readline().strip()
        if not line:
            raise SystemExit("Keras ended; does its environment have tensorflow-cpu?")
        return line


def write_arrays(path: Path, data: PairDataModule) -> None:
    """Save Keras' training data: our inputs without augmentation, standardised as in our streams."""
    batches = list(data.batches("train"))
    scale = INPUT_SCALINGS[ModelConfig().input_scaling]
    images = {
        name: torch.cat([scale(getattr(batch, name)) for batch in batches]).permute(0, 2, 3, 1).numpy()
        for name in ("spatial", "flow")
    }
    codes = torch.cat([batch.codes for batch in batches]).numpy()
    np.savez(path, codes=codes, spatial=images["spatial"], flow=images["flow"])


def sample_dataset(folder: Path) -> Path:
    """Prepare and split the sample corpus."""
    with redirect_stdout(StringIO()):
        fer.prepare(CHECKOUT / "src" / "ferfusion" / "sample", folder, images=False).split()
    return folder


def some_pairs(pairs: PartedPairs, *, train: int, validation: int) -> PartedPairs:
    """Return the pairs with so many random ones in each part, and the others in no part."""
    rng = np.random.default_rng(0)
    parts = np.full(len(pairs.table), "none", dtype=pairs.part_of_row.dtype)
    counts: dict[Part, int] = {"train": train, "validation": validation}
    for part, count in counts.items():
        rows = pairs.rows(part)
        parts[rng.choice(rows, min(count, len(rows)), replace=False)] = part
    return replace(pairs, part_of_row=parts)


def show(precision: str, turns: Alternating, pairs: int) -> None:
    """Print samples a second of all, and the ratio of ours to each other, by the clock and the processor."""
    ours = turns.ours[1:]
    for kind in Seconds._fields:
        own = [getattr(each, kind) for each in ours]
        rows = [[*rates(f"ferfusion, whole loop, {precision}", own, pairs), ""]]
        for policy, found in turns.theirs.items():
            other = [getattr(each, kind) for each in found[1:]]
            rows.append([*rates(f"Keras, prepared arrays, {policy}", other, pairs), ratios(own, other)])
            if kind == "clock":
                each = [one / mine for mine, one in zip(own, other, strict=True)]
                what = f"train in {precision}, of Keras in {policy}"
                set_beside_goal(what, statistics.median(each), goal=WANTED)
        print()
        print_table(("way", f"samples a second, {kind}", "all rounds", "ours / this"), rows)


def rates(way: str, seconds: Sequence[float], pairs: int) -> list[str]:
    """Return the median of samples a second, and its range."""
    found = [pairs / each for each in seconds]
    return [way, f"{statistics.median(found):.0f}", f"{min(found):.0f} to {max(found):.0f}"]


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Return the speed of ours divided by theirs: the median of the rounds, and their range."""
    each = [other / own for own, other in zip(ours, theirs, strict=True)]
    return f"{statistics.median(each):.2f} ({min(each):.2f} to {max(each):.2f})"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keras-python", type=Path, help="python of an environment with tensorflow-cpu")
    parser.add_argument("--dataset", type=Path, help="a prepared and split dataset with crops of 48 pixels")
    parser.add_argument("--pairs", type=int, default=640, help="pairs of an epoch")
    parser.add_argument("--rounds", type=int, default=5, help="epochs after the first, which warms up")
    parser.add_argument(
        "--precisions", nargs="+", choices=POLICIES, default=list(POLICIES), help="of ours and of Keras"
    )
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    return parser.parse_args()


def main() -> None:
    """Run the benchmark and print its table."""
    chosen = options()
    torch.set_num_threads(chosen.threads)
    print(header())
    print(
        f"torch {torch.__version__}, {chosen.threads} threads, batches of {BATCH}, "
        f"{chosen.pairs} pairs an epoch, GOMP_SPINCOUNT {os.environ['GOMP_SPINCOUNT']}"
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        dataset = chosen.dataset or sample_dataset(folder / "dataset")
        recipe = TrainRecipe(batch_size=BATCH, epochs=chosen.rounds + 1, learning_rate=1e-4)
        jobs = [
            TrainJob(dataset, folder / precision, ModelConfig(), recipe, Compute("cpu", precision=precision))
            for precision in chosen.precisions
        ]
        source, pairs = open_parts(jobs[0])
        pairs = some_pairs(pairs, train=chosen.pairs, validation=BATCH)
        keras_sides = []
        if chosen.keras_python:
            data, model = make_data(jobs[0], source, pairs), build_model(ModelConfig(), len(source.labels))
            write_arrays(folder / "arrays.npz", data)
            for policy in (POLICIES[precision] for precision in chosen.precisions):
                side = KerasSide(
                    chosen.keras_python, folder / "arrays.npz", threads=chosen.threads, policy=policy
                )
                stack.callback(side.close)
                keras_sides.append(side)
                print(f"{side.versions}; parameters {side.parameters}, ours {count_parameters(model)}")
        for job in jobs:
            data, model = make_data(job, source, pairs), build_model(job.model_config, len(source.labels))
            turns = Alternating(keras_sides)
            fit(
                job,
                make_training(job, model, data, pairs),
                data,
                callbacks=[turns],
                checkpoint=folder / "none",
            )
            show(job.compute.precision, turns, len(pairs.rows("train")))
        print(f"\nWanted: {WANTED} by the clock, on an idle host.")


if __name__ == "__main__":
    main()
