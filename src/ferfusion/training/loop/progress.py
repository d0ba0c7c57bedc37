"""Progress of a training: the number of finished batches, and a line for every epoch."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities.exceptions import SIGTERMException

from ferfusion.data.batches import Batch
from ferfusion.progress import OnProgress, Progress, report_message
from ferfusion.training.loop.epoch_metrics import EpochRow


class TrainingProgress(Callback):
    """Reports the progress of a training, with the scores of the best constant answer in every line."""

    def __init__(self, on_progress: OnProgress, *, constant_war: float, constant_uar: float) -> None:
        """Take a reporting function, and the scores of the best constant answer on the validation part."""
        self._on_progress = on_progress
        self._baseline = f"baseline {constant_war:.1%}, {constant_uar:.1%}"

    def print_epoch(self, row: EpochRow, *, epochs: int, is_best: bool) -> None:
        """Report the line of an epoch."""
        report_message(
            self._on_progress,
            f"epoch {row['epoch']:.0f}/{epochs}  lr {row['lr']:.1e}  "
            f"train: {_scores(row, 'train')}  validation: {_scores(row, 'val')} ({self._baseline})  "
            f"{row['seconds']:.1f} s{'  best so far' if is_best else ''}",
        )

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Count a batch."""
        epochs, batches = trainer.max_epochs or 0, int(trainer.num_training_batches)
        self._on_progress(
            Progress(
                f"epoch {trainer.current_epoch + 1}/{epochs}",
                done=trainer.current_epoch * batches + batch_idx + 1,
                total=epochs * batches,
                unit="batches",
            )
        )

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Report that a stopped run can be resumed."""
        if isinstance(exception, KeyboardInterrupt | SIGTERMException):
            report_message(self._on_progress, "Stopped. The same command resumes from the last whole epoch.")


def _scores(row: EpochRow, part: str) -> str:
    loss, accuracy, uar = row[f"{part}_loss"], row[f"{part}_accuracy"], row[f"{part}_uar"]
    return f"loss {loss:.3f}, WAR {accuracy:.1%}, UAR {uar:.1%}"
