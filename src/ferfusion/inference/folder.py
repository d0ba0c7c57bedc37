"""Many videos: which ones, where their results go, and the table with a line for every one of them."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ferfusion.corpora.entries import unique_ids
from ferfusion.errors import ConfigError, VideoError
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.predictor import Predictor
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.inference.video import OnFrame, predict_video
from ferfusion.prepare.store import write_whole
from ferfusion.video.reader import VideoInfo, read_info
from ferfusion.video.suffixes import VIDEO_SUFFIXES

SUMMARY_COLUMNS = (
    "folder video status reason frames seconds faces expression likeliest probability low high".split()
)


def find_videos(places: Iterable[Path], *, out: Path) -> list[Path]:
    """Return the videos that are meant: files as they are named, and the videos inside folders, however deep.

    What lies in ``out`` was written by an earlier prediction and is passed over, as are hidden files.

    Raises:
        ConfigError: nothing was named, or a folder has no video in it.
    """
    videos: dict[Path, None] = {}
    for place in places:
        found = _videos_inside(place, out.resolve()) if place.is_dir() else [place]
        if not found:
            raise ConfigError(
                f"There is no video in the folder {place}; looked for files that end in "
                f"{', '.join(sorted(VIDEO_SUFFIXES))}"
            )
        videos |= dict.fromkeys(found)
    if not videos:
        raise ConfigError("predict needs at least one video file or folder of videos")
    return list(videos)


def _videos_inside(folder: Path, out: Path) -> list[Path]:
    found = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in VIDEO_SUFFIXES)
    return [
        path
        for path in found
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not path.resolve().is_relative_to(out)
    ]


def folder_names(videos: Sequence[Path]) -> list[str]:
    """Return a folder name for each video: its own name, numbered where two videos have the same.

    >>> folder_names([Path("a/clip.mp4"), Path("b/clip.mov"), Path("talk.mp4")])
    ['clip', 'clip-2', 'talk']
    """
    return unique_ids(video.name for video in videos)


@dataclass(frozen=True)
class Unread:
    """Why a video could not be read."""

    reason: str


@dataclass(frozen=True)
class VideoJob:
    """A video to read: its file, the name of its folder, and what its header says, or why it has none."""

    video: Path
    folder: str
    info: VideoInfo | Unread


def make_jobs(videos: Sequence[Path]) -> list[VideoJob]:
    """Read the headers of the videos; one that cannot be read is kept with the reason."""
    return [
        VideoJob(video, folder, _header(video))
        for video, folder in zip(videos, folder_names(videos), strict=True)
    ]


def _header(video: Path) -> VideoInfo | Unread:
    try:
        return read_info(video)
    except VideoError as error:
        return Unread(str(error))


def predict_job(
    job: VideoJob,
    predictor: Predictor,
    out: Path,
    recipe: PredictRecipe,
    *,
    annotate: bool = True,
    on_frame: OnFrame = lambda stage, frame: None,
) -> VideoPrediction | Unread:
    """Predict one video of many into its folder inside ``out``; return why where it cannot be read."""
    if isinstance(job.info, Unread):
        return job.info
    try:
        return predict_video(
            job.video,
            predictor,
            out / job.folder,
            recipe,
            info=job.info,
            annotate=annotate,
            on_frame=on_frame,
        )
    except VideoError as error:
        return Unread(str(error))


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

    def add(self, folder: str, video: Path, result: VideoPrediction | Unread) -> None:
        """Add or replace the line of a video and write the table."""
        line = _unread(result) if isinstance(result, Unread) else _read(result)
        self._lines[folder] = {"folder": folder, "video": str(video), **line}
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
