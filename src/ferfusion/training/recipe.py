"""The settings of a training: all that change the weights, apart from those of the model."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ferfusion.data.recipe import AugmentRecipe
from ferfusion.errors import ConfigError
from ferfusion.recipe import AtLeast, AtMost, Below
from ferfusion.training.loop.recipe import LoopRecipe
from ferfusion.training.objective.recipe import ObjectiveRecipe
from ferfusion.training.optim.recipe import OptimizerRecipe, ScheduleRecipe
from ferfusion.training.staged.recipe import HybridRecipe


@dataclass(frozen=True)
class TrainRecipe(
    # the last base comes first among the fields
    HybridRecipe,
    AugmentRecipe,
    ObjectiveRecipe,
    ScheduleRecipe,
    OptimizerRecipe,
    LoopRecipe,
):
    """Settings of one training; saved with every run and bundle.

    They are flat: each base owns some of the fields, with their bounds and descriptions.

    Batch size, rate, schedule and epochs are what trained best on the validation part of the sample corpus
    (1,920 training pairs) within two minutes; the report's are plateau at 0.00001, for 30 times as many
    pairs.

    Attributes:
        weights: Weights that the streams start from: imagenet (vgg16, vgg19, resnet50), kinetics (r3d18), or
            a published file of the stream's weights.
        start_from: A bundle: each stream of the same name and shape starts from the bundle's.
        frozen_epochs: Number of first epochs in which the streams are frozen, and only the rest is trained.
        weight_average: Validate, keep and bundle an exponential moving average of the weights with this
            decay per batch, such as 0.999; 0 keeps the weights themselves.
        shuffle_labels: Shuffle labels among the training videos; a control, which shows the scores of chance.
        seed: Seed of initial weights, order, augmentation and dropout.
    """

    described_as: ClassVar[str] = "training"

    weights: str = ""
    start_from: str = ""
    frozen_epochs: Annotated[int, AtLeast(0)] = 0
    weight_average: Annotated[float, AtLeast(0), Below(1)] = 0.0
    shuffle_labels: bool = False
    seed: Annotated[int, AtLeast(0), AtMost(2**32 - 1)] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.has_fixed_length and self.warmup_epochs > self.epochs:
            raise ConfigError(
                f"warmup_epochs must fit into epochs, got {self.warmup_epochs} of {self.epochs}"
            )
        if (self.uses_votes or self.teachers) and self.shuffle_labels:
            raise ConfigError(
                "shuffle_labels is a control for single labels; unset soft_labels, vote_weight and teachers"
            )
