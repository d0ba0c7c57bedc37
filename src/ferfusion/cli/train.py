"""``ferfusion train``: from a dataset folder to a run folder."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import ferfusion as fer
from ferfusion.cli.describe import described_by
from ferfusion.cli.progress import progress_bar


@described_by(fer.train)
def train(
    dataset: Path,
    run: Path,
    *,
    model: Annotated[fer.ModelConfig | None, Parameter(name="*")] = None,
    recipe: Annotated[fer.TrainRecipe | None, Parameter(name="*")] = None,
    device: str = "auto",
    devices: int = 1,
    precision: str = "32-true",
    rights: str | None = None,
) -> None:
    """See ``ferfusion.train``."""
    with progress_bar() as bar:
        done = fer.train(
            dataset,
            run,
            model=model,
            recipe=recipe,
            device=device,
            devices=devices,
            precision=precision,
            rights=rights,
            progress=bar,
        )
    best = done.validation
    print(
        f"Best epoch {best.epoch} of {best.epochs}, on validation: "
        f"WAR {best.war:.1%} (majority {best.baseline_war:.1%}), "
        f"UAR {best.uar:.1%} (majority {best.baseline_uar:.1%}); {best.minutes:.1f} minutes"
    )
    print(f"{run}: bundle.safetensors, predictions.csv, metrics.csv")
    print(f"Now: ferfusion evaluate {run}")
