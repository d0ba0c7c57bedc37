"""The disk space of a run, before it is trained."""

from ferfusion.models.build import build_model, count_parameters
from ferfusion.models.config import ModelConfig
from ferfusion.training.recipe import TrainRecipe

_BYTES = 4
_COPIES = 3
"""Of the weights: the bundle, the best epoch, and the last epoch."""
_STATES = {"rmsprop": 1, "sgd": 1, "adamw": 2}
"""What an optimizer keeps of each weight in the last epoch's checkpoint."""
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
    weights = count_parameters(build_model(model_config, classes)) * _BYTES
    copies = _COPIES + _STATES[recipe.optimizer] + (recipe.weight_average > 0)
    # a staged training keeps the runs of its stages, which have about as many weights as the whole
    stages = 2 if recipe.treatment.retrains_head or model_config.kind.procedure != "end-to-end" else 1
    return round(stages * weights * copies + pairs * _PREDICTED_SHARE * _ROW_BYTES)
