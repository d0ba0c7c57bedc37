"""A training job with its dataset opened, which every training procedure is called with."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Protocol

from lightning.pytorch import Callback

from ferfusion.data.datamodule import PairDataModule
from ferfusion.data.pairs import PartedPairs
from ferfusion.evaluation.run_folder import RunFolder
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.dataset import Dataset
from ferfusion.progress import OnProgress, ignore_progress, report_message
from ferfusion.reporting.words import counted
from ferfusion.training.build import make_data
from ferfusion.training.job import TrainJob
from ferfusion.training.loop.checkpoints import RunRecorder
from ferfusion.training.loop.progress import TrainingProgress
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.teachers import shares_file


class TrainStage(Protocol):
    """Trains a model that a procedure builds on, in its own run folder; does nothing if it is finished."""

    def __call__(self, run: Path, *, model_config: ModelConfig, recipe: TrainRecipe) -> RunFolder:  # noqa: D102
        ...


@dataclass(frozen=True)
class OpenJob:
    """A job with its dataset, its callbacks and its progress.

    Attributes:
        job: The job.
        source: The dataset.
        pairs: Its pairs, each with its part.
        train_stage: Trains a model that this training builds on.
        callbacks: Further Lightning callbacks.
        on_progress: Called with the progress of the training, and with a line for every epoch.
    """

    job: TrainJob
    source: Dataset
    pairs: PartedPairs
    train_stage: TrainStage
    callbacks: Sequence[Callback] = ()
    on_progress: OnProgress = ignore_progress

    @cached_property
    def data(self) -> PairDataModule:
        """The batches; the teachers of the training answer before the first."""
        if self.job.recipe.teachers and not shares_file(self.job.run).is_file():
            images = counted(len(self.pairs.rows("train")), "pair")
            self.say(f"The teachers predict the training part, {images} and their mirror images")
        return make_data(self.job, self.source, self.pairs)

    @property
    def run(self) -> RunFolder:
        """The run folder, to which the settings have been written."""
        return RunFolder(self.job.run)

    def say(self, line: str) -> None:
        """Report a line."""
        report_message(self.on_progress, line)

    def progress(self) -> TrainingProgress:
        """Return the callback that reports batches and epochs, beside the best constant answer."""
        baseline = self.run.baseline("validation")
        return TrainingProgress(self.on_progress, constant_war=baseline.war, constant_uar=baseline.uar)

    def recorder(self, progress: TrainingProgress, *, seconds_before: float = 0.0) -> RunRecorder:
        """Return the callback that writes metrics and checkpoints, and reports every epoch.

        Args:
            progress: Reports the epochs.
            seconds_before: Time that the run took before its first epoch.
        """
        announce = partial(progress.print_epoch, epochs=self.job.recipe.epochs)
        return RunRecorder(self.job.run, self.job.recipe, announce=announce, seconds_before=seconds_before)
