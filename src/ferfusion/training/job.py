"""A training job: dataset, run folder, settings and devices."""

from dataclasses import dataclass, replace
from pathlib import Path

from ferfusion.compute import Compute
from ferfusion.errors import ConfigError
from ferfusion.models.config import ModelConfig
from ferfusion.training.recipe import TrainRecipe


@dataclass(frozen=True)
class TrainJob:
    """Everything that determines a training; it can be sent to another process.

    Attributes:
        dataset: A dataset folder.
        run: The folder to write.
        model_config: Settings of the model.
        recipe: Settings of the training.
        compute: Where and how it is computed.
        splits: The split table; None is the dataset's ``splits.csv``.
    """

    dataset: Path
    run: Path
    model_config: ModelConfig
    recipe: TrainRecipe
    compute: Compute = Compute()  # noqa: RUF009 frozen
    splits: Path | None = None

    def __post_init__(self) -> None:
        if self.compute.devices > self.recipe.batch_size:
            raise ConfigError(
                f"{self.compute.devices} devices cannot share a batch of {self.recipe.batch_size}; "
                "raise batch_size or use fewer devices"
            )


def treated_config(model_config: ModelConfig, recipe: TrainRecipe) -> ModelConfig:
    """Return a model's settings with the output that a recipe's treatment of imbalance needs.

    Raises:
        ConfigError: the model has the output of another treatment.
    """
    output = recipe.treatment.output
    if model_config.output not in ("softmax", output):
        raise ConfigError(
            f"The output {model_config.output!r} does not go with imbalance {recipe.imbalance!r}; "
            "unset output, the treatment of imbalance chooses it"
        )
    return replace(model_config, output=output)
