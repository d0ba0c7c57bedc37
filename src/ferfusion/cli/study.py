"""``ferfusion study``: which variant is better, and whether it really is."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape

import ferfusion as fer
from ferfusion.cli.describe import described_by
from ferfusion.cli.progress import console, progress_bar


@described_by(fer.study)
def study(
    dataset: Path,
    folder: Path,
    *,
    plan: Annotated[fer.StudyPlan | None, Parameter(name="*")] = None,
    model: Annotated[fer.ModelConfig | None, Parameter(name="*")] = None,
    recipe: Annotated[fer.TrainRecipe | None, Parameter(name="*")] = None,
    device: str = "auto",
    devices: int = 1,
    precision: str = "32-true",
    engine: str = "pool",
    workers: int | None = None,
    address: str | None = None,
) -> None:
    """See ``ferfusion.study``."""
    with progress_bar() as bar:
        done = fer.study(
            dataset,
            folder,
            plan=plan,
            model=model,
            recipe=recipe,
            device=device,
            devices=devices,
            precision=precision,
            engine=engine,
            workers=workers,
            address=address,
            progress=bar,
        )
    console.print(f"Report: {escape(str(done.report))}", soft_wrap=True)
