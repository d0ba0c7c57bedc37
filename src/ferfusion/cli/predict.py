"""``ferfusion predict``."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape

from ferfusion.cli.progress import VideoProgress, console
from ferfusion.errors import VideoError
from ferfusion.faces.model_file import name_model
from ferfusion.inference.folder import Summary, Unread, find_videos, make_jobs, predict_job
from ferfusion.inference.predictor import load_predictor
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.inference.video import expected_frames, frame_lines


def predict(
    *videos: Path,
    bundle: Path | None = None,
    out: Path = Path("predictions"),
    recipe: Annotated[PredictRecipe, Parameter(name="*")] = PredictRecipe(),  # noqa: B008 frozen
    annotate: bool = True,
    detector_model: Path | None = None,
    print_frames: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Read the displayed expressions out of videos.

    Writes a folder for each video: frames.csv (a row for every frame and face), verdict.json (the verdict on
    each face and its timeline as stretches of time), annotated.mp4 and report.html (a page with the player
    and the timeline under it); and videos.csv, a line for every video. A file that cannot be read becomes
    such a line, with the reason, and the others go on.

    Args:
        videos: Video files, or folders whose videos are all read.
        bundle: Trained model, as train writes it into its run folder, or an exported one; by default the one
            that comes with the package.
        out: Folder to write to.
        recipe: How the videos are read.
        annotate: Also write the annotated video.
        detector_model: Model file of the detector yunet, where the bundle's faces were found with it.
        print_frames: Print a line for every frame.
    """
    files = find_videos(videos, out=out)
    if detector_model is not None:
        name_model(detector_model)
    predictor = load_predictor(bundle)
    if bundle is None:
        console.print(f"Model: {predictor.name}", highlight=False)
    jobs, summary = make_jobs(files), Summary(out)
    sizes = [0 if isinstance(job.info, Unread) else expected_frames(job.info, recipe) for job in jobs]
    failed = 0
    with VideoProgress(sizes, passes=2 if annotate else 1) as progress:
        for job in jobs:
            progress.begin(job.video.name)
            result = predict_job(job, predictor, out, recipe, annotate=annotate, on_frame=progress.on_frame)
            summary.add(job.folder, job.video, result)
            if isinstance(result, Unread):
                failed += 1
                console.print(f"[red]{escape(job.video.name)}[/]: {escape(result.reason)}", highlight=False)
                continue
            if print_frames:
                for line in frame_lines(result.table, predictor.labels.probability_columns):
                    console.print(line, highlight=False, markup=False, soft_wrap=True)
            console.print(f"[bold]{escape(job.video.name)}[/]: {escape(result.statement)}", highlight=False)
            console.print(f"  {escape(str(result.folder / 'report.html'))}", highlight=False, soft_wrap=True)
    if len(jobs) > 1:
        console.print(f"A line for every video: {escape(str(summary.path))}", highlight=False, soft_wrap=True)
    if failed:
        raise VideoError(f"{failed} of {len(jobs)} files could not be read; {summary.path} says why")
