"""``ferfusion train``: from a dataset folder to a run folder."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ferfusion.models.config import ModelConfig
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.run import NO_RIGHTS, train_run


def train(
    dataset: Path,
    run: Path,
    *,
    model: Annotated[ModelConfig, Parameter(name="*")] = ModelConfig(),  # noqa: B008 frozen
    recipe: Annotated[TrainRecipe, Parameter(name="*")] = TrainRecipe(),  # noqa: B008 frozen
    devices: int = 1,
    precision: str = "32-true",
    rights: str = NO_RIGHTS,
) -> None:
    """Train a model on a prepared and split dataset; the same command goes on with a run that was stopped.

    Args:
        dataset: Dataset folder, prepared and split.
        run: Run folder to write: bundle, predictions, metrics, checkpoints.
        model: Which network.
        recipe: How to train it.
        devices: How many processes share each batch, each with a GPU of its own, or a part of the processor.
        precision: Numbers that layers are computed in: 32-true; bf16-mixed, for a GPU or a processor that
            has bfloat16 in hardware (``ferfusion doctor`` tells); or 16-mixed, for a GPU.
        rights: Licence and rights of the training data and the model, kept in the bundle.
    """
    result = train_run(
        dataset,
        run,
        model_config=model,
        recipe=recipe,
        devices=devices,
        precision=precision,
        rights=rights,
    )
    best, majority = result.best, result.majority
    print(
        f"Best epoch {best['epoch']:.0f} of {len(result.epochs)}, on validation: "
        f"WAR {best['val_accuracy']:.1%} (majority {majority.war:.1%}), "
        f"UAR {best['val_uar']:.1%} (majority {majority.uar:.1%}); {result.seconds / 60:.1f} minutes"
    )
    print(f"{run}: bundle.safetensors, predictions.csv, metrics.csv")
    print(f"Now: ferfusion evaluate {run}")
