"""``ferfusion explain``: explain a model's predictions, of pairs of its run, or of a video or photograph."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape

import ferfusion as fer
from ferfusion.cli.progress import console, progress_bar
from ferfusion.errors import ConfigError


def explain(
    model: Path | None = None,
    *,
    recipe: Annotated[fer.ExplainRecipe | None, Parameter(name="*")] = None,
    check: Annotated[bool, Parameter(negative="")] = False,
    dataset: Path | None = None,
    video: Path | None = None,
    out: Path = Path("explanations"),
) -> None:
    """Show where a model looked and how much each stream contributed.

    For a run: writes explain.html into its folder, with correctly and wrongly predicted pairs of every class,
    and contributions.csv. For a video, by a run or a bundle: writes a folder with explained.mp4 (every frame,
    beside it the maps of face and motion) and contributions.csv (a row for every frame, face and explained
    class; docs/tables.md describes the columns). Faces and expressions have the numbers and names that
    predict gives them. Explained is the top class of each frame alone, which may differ from the smoothed
    name.

    Args:
        model: Run folder that train wrote. For a video also a bundle; by default, the model that comes with
            ferfusion.
        recipe: Settings of the pairs and of the maps.
        check: Also check whether the maps of this run can be trusted: by deletion and by random weights.
        dataset: The run's dataset, if it was moved since the training.
        video: Video to explain, frame by frame, or a photograph.
        out: Folder for explained videos.
    """
    if video is not None:
        with progress_bar() as bar:
            path = fer.explain_video(video, out, model=model, recipe=recipe, progress=bar)
        console.print(escape(str(path)), highlight=False, soft_wrap=True)
        return
    if model is None or model.is_file():
        got = "neither" if model is None else f"the file {model}"
        raise ConfigError(f"explain needs a run folder or a --video; got {got}")
    with console.status("Explaining, and checking the maps" if check else "Explaining"):
        explanation = fer.explain(model, recipe=recipe, check=check, dataset=dataset)
    for line in explanation.checks:
        console.print(line, highlight=False, soft_wrap=True)
    console.print(escape(str(explanation.page)), highlight=False, soft_wrap=True)
