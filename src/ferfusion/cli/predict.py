"""``ferfusion predict``."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ferfusion.cli.progress import console, progress_bar
from ferfusion.errors import ConfigError, VideoError
from ferfusion.inference.predictor import load_predictor
from ferfusion.inference.video import expected_frames, folder_names, frame_lines, predict_video


def predict(
    *videos: Path,
    bundle: Path,
    out: Path = Path("predictions"),
    annotate: bool = True,
    print_frames: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Read the displayed expressions out of videos.

    Writes a folder for each video: frames.csv (a row for every decoded frame and face), verdict.json,
    annotated.mp4 and report.html. A file that is no video is reported, and the others go on.

    Args:
        videos: Video files.
        bundle: Trained model, as train writes it into its run folder.
        out: Folder to write to.
        annotate: Also write the annotated video.
        print_frames: Print a line for every frame.
    """
    if not videos:
        raise ConfigError("predict needs at least one video file")
    predictor = load_predictor(bundle)
    failed: list[str] = []
    for video, name in zip(videos, folder_names(videos), strict=True):
        try:
            with progress_bar("frames") as bar:
                task = bar.add_task(video.name, total=expected_frames(video))
                prediction = predict_video(
                    video,
                    predictor,
                    out / name,
                    annotate=annotate,
                    on_frame=lambda stage, frame: bar.update(
                        task,  # noqa: B023
                        completed=frame,
                        description=f"{stage} {video.name}",  # noqa: B023
                    ),
                )
        except VideoError as error:
            failed.append(str(error))
            console.print(f"[red]{video.name}[/]: {error}")
            continue
        if print_frames:
            for line in frame_lines(prediction.table, predictor.labels.probability_columns):
                console.print(line, highlight=False, soft_wrap=True)
        console.print(f"[bold]{video.name}[/]: {prediction.statement}", highlight=False)
        console.print(f"  {prediction.folder / 'report.html'}", highlight=False, soft_wrap=True)
    if failed:
        raise VideoError(f"{len(failed)} of {len(videos)} files could not be read: {'; '.join(failed)}")
