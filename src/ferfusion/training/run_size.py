"""The disk space of a run, before it is trained."""

from collections.abc import Iterator

from ferfusion.models.build import build_model, count_parameters
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.dataset import Dataset
from ferfusion.reporting.disk import estimate_line
from ferfusion.training.job import TrainJob
from ferfusion.training.optim.schedule_length import schedule_caution
from ferfusion.training.recipe import TrainRecipe

_BYTES = 4
_COPIES = 3
"""Of the weights: the bundle, the best epoch, and the last epoch."""
_STATES = {"rmsprop": 1, "sgd": 1, "adamw": 2}
"""What an optimizer keeps of each weight in the checkpoint; one that is not named keeps nothing."""
_PREDICTED_SHARE, _ROW_BYTES = 0.4, 150
"""Share of the pairs outside the training part, and a row of a table of predictions."""


def run_bytes(model_config: ModelConfig, recipe: TrainRecipe, *, classes: int, pairs: int) -> int:
    """Return about how much the files of a run take.

    Args:
        model_config: Settings of the network.
        recipe: Settings of the training.
        classes: Number of classes.
        pairs: Number of all pairs of the dataset.
    """
    # a staged training keeps the runs of its stages, which have about as many weights as the whole
    stages = 1 if _has_one_stage(model_config, recipe) else 2
    size = stages * _copies(recipe) * _weights_bytes(model_config, classes)
    return round(size + pairs * _PREDICTED_SHARE * _ROW_BYTES)


def least_run_bytes(model_config: ModelConfig, recipe: TrainRecipe, *, classes: int) -> int:
    """Return what the files of a run take in any case; the arguments are those of ``run_bytes``."""
    copies = _copies(recipe) if _has_one_stage(model_config, recipe) else 1
    return copies * _weights_bytes(model_config, classes)


def _has_one_stage(model_config: ModelConfig, recipe: TrainRecipe) -> bool:
    return model_config.kind.procedure == "end-to-end" and not recipe.treatment.retrains_head


def _copies(recipe: TrainRecipe) -> int:
    return _COPIES + _STATES.get(recipe.optimizer, 0) + (recipe.weight_average > 0)


def _weights_bytes(model_config: ModelConfig, classes: int) -> int:
    return count_parameters(build_model(model_config, classes)) * _BYTES


def lines_before(job: TrainJob, dataset: Dataset) -> Iterator[str]:
    """Yield the disk space of a training, and what cuts its schedule short."""
    size = run_bytes(job.model_config, job.recipe, classes=len(dataset.labels), pairs=len(dataset.pairs))
    yield estimate_line(size, "the run", folder=job.run)
    if caution := schedule_caution(job.recipe, epochs=job.recipe.epochs):
        yield caution
