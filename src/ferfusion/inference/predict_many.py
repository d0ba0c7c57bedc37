"""Many videos: which ones, where their results go, and the table with a line for every one of them."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ferfusion.corpora.entries import unique_ids
from ferfusion.errors import ConfigError, VideoError
from ferfusion.files import write_whole
from ferfusion.inference.predict_video import expected_frames, read_footage, write_prediction
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.predictor import Predictor
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.progress import OnProgress, Progress, ignore_progress
from ferfusion.video.footage import Footage, ImageSequence, open_footage
from ferfusion.video.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES

_READ_SUFFIXES = VIDEO_SUFFIXES | IMAGE_SUFFIXES
SUMMARY_COLUMNS = (
    "folder video status reason frames seconds faces expression likeliest probability low high".split()
)


def find_videos(places: Iterable[Path], *, out: Path | None = None) -> list[Path]:
    """Return the videos and photographs that are meant: files as they are named, and those inside folders.

    What lies in ``out`` was written by an earlier prediction and is passed over, as are hidden files.

    Raises:
        ConfigError: nothing was named, or a folder has neither in it, however deep.
    """
    videos: dict[Path, None] = {}
    for place in places:
        found = _videos_inside(place, out and out.resolve()) if place.is_dir() else [place]
        if not found:
            raise ConfigError(
                f"There is no video or photograph in the folder {place}; looked for files that end in "
                f"{', '.join(sorted(_READ_SUFFIXES))}"
            )
        videos |= dict.fromkeys(found)
    if not videos:
        raise ConfigError("predict needs at least one video file or folder of videos")
    return list(videos)


def _videos_inside(folder: Path, out: Path | None) -> list[Path]:
    found = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _READ_SUFFIXES)
    return [
        path
        for path in found
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not (out is not None and path.resolve().is_relative_to(out))
    ]


@dataclass(frozen=True)
class Unread:
    """Why a video could not be read."""

    reason: str


@dataclass(frozen=True)
class VideoJob:
    """A video to read: its file, or its images in memory, and the name of its folder."""

    source: Path | ImageSequence
    folder: str

    @property
    def name(self) -> str:
        """Name of the file, or what the images are called."""
        return self.source.name

    @property
    def place(self) -> str:
        """Path of the file, or what the images are called."""
        return str(self.source) if isinstance(self.source, Path) else self.source.name


@dataclass(frozen=True)
class VideoResult:
    """What became of a video; ``footage`` is None where it could not be opened."""

    job: VideoJob
    footage: Footage | None
    outcome: VideoPrediction | Unread


def make_jobs(sources: Sequence[Path | ImageSequence]) -> list[VideoJob]:
    """Return a job for each video, with a folder of its name, numbered where two have the same.

    >>> [job.folder for job in make_jobs([Path("a/clip.mp4"), Path("b/clip.mov"), Path("talk.mp4")])]
    ['clip', 'clip-2', 'talk']
    """
    names = unique_ids(source.name for source in sources)
    return [VideoJob(source, folder) for source, folder in zip(sources, names, strict=True)]


def predict_each(
    jobs: Sequence[VideoJob],
    predictor: Predictor,
    *,
    recipe: PredictRecipe = PredictRecipe(),  # noqa: B008 frozen
    out: Path | None = None,
    annotate: bool = True,
    detector_model: Path | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Iterator[VideoResult]:
    """Read videos one by one, and yield what became of each; an unreadable one does not stop the others.

    Args:
        jobs: The videos.
        predictor: The model.
        recipe: How they are read.
        out: Where each one's folder is written, and ``videos.csv``; without it, nothing is written.
        annotate: Also write the annotated videos.
        detector_model: The face detector's model file, where the model's detector needs one.
        on_progress: Called after every frame.
    """
    summary = None if out is None else Summary(out)
    for number, job in enumerate(jobs, start=1):
        words = f"{job.name} ({number} of {len(jobs)})" if len(jobs) > 1 else job.name
        footage: Footage | None = None
        outcome: VideoPrediction | Unread
        try:
            footage = open_footage(job.source) if isinstance(job.source, Path) else job.source
            total = expected_frames(footage.info, recipe)
            on_frame = partial(report_frame, on_progress, words, total)
            outcome = read_footage(
                footage, predictor, recipe, detector_model=detector_model, on_frame=on_frame
            )
            if out is not None:
                outcome = write_prediction(
                    outcome, footage, predictor, out / job.folder, annotate=annotate, on_frame=on_frame
                )
        except VideoError as error:
            outcome = Unread(str(error))
        if summary is not None:
            summary.add(job.folder, job.place, outcome)
        yield VideoResult(job, footage, outcome)


def report_frame(on_progress: OnProgress, item: str, total: int | None, stage: str, frame: int) -> None:
    """Report a frame of a video that is done with."""
    on_progress(Progress(stage, item, frame, total, "frames"))


class Summary:
    """Keeps ``videos.csv`` in step with what is done: a line for every video, whether it was read or not.

    Lines of earlier predictions into the same folder stay, but for those of a video that is read anew.
    """

    def __init__(self, out: Path) -> None:
        self.path = out / "videos.csv"
        self._lines: dict[str, dict[str, Any]] = {}
        if self.path.is_file():
            with self.path.open(encoding="utf-8", newline="") as file:
                self._lines = {str(line["folder"]): dict(line) for line in csv.DictReader(file)}

    def add(self, folder: str, video: str, result: VideoPrediction | Unread) -> None:
        """Add or replace the line of a video and write the table."""
        line = _unread(result) if isinstance(result, Unread) else _read(result)
        self._lines[folder] = {"folder": folder, "video": video, **line}
        write_whole(self.path, self._write)

    def _write(self, path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, SUMMARY_COLUMNS, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(self._lines.values())


def _unread(result: Unread) -> dict[str, Any]:
    return {"status": "unreadable", "reason": result.reason}


def _read(result: VideoPrediction) -> dict[str, Any]:
    """Return the columns of a video that was read; its expression is that of face 0."""
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
        "reason": first.why_unsure,
        "expression": first.expression,
        "likeliest": first.likeliest,
        "probability": f"{first.probabilities[first.likeliest]:.4f}",
    }
    if first.interval is not None:
        line |= {"low": f"{first.interval[0]:.4f}", "high": f"{first.interval[1]:.4f}"}
    return line
