"""Small trainings: fast, but with dropout and augmentation, so that their randomness is tested too."""

import io
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from lightning.pytorch import Callback
from safetensors.torch import load_file

from ferfusion.compute import Compute
from ferfusion.data.clips import PairReader
from ferfusion.evaluation.run_folder import RunFolder
from ferfusion.models.config import ModelConfig
from ferfusion.progress import OnProgress, Progress
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.train import train_run

# few channels: none of the tests is about what a large network learns
MODEL = ModelConfig(architecture="flow", stream="listing-16-32", head_units=64, dropout=0.3)
RECIPE = TrainRecipe(
    epochs=4,
    batch_size=16,
    learning_rate=3e-4,
    schedule="plateau-restart",
    restart_below=0.6,
    plateau_patience=1,
    monitor="val_loss",
    l1_activity=1e-4,
)
SHORT = TrainRecipe(epochs=2, batch_size=16, learning_rate=3e-4, schedule="constant")
STILLS_MODEL = ModelConfig(architecture="spatial", stream="residual", head_units=32, dropout=0.3)
STILLS_RECIPE = TrainRecipe(
    epochs=2,
    batch_size=8,
    optimizer="sgd",
    learning_rate=0.01,
    schedule="cosine",
    weight_average=0.9,
    rotate=15,
    translate=0.1,
    random_erasing=0.5,
)
"""For still images."""


class KilledError(Exception):
    """Ends a run, as a power cut would."""


class KillAt(Callback):
    """Ends a run at the beginning of an epoch, or after one of its batches."""

    def __init__(self, epoch: int, batch: int | None = None) -> None:
        self.epoch, self.batch = epoch, batch

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        if trainer.current_epoch == self.epoch and batch_idx == self.batch:
            raise KilledError

    def on_train_epoch_start(self, trainer, pl_module):
        if trainer.current_epoch == self.epoch and self.batch is None:
            raise KilledError


def open_reader(dataset):
    """Return a reader of all pairs of a dataset folder."""
    table = pd.read_csv(dataset / "data.csv")
    return PairReader(dataset / "clips", list(table["clip"]), list(table["pair"]))


def train(
    dataset: Path,
    run: Path,
    *,
    model: ModelConfig = MODEL,
    recipe: TrainRecipe = RECIPE,
    devices: int = 1,
    precision: str = "32-true",
    **settings: Any,
) -> RunFolder:
    """Train on the CPU."""
    compute = Compute("cpu", devices, precision)
    return train_run(dataset, run, model_config=model, recipe=recipe, compute=compute, **settings)


def lines_into(output: io.StringIO) -> OnProgress:
    """A function that writes the messages of a training as lines."""

    def write(progress: Progress) -> None:
        if progress.message:
            output.write(progress.message + "\n")

    return write


def different_weights(first: Path, second: Path) -> list[str]:
    """Names of the tensors in which two weight files differ by as little as a bit."""
    one, other = load_file(first), load_file(second)
    return [name for name in {*one, *other} if not torch.equal(one[name], other[name])]


def checkpoint(run: Path) -> dict[str, Any]:
    """The state that a run resumes from."""
    loaded: dict[str, Any] = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    return loaded
