"""Progress of a training on the terminal: a line per epoch, and under it a bar with rate and time left."""

import time
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities.exceptions import SIGTERMException
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ferfusion.data.batches import Batch


class TrainingProgress(Callback):
    """Shows how far a training is, and beside every score what always answering the majority class scores."""

    def __init__(self, console: Console, *, majority_war: float, majority_uar: float) -> None:
        """Take what the majority baseline scores on the validation part."""
        self._console = console
        self._baseline = f"majority {majority_war:.1%}, {majority_uar:.1%}"
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("training", total=None, rate="")

    def print_epoch(self, row: dict[str, float], *, epochs: int, is_best: bool) -> None:
        """Print the line of an epoch."""
        self._console.print(
            f"epoch {row['epoch']:.0f}/{epochs}  lr {row['lr']:.1e}  "
            f"train: {_scores(row, 'train')}  validation: {_scores(row, 'val')} ({self._baseline})  "
            f"{row['seconds']:.1f} s{'  best so far' if is_best else ''}",
            highlight=False,
            soft_wrap=True,
        )

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the bar, on a terminal."""
        epochs, batches = trainer.max_epochs or 0, int(trainer.num_training_batches)
        self._bar.update(self._task, total=epochs * batches, completed=trainer.current_epoch * batches)
        if self._console.is_terminal:
            self._bar.start()

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the epoch's clock."""
        self._started, self._seen = time.perf_counter(), 0

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Move the bar."""
        self._seen += len(batch.rows) * trainer.world_size
        rate = self._seen / (time.perf_counter() - self._started)
        self._bar.update(
            self._task,
            advance=1,
            description=f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}",
            rate=f"{rate:.0f} samples/s",
        )

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the bar away."""
        self._bar.stop()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Take the bar away, and tell who stopped the run that it can go on."""
        self._bar.stop()
        if isinstance(exception, KeyboardInterrupt | SIGTERMException):
            self._console.print("Stopped. The same command goes on from the last whole epoch.")


def _scores(row: dict[str, float], part: str) -> str:
    loss, accuracy, uar = row[f"{part}_loss"], row[f"{part}_accuracy"], row[f"{part}_uar"]
    return f"loss {loss:.3f}, WAR {accuracy:.1%}, UAR {uar:.1%}"
