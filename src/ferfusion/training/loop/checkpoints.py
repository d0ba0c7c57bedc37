"""The files that a run writes after every epoch: metrics, best weights, and the state to resume from."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from ferfusion.errors import RunError
from ferfusion.evaluation.run_folder import EPOCH_COLUMNS, RunFolder
from ferfusion.files import utf8_path, write_whole
from ferfusion.tables import write_table
from ferfusion.training.loop.epoch_metrics import EpochRow
from ferfusion.training.loop.lightning_module import ExpressionTraining
from ferfusion.training.recipe import TrainRecipe


class Announce(Protocol):
    """Reports an epoch."""

    def __call__(self, row: EpochRow, *, is_best: bool) -> None:
        """Report an epoch by its row, and by whether it is the best so far."""


class RunRecorder(Checkpoint):
    """Writes ``metrics.csv`` and, in ``checkpoints``, the best weights and the last state after each epoch.

    ``last.ckpt`` holds the rows and the best score too, so that a run killed at any moment resumes after its
    last whole epoch. Every file is written under a temporary name and then renamed.
    """

    # a Checkpoint is called after the module's own end-of-epoch hook, when the metrics are there

    def __init__(
        self, run: Path, recipe: TrainRecipe, *, announce: Announce, seconds_before: float = 0.0
    ) -> None:
        """Take a run folder to write to.

        Args:
            run: The run folder.
            recipe: Settings of the training.
            announce: Called after every epoch.
            seconds_before: Time that the run took before its epochs; it is added to the first of them.
        """
        self.rows: list[EpochRow] = []
        self.best_epoch = 0
        self._best_score = float("-inf")
        self._run, self._recipe = RunFolder(run), recipe
        self._announce = announce
        self._seconds_before = seconds_before

    @property
    def best_path(self) -> Path:
        """The weights of the best epoch."""
        return self._run.best_weights_file

    @property
    def last_path(self) -> Path:
        """The state that the run resumes from."""
        return self._run.last_checkpoint_file

    @property
    def best_row(self) -> EpochRow:
        """The row of the best epoch."""
        return self.rows[self.best_epoch - 1]

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the epoch's clock."""
        self._started = time.perf_counter()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write all files, and stop if patience has run out; of several processes the first one writes."""
        assert isinstance(pl_module, ExpressionTraining)
        seconds = time.perf_counter() - self._started + (0.0 if self.rows else self._seconds_before)
        row = {"epoch": len(self.rows) + 1, **pl_module.epoch_metrics, "seconds": seconds}
        self.rows.append({name: row[name] for name in EPOCH_COLUMNS})
        is_best = pl_module.score > self._best_score
        if is_best:
            self._best_score, self.best_epoch = pl_module.score, len(self.rows)
        if trainer.is_global_zero:
            self._write(trainer, pl_module, is_best=is_best)
        else:
            # a collective call: the first process waits in it for the others
            trainer.save_checkpoint(self.last_path)
        trainer.should_stop = self.is_time_to_stop

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Do not resume a run that had stopped early; write the rows that a killed run did not write."""
        if self.rows and trainer.is_global_zero:
            write_metrics(self._run.metrics_file, self.rows)
        trainer.should_stop = self.is_time_to_stop

    @property
    def is_time_to_stop(self) -> bool:
        """Whether patience has run out; epochs with frozen streams do not count toward it."""
        return stops_early(
            len(self.rows), max(self.best_epoch, self._recipe.frozen_epochs), self._recipe.early_stopping
        )

    def state_dict(self) -> dict[str, Any]:
        """Return rows, best score and best epoch as plain values."""
        return {"rows": self.rows, "best_score": self._best_score, "best_epoch": self.best_epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Resume from ``state_dict``."""
        self.rows = list(state_dict["rows"])
        self._best_score, self.best_epoch = state_dict["best_score"], state_dict["best_epoch"]

    def _write(self, trainer: Trainer, training: ExpressionTraining, *, is_best: bool) -> None:
        if is_best:
            self._save_best(training)
        write_whole(self.last_path, trainer.save_checkpoint)
        write_metrics(self._run.metrics_file, self.rows)
        self._announce(self.rows[-1], is_best=is_best)

    def _save_best(self, training: ExpressionTraining) -> None:
        weights = {name: tensor.contiguous() for name, tensor in training.kept_model.state_dict().items()}
        # save_file would make a file that only its owner may read
        write_whole(self.best_path, lambda partial: partial.write_bytes(save(weights)))


def write_metrics(path: Path, rows: Sequence[EpochRow]) -> None:
    """Write ``metrics.csv``, a row per epoch, whole or not at all."""
    write_table(path, pd.DataFrame(rows, columns=list(EPOCH_COLUMNS)), float_format="%.9g")


def stops_early(epochs: int, best_epoch: int, patience: int) -> bool:
    """Return whether ``patience`` epochs have passed since the best one; a patience of 0 never runs out.

    >>> [stops_early(epochs, best_epoch=3, patience=2) for epochs in (3, 4, 5)]
    [False, False, True]
    """
    return 0 < patience <= epochs - best_epoch


def load_best_weights(path: Path) -> dict[str, Tensor]:
    """Return the weights of the best epoch of a run.

    Raises:
        RunError: the file is missing or damaged.
    """
    try:
        with utf8_path(path) as name:
            return load_file(name)
    except (OSError, SafetensorError) as error:
        raise RunError(
            f"{path} is missing or damaged ({error}); delete the folder {path.parent}, and the same command "
            "starts this run again"
        ) from error
