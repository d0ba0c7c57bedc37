"""The table of training procedures: from an opened job to a model, and from a model to predictions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ferfusion.data.batches import Batch
from ferfusion.data.pairs import PartedPairs
from ferfusion.errors import ConfigError
from ferfusion.lookup import choose
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.config import ModelConfig
from ferfusion.parts import Part
from ferfusion.training.end_to_end import predict_pairs, train_end_to_end
from ferfusion.training.open_job import OpenJob
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.staged.hybrid import predict_videos, train_hybrid
from ferfusion.training.staged.retrained_head import retrain_head

Predicted = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]


class Predict(Protocol):
    """Returns the rows of a part, and the class probabilities (rows, C) of each."""

    def __call__(  # noqa: D102
        self, model: ExpressionModel, batches: Iterable[Batch], pairs: PartedPairs, *, part: Part
    ) -> Predicted: ...


@dataclass(frozen=True)
class Procedure:
    """One way to train.

    Attributes:
        train: Trains, writes metrics and checkpoints, and returns the model of the best epoch.
        predict: Predicts the pairs of a part.
        imbalance: The treatments of imbalance that it supports; None is all of them.
    """

    train: Callable[[OpenJob], ExpressionModel]
    predict: Predict = predict_pairs
    imbalance: tuple[str, ...] | None = None


PROCEDURES: MappingProxyType[str, Procedure] = MappingProxyType(
    {
        "end-to-end": Procedure(train_end_to_end),
        "retrain-head": Procedure(retrain_head),
        "streams-dbn-svm": Procedure(train_hybrid, predict_videos, imbalance=("none", "class-weights")),
    }
)


def procedure_of(model_config: ModelConfig, recipe: TrainRecipe) -> Procedure:
    """Return the training procedure of an architecture, or the one that retrains its head.

    Raises:
        ConfigError: the architecture's procedure does not support the recipe's treatment of imbalance.
    """
    name = model_config.kind.procedure
    procedure = choose(PROCEDURES, name, what="training procedure")
    if procedure.imbalance is not None and recipe.imbalance not in procedure.imbalance:
        raise ConfigError(
            f"The architecture {model_config.architecture!r} is trained by {name}, for which imbalance is "
            f"{' or '.join(procedure.imbalance)}; got {recipe.imbalance!r}"
        )
    return PROCEDURES["retrain-head"] if recipe.treatment.retrains_head else procedure
