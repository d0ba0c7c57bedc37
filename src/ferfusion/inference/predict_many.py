"""Predict many videos: find them, name their folders, and write a table with a line for each."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ferfusion.corpora.entries import unique_ids
from ferfusion.errors import ConfigError, VideoError
from ferfusion.files import write_whole
from ferfusion.inference.predict_video import expected_frames, predict_footage, write_prediction
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.predictor import Predictor
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.progress import OnProgress, Progress, ignore_progress
from ferfusion.video.footage import Footage, ImageSequence, open_footage
from ferfusion.video.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES

_SUFFIXES = VIDEO_SUFFIXES | IMAGE_SUFFIXES
SUMMARY_COLUMNS = (
    "folder video status reason frames seconds faces expression top_class probability low high".split()
)


def find_videos(places: Iterable[Path], *, out: Path | None = None) -> list[Path]:
    """Return the videos and photographs of some places: files as they are named, and all files of folders.

    Folders are searched at every depth. Hidden files are skipped, and so are the files inside ``out``, which
    an earlier prediction has written.

    Raises:
        ConfigError: ``places`` is empty, or a folder has no video and no photograph.
    """
    videos: dict[Path, None] = {}
    for place in places:
        found = _videos_inside(place, out and out.resolve()) if place.is_dir() else [place]
        if not found:
            raise ConfigError(
                f"There is no video or photograph in the folder {place}; looked for files that end in "
                f"{', '.join(sorted(_SUFFIXES))}"
            )
        videos |= dict.fromkeys(found)
    if not videos:
        raise ConfigError("predict needs at least one video file or folder of videos")
    return list(videos)


def _videos_inside(folder: Path, out: Path | None) -> list[Path]:
    found = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _SUFFIXES)
    return [
        path
        for path in found
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not (out is not None and path.resolve().is_relative_to(out))
    ]


@dataclass(frozen=True)
class Unreadable:
    """Why a video has no prediction."""

    reason: str


@dataclass(frozen=True)
class PredictJob:
    """A video to predict, and the name of its folder.

    Attributes:
        source: The video file, or images in memory.
        folder: Name of the folder of its results.
    """

    source: Path | ImageSequence
    folder: str

    @property
    def name(self) -> str:
        """Name of the file or of the images."""
        return self.source.name

    @property
    def place(self) -> str:
        """Path of the file, or name of the images."""
        return str(self.source) if isinstance(self.source, Path) else self.source.name


@dataclass(frozen=True)
class VideoResult:
    """The result of one job.

    Attributes:
        job: The job.
        footage: The opened video; None if it could not be opened.
        outcome: The prediction, or why there is none.
    """

    job: PredictJob
    footage: Footage | None
    outcome: VideoPrediction | Unreadable


def make_jobs(sources: Sequence[Path | ImageSequence]) -> list[PredictJob]:
    """Return a job for each video; its folder has the name of the video, with a number if the name is taken.

    >>> [job.folder for job in make_jobs([Path("a/clip.mp4"), Path("b/clip.mov"), Path("talk.mp4")])]
    ['clip', 'clip-2', 'talk']
    """
    names = unique_ids(source.name for source in sources)
    return [PredictJob(source, folder) for source, folder in zip(sources, names, strict=True)]


def predict_each(
    jobs: Sequence[PredictJob],
    predictor: Predictor,
    *,
    recipe: PredictRecipe = PredictRecipe(),  # noqa: B008 frozen
    out: Path | None = None,
    annotate: bool = True,
    detector_model: Path | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Iterator[VideoResult]:
    """Predict videos one by one and yield the result of each; an unreadable video does not stop the others.

    Args:
        jobs: The videos.
        predictor: The model.
        recipe: Settings of the prediction.
        out: Folder for ``videos.csv`` and a folder for each video; without it, nothing is written.
        annotate: Also write the annotated videos.
        detector_model: Model file of the face detector, if the detector needs one.
        on_progress: Called after every frame.

    Raises:
        ConfigError: the detector's model file is missing or has another hash.
    """
    summary = None if out is None else Summary(out)
    for number, job in enumerate(jobs, start=1):
        item = f"{job.name} ({number} of {len(jobs)})" if len(jobs) > 1 else job.name
        footage: Footage | None = None
        outcome: VideoPrediction | Unreadable
        try:
            footage = open_footage(job.source) if isinstance(job.source, Path) else job.source
            total = expected_frames(footage.info, recipe)
            on_frame = partial(report_frame, on_progress, item, total)
            outcome = predict_footage(
                footage, predictor, recipe, detector_model=detector_model, on_frame=on_frame
            )
            if out is not None:
                outcome = write_prediction(
                    outcome, footage, predictor, out / job.folder, annotate=annotate, on_frame=on_frame
                )
        except VideoError as error:
            outcome = Unreadable(str(error))
        if summary is not None:
            summary.add(job.folder, job.place, outcome)
        yield VideoResult(job, footage, outcome)


def report_frame(on_progress: OnProgress, item: str, total: int | None, stage: str, frame: int) -> None:
    """Report that a frame of a video is done.

    Args:
        on_progress: Called with the progress.
        item: Name of the video.
        total: Expected number of frames; None if it is not known.
        stage: Name of the stage.
        frame: Number of frames that are done.
    """
    on_progress(Progress(stage, item, frame, total, "frames"))


class Summary:
    """Writes ``videos.csv``, a line for every video, after each video.

    Lines of earlier predictions into the same folder stay, until there is a new prediction of the same video.

    Args:
        out: Folder of the predictions.
    """

    def __init__(self, out: Path) -> None:
        self.path = out / "videos.csv"
        self._lines: dict[str, dict[str, Any]] = {}
        if self.path.is_file():
            with self.path.open(encoding="utf-8", newline="") as file:
                self._lines = {str(line["folder"]): dict(line) for line in csv.DictReader(file)}

    def add(self, folder: str, video: str, result: VideoPrediction | Unreadable) -> None:
        """Add or replace the line of a video and write the table."""
        line = _unreadable(result) if isinstance(result, Unreadable) else _predicted(result)
        self._lines[folder] = {"folder": folder, "video": video, **line}
        write_whole(self.path, self._write)

    def _write(self, path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, SUMMARY_COLUMNS, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(self._lines.values())


def _unreadable(result: Unreadable) -> dict[str, Any]:
    return {"status": "unreadable", "reason": result.reason}


def _predicted(result: VideoPrediction) -> dict[str, Any]:
    """Return the columns of a video with a prediction; its expression is that of face 0."""
    table = result.table
    line: dict[str, Any] = {
        "status": "ok",
        "reason": "",
        "frames": table["frame"].nunique(),
        "seconds": f"{table['seconds'].max():.3f}" if len(table) else "",
        "faces": len(result.verdicts),
    }
    if not result.verdicts:
        return line | {"status": "no_face", "reason": result.statement}
    first = result.verdicts[0]
    line |= {
        "reason": first.why_no_class,
        "expression": first.expression,
        "top_class": first.top_class,
        "probability": f"{first.probabilities[first.top_class]:.4f}",
    }
    if first.interval is not None:
        line |= {"low": f"{first.interval[0]:.4f}", "high": f"{first.interval[1]:.4f}"}
    return line
