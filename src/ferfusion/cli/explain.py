"""``ferfusion explain``: why a model answers as it does, on pairs of its run or over a video."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape

from ferfusion.bundle import load_bundle
from ferfusion.cli.progress import console, progress_bar
from ferfusion.errors import ConfigError
from ferfusion.explain.deletion import OWN, RANDOM
from ferfusion.explain.page import METHOD_NAMES
from ferfusion.explain.recipe import ExplainRecipe
from ferfusion.explain.run import explain_run
from ferfusion.explain.trust import MapChecks
from ferfusion.inference.explained import explain_video
from ferfusion.inference.folder import folder_names
from ferfusion.inference.predictor import SHIPPED
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.inference.video import expected_frames
from ferfusion.video.reader import read_info


def explain(
    model: Path | None = None,
    *,
    recipe: Annotated[ExplainRecipe, Parameter(name="*")] = ExplainRecipe(),  # noqa: B008 frozen
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
        _explain_video(model or SHIPPED, video, out / folder_names([video])[0], recipe)
        return
    if model is None or model.is_file():
        raise ConfigError("explain needs a run folder, whose pairs it explains, or a --video; got neither")
    with console.status("Explaining, and checking the maps" if check else "Explaining"):
        explanation = explain_run(model, recipe, check=check, dataset=dataset)
    if explanation.checks is not None:
        for line in check_lines(explanation.checks):
            console.print(line, highlight=False, soft_wrap=True)
    console.print(escape(str(explanation.page)), highlight=False, soft_wrap=True)


def check_lines(checks: MapChecks) -> list[str]:
    """Return what the checks found, a line for every method and stream."""
    people = "one person" if checks.subjects == 1 else f"{checks.subjects} people"
    lines = [f"Deletion, {checks.pairs} pairs of {people}: area under the curve, by the map and at random"]
    lines += [
        f"  {METHOD_NAMES[one.method]}, {one.stream}: {one.areas[OWN]:.3f} against {one.areas[RANDOM]:.3f}, "
        f"{one.gain:.3f} less (95 % interval {one.gain_interval.low:.3f} to {one.gain_interval.high:.3f})"
        for one in checks.deletions
    ]
    lines.append("Random weights: rank correlation with the trained model's maps, layer by layer")
    for one in checks.randomisations:
        for stream in one.other_pairs:
            values = ", ".join(f"{step.correlations[stream]:.2f}" for step in one.steps)
            lines.append(f"  {METHOD_NAMES[one.method]}, {stream}: {values}")
    return lines


def _explain_video(model: Path, video: Path, folder: Path, recipe: ExplainRecipe) -> None:
    bundle = load_bundle(model if model.is_file() else model / "bundle.safetensors")
    with progress_bar("frames") as bar:
        total = expected_frames(read_info(video), PredictRecipe())
        task = bar.add_task(f"Explaining {escape(video.name)}", total=total)
        path = explain_video(
            video,
            bundle,
            folder,
            method=recipe.method,
            on_frame=lambda frame: bar.update(task, completed=frame),
        )
    console.print(escape(str(path)), highlight=False, soft_wrap=True)
