"""Runs: one training, from a dataset to a model and its predictions of people that it never saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferfusion.api.datasets import Dataset, as_dataset
from ferfusion.api.settings import PathOrText, as_folder, as_path, with_settings_of_each
from ferfusion.compute import Compute
from ferfusion.environment import load_torch
from ferfusion.errors import ConfigError, file_errors
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.explanation.recipe import ExplainRecipe
from ferfusion.models.config import ModelConfig
from ferfusion.progress import ShowProgress, report_message, shown
from ferfusion.reporting.disk import measured_line
from ferfusion.reporting.words import counted
from ferfusion.training.recipe import TrainRecipe

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ferfusion.api.explanations import Explanation
    from ferfusion.api.models import Model
    from ferfusion.api.scores import Scores
    from ferfusion.evaluation.run_folder import RunFolder
    from ferfusion.label_set import LabelSet


@dataclass(frozen=True)
class Validation:
    """Scores of the kept epoch of a run on the validation part, which chose that epoch.

    Attributes:
        epoch: The epoch, from 1.
        epochs: Number of epochs.
        war: Accuracy per pair.
        uar: Mean recall over the classes, per pair.
        baseline_war: Accuracy of the best constant answer.
        baseline_uar: Mean recall of the same.
        minutes: Duration of all epochs.
    """

    epoch: int
    epochs: int
    war: float
    uar: float
    baseline_war: float
    baseline_uar: float
    minutes: float


@dataclass(frozen=True, init=False, repr=False)
class Run:
    """A run folder that ``train`` has written.

    Attributes:
        folder: Its path.

    Raises:
        RunError: the folder is no run, or a file of it is missing or damaged.

    >>> run = fer.Run("run")
    >>> run
    Run('run': two-stream, gap-concat fusion, listing stream; 2 epochs)
    >>> run.predictions["part"].unique().tolist(), run.validation_predictions["part"].unique().tolist()
    (['test'], ['validation'])
    """

    folder: Path

    @file_errors()
    def __init__(self, folder: PathOrText) -> None:
        object.__setattr__(self, "folder", as_path(folder))
        self._read  # noqa: B018 a wrong folder fails here

    @cached_property
    def _read(self) -> "RunFolder":
        from ferfusion.evaluation.run_folder import read_run  # noqa: PLC0415 pandas

        return read_run(self.folder)

    @property
    def config(self) -> Mapping[str, Any]:
        """All settings of the run (``config.json``)."""
        return self._read.config

    @property
    def labels(self) -> "LabelSet":
        """The classes, in the order of their codes."""
        return self._read.labels

    @property
    def epochs(self) -> "pd.DataFrame":
        """A row per epoch: rate, loss, accuracy and UAR of training and validation (``metrics.csv``)."""
        return self._read.epochs.copy(deep=False)

    @property
    def predictions(self) -> "pd.DataFrame":
        """A row per pair of the test part: true label, and a probability for each class.

        Empty if there is no test part. ``validation_predictions`` are of the part that chose the epoch, so
        they are no result.
        """
        return self._part("test")

    @property
    def validation_predictions(self) -> "pd.DataFrame":
        """The same of the validation part."""
        return self._part("validation")

    def _part(self, part: str) -> "pd.DataFrame":
        predictions = self._read.predictions
        return predictions[predictions["part"] == part].reset_index(drop=True)

    @property
    def splits(self) -> "pd.DataFrame":
        """A row per clip, with its part in the training."""
        from ferfusion.errors import RunError  # noqa: PLC0415
        from ferfusion.tables import read_table  # noqa: PLC0415

        return read_table(
            self._read.splits_file,
            columns=("clip", "part"),
            error=RunError,
            advice="train a new run, in a new folder",
        )

    @property
    def model(self) -> "Model":
        """The trained model."""
        from ferfusion.api.models import load_model  # noqa: PLC0415 torch

        return load_model(self.folder)

    @property
    def files(self) -> list[str]:
        """Names of its main files: the bundle, the predictions of its parts, the metrics of its epochs."""
        folder = self._read
        main = (folder.bundle_file, folder.predictions_file, folder.validation_predictions_file)
        return [file.name for file in (*main, folder.metrics_file) if file.is_file()]

    @property
    def protocol(self) -> str:
        """How the parts were divided and how the epoch was chosen, in a sentence."""
        return self._read.protocol

    @property
    def validation(self) -> Validation:
        """Scores of the kept epoch on the validation part."""
        return _validation(self._read)

    def evaluate(
        self,
        dataset: Dataset | PathOrText | None = None,
        *,
        recipe: EvaluateRecipe | None = None,
        **settings: Any,
    ) -> "Scores":
        """Score the run, or measure its model on a dataset, as ``fer.evaluate`` does."""
        from ferfusion.api.evaluations import evaluate  # noqa: PLC0415

        return evaluate(self, dataset=dataset, recipe=recipe, **settings)

    def explain(self, *, recipe: ExplainRecipe | None = None, **settings: Any) -> "Explanation":
        """Explain the model's predictions, as ``fer.explain`` does."""
        from ferfusion.api.explanations import explain  # noqa: PLC0415 torch

        return explain(self, recipe=recipe, **settings)

    def plot(self) -> "Figure":
        """Draw WAR and UAR of training and validation over the epochs."""
        from ferfusion.evaluation.plots import score_figure  # noqa: PLC0415 matplotlib

        return score_figure(self.epochs, best_epoch=self._read.best_epoch)

    def __fspath__(self) -> str:
        return str(self.folder)

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r}: {self._read.variant}; {counted(len(self.epochs), 'epoch')})"

    def _repr_html_(self) -> str:
        """Return the scores of the kept epoch, for a notebook."""
        import pandas as pd  # noqa: PLC0415

        from ferfusion.api.tables import titled_table  # noqa: PLC0415 pandas

        reached = self.validation
        rows = [
            {"metric": "WAR", "validation": reached.war, "best constant answer": reached.baseline_war},
            {"metric": "UAR", "validation": reached.uar, "best constant answer": reached.baseline_uar},
        ]
        title = f"{self!r}; kept: epoch {reached.epoch}, per pair"
        return titled_table(title, pd.DataFrame(rows)) + f"<p>{self._read.protocol}</p>"


@file_errors()
def train(
    dataset: Dataset | PathOrText,
    run: PathOrText,
    *,
    model: ModelConfig | None = None,
    recipe: TrainRecipe | None = None,
    device: str = "auto",
    devices: int = 1,
    precision: str = "32-true",
    rights: str | None = None,
    retrain_changed: bool = False,
    progress: ShowProgress = True,
    **settings: Any,
) -> Run:
    """Train a model on a prepared and split dataset; the same call resumes a run that was stopped.

    The best epoch on the validation part is kept. The test part makes no choice: it is read once, for the
    prediction table. Trainings of one process run one after the other.

    Args:
        dataset: A dataset, prepared and split, or its folder.
        run: Run folder to write: bundle, predictions, metrics, checkpoints, split.
        model: Settings of the network.
        recipe: Settings of the training.
        device: Where to train: auto (a CUDA GPU if there is one, else the processor), cpu, cuda, or mps.
        devices: Number of processes that share each batch; each has its own GPU, or a part of the processor.
        precision: Precision of the layers: 32-true; bf16-mixed, for a GPU or a processor that has bfloat16
            in hardware (``ferfusion doctor`` reports it); or 16-mixed, for a GPU.
        rights: Licence and rights of the training data and the model, kept in the bundle.
        retrain_changed: Begin the run again if the dataset has changed since it began: labels, subjects,
            clips. Without it, such a run is refused.
        progress: True shows a bar in a terminal or in Jupyter; a function is called with each ``Progress``.
        settings: Fields of ``ModelConfig`` and ``TrainRecipe`` by name, such as ``fusion="gap-sum"``.

    Returns:
        The finished run.

    Raises:
        DatasetError: the dataset or its split cannot be used, or changed since the run began.
        ConfigError: a setting cannot be used, the device does not start, or the folder holds a run with other
            settings.
        BundleError: the bundle to start from cannot be read.
        FileError: another process writes the folder, the disk has too little space, or a file cannot be
            written.

    Source: the report, sections 3.2 to 3.4.

    >>> fer.train("data", "run", fusion="gap-concat", epochs=2, batch_size=32)
    Run('run': two-stream, gap-concat fusion, listing stream; 2 epochs)
    """
    if rights is not None and not isinstance(rights, str):
        raise ConfigError(f"rights must be text, got {rights!r} ({type(rights).__name__})")
    load_torch()
    from ferfusion.training.train import NO_RIGHTS, train_run  # noqa: PLC0415 torch

    network, training = with_settings_of_each([(ModelConfig, model), (TrainRecipe, recipe)], settings)
    folder = as_folder(run)
    data = as_dataset(dataset)
    with shown(progress) as on_progress:
        train_run(
            data.folder,
            folder,
            model_config=network,
            recipe=training,
            rights=NO_RIGHTS if rights is None else rights,
            compute=Compute(device, devices, precision),
            retrain_changed=retrain_changed,
            announce=True,
            on_progress=on_progress,
        )
        report_message(on_progress, measured_line(folder))
    return Run(run)


def as_run(run: Run | PathOrText) -> Run:
    """Return a run that may be given by its folder."""
    return run if isinstance(run, Run) else Run(run)


def _validation(run: "RunFolder") -> Validation:
    best, baseline = run.best, run.baseline("validation")
    return Validation(
        epoch=run.best_epoch,
        epochs=len(run.epochs),
        war=float(best["val_accuracy"]),
        uar=float(best["val_uar"]),
        baseline_war=baseline.war,
        baseline_uar=baseline.uar,
        minutes=run.seconds / 60,
    )
