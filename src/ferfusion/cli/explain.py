"""``ferfusion explain``: why a model answers as it does, on pairs of its run or over a video."""

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

    Of a run: writes explain.html into its folder, with pairs of every class that were named rightly and
    wrongly, and contributions.csv. With a video, of a run or a bundle: writes a folder with explained.mp4
    (every frame, the maps of face and motion beside it) and contributions.csv (a row for every face of it).

    Args:
        model: Run folder that train wrote. For a video also its bundle, or nothing: the model that comes with
            ferfusion.
        recipe: Which pairs are shown, and how maps are made.
        check: Also find out whether the maps of this run can be trusted: by deletion and by random weights.
        dataset: Where the run's dataset is now, if it was moved since the training.
        video: Video to explain, frame by frame.
        out: Folder for explained videos.
    """
    if video is not None:
        with progress_bar() as bar:
            path = fer.explain_video(video, out, model=model, recipe=recipe, progress=bar)
        console.print(escape(str(path)), highlight=False, soft_wrap=True)
        return
    if model is None or model.is_file():
        got = "neither" if model is None else f"the file {model}"
        raise ConfigError(f"explain needs a run folder, whose pairs it explains, or a --video; got {got}")
    with console.status("Explaining, and checking the maps" if check else "Explaining"):
        explanation = fer.explain(model, recipe=recipe, check=check, dataset=dataset)
    for line in explanation.checks:
        console.print(line, highlight=False, soft_wrap=True)
    console.print(escape(str(explanation.page)), highlight=False, soft_wrap=True)
