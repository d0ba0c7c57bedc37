"""A training job with its dataset opened: what every training procedure is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from lightning.pytorch import Callback

from ferfusion.data.datamodule import PairDataModule
from ferfusion.data.pairs import PartedPairs
from ferfusion.evaluation.run_folder import RunFolder
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.dataset import Dataset
from ferfusion.progress import OnProgress, ignore_progress, say
from ferfusion.training.build import make_data, open_parts
from ferfusion.training.job import TrainJob
from ferfusion.training.loop.checkpoints import RunRecorder
from ferfusion.training.loop.progress import TrainingProgress
from ferfusion.training.recipe import TrainRecipe


class TrainStage(Protocol):
    """Trains a network that a procedure builds on, in a run folder of its own, or finds it trained."""

    def __call__(self, run: Path, *, model_config: ModelConfig, recipe: TrainRecipe) -> RunFolder:  # noqa: D102
        ...


@dataclass(frozen=True)
class OpenJob:
    """A job, its dataset, and whom it reports to.

    Attributes:
        job: What the training follows from.
        source: The dataset.
        pairs: Its pairs, each with its part.
        train_stage: Trains a network that this training builds on.
        callbacks: Further Lightning callbacks.
        on_progress: Called with how far the training is, and with a line for every epoch.
    """

    job: TrainJob
    source: Dataset
    pairs: PartedPairs
    train_stage: TrainStage
    callbacks: Sequence[Callback] = ()
    on_progress: OnProgress = ignore_progress

    @cached_property
    def data(self) -> PairDataModule:
        """The batches."""
        return make_data(self.job, self.source, self.pairs)

    @property
    def run(self) -> RunFolder:
        """The folder of the run; its settings are written."""
        return RunFolder(self.job.run)

    def say(self, line: str) -> None:
        """Report a line."""
        say(self.on_progress, line)

    def progress(self) -> TrainingProgress:
        """Return what reports batches and epochs, beside the majority baseline on the validation part."""
        baseline = self.run.baseline("validation")
        return TrainingProgress(self.on_progress, majority_war=baseline.war, majority_uar=baseline.uar)

    def recorder(self, progress: TrainingProgress, *, seconds_before: float = 0.0) -> RunRecorder:
        """Return what writes metrics and checkpoints, and lets ``progress`` report every epoch.

        Args:
            progress: What reports.
            seconds_before: What the run took before its first epoch.
        """
        epochs = self.job.recipe.epochs

        def announce(row: dict[str, float], *, is_best: bool) -> None:
            progress.print_epoch(row, epochs=epochs, is_best=is_best)

        return RunRecorder(self.job.run, self.job.recipe, announce=announce, seconds_before=seconds_before)


def open_job(job: TrainJob, *, train_stage: TrainStage) -> OpenJob:
    """Open a job's dataset.

    Raises:
        DatasetError: the dataset or its split cannot be used.
        ConfigError: the model or the recipe cannot be used with this dataset.
    """
    source, pairs = open_parts(job)
    return OpenJob(job, source, pairs, train_stage)
