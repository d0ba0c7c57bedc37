"""Prepare a corpus of videos into a dataset folder; a second run resumes what is unfinished."""

import errno
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ferfusion.corpora.entries import CorpusListing
from ferfusion.engines import Engine
from ferfusion.errors import DatasetError
from ferfusion.files import read_json, write_table
from ferfusion.labels import LabelSet
from ferfusion.preparation.dataset import (
    DATA_COLUMNS,
    VIDEO_COLUMNS,
    DatasetFiles,
    check_dataset_folder,
    write_header,
)
from ferfusion.preparation.labelled_video import FRAME_COLUMNS, PrepareJob, image_names, prepare_video
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.progress import OnProgress, Progress, ignore_progress, report_message


def prepare_videos(
    listing: CorpusListing,
    root: Path,
    dataset: Path,
    *,
    labels: LabelSet,
    recipe: PrepareRecipe,
    images: bool = True,
    detector_model: Path | None = None,
    engine: Engine,
    workers: int | None = None,
    address: str | None = None,
    on_progress: OnProgress = ignore_progress,
) -> dict[str, Any]:
    """Write the dataset folder of a corpus of videos, and return its counts.

    Args:
        listing: The videos, and what is left out.
        root: Folder of the corpus, or its file; ``videos.csv`` has paths relative to it.
        dataset: Dataset folder to write.
        labels: Classes to keep.
        recipe: Settings of preparation.
        images: Whether every kept pair is written as two PNG files too.
        detector_model: Model file of the detector, for one that comes without.
        engine: Runs the videos' jobs.
        workers: Number of processes; by default, the number of processors.
        address: Ray cluster to run on, for the engine ray.
        on_progress: Called after every video.

    Raises:
        DatasetError: the folder holds another recipe's dataset or files that are not a dataset, or the disk
            is full.
    """
    corpus = _VideoCorpus(listing, root, DatasetFiles(dataset), labels, recipe, images, detector_model)
    check_dataset_folder(dataset, corpus=listing.corpus, labels=labels, recipe=recipe)
    jobs, unfinished = corpus.jobs, corpus.unfinished()
    if unfinished:
        corpus.write_header(complete=False, counts={})
    if len(unfinished) < len(jobs):
        report_message(
            on_progress, f"{len(jobs) - len(unfinished)} of {len(jobs)} videos are prepared already."
        )
    prepared = _run(unfinished, dataset, engine=engine, workers=workers, address=address)
    for number, video_id in enumerate(prepared, start=1):
        on_progress(Progress("Preparing", video_id, number, len(unfinished), "videos"))
    return corpus.write_tables()


@dataclass(frozen=True)
class _VideoCorpus:
    """A corpus of videos and the dataset folder that is made of it."""

    listing: CorpusListing
    root: Path
    files: DatasetFiles
    labels: LabelSet
    recipe: PrepareRecipe
    images: bool
    detector_model: Path | None

    @property
    def jobs(self) -> list[PrepareJob]:
        """One job for every video of a class in the label set."""
        return [
            PrepareJob(entry, self.files.root, self.recipe, self.images, self.detector_model)
            for entry in self.listing.entries
            if entry.emotion in self.labels
        ]

    def unfinished(self) -> list[PrepareJob]:
        """Return the jobs whose rows are missing, or were made from another file or with other settings."""
        return [job for job in self.jobs if not _is_done(job)]

    def write_tables(self) -> dict[str, Any]:
        """Write the tables from the rows of all videos, in the corpus's order, and return the counts."""
        rows_of = {job.entry.video_id: read_json(job.rows_file) for job in self.jobs}
        videos = pd.DataFrame(self._video_rows(rows_of), columns=list(VIDEO_COLUMNS))
        # whole numbers, also in a column with missing ones
        videos = videos.astype(dict.fromkeys(("code", "frames", "faces", "pairs"), "Int64"))
        data = pd.DataFrame(self._pair_rows(rows_of), columns=list(DATA_COLUMNS))
        frames = pd.DataFrame(
            ([video_id, *row] for video_id, rows in rows_of.items() for row in rows["frames"]),
            columns=["video", *FRAME_COLUMNS],
        )
        write_table(self.files.frames_file, frames)
        write_table(self.files.videos_file, videos)
        write_table(self.files.pairs_file, data)
        used = videos[videos["status"] == "ok"]
        counts = {
            "videos": len(videos),
            "videos_by_status": dict(sorted(Counter(videos["status"]).items())),
            "subjects": int(used["subject"].nunique()),
            "frames": len(frames),
            "frames_by_status": dict(sorted(Counter(frames["status"]).items())),
            "pairs": len(data),
            "pairs_by_class": {name: int((data["emotion"] == name).sum()) for name in self.labels.names},
        }
        self.write_header(complete=True, counts=counts)
        return counts

    def write_header(self, *, complete: bool, counts: dict[str, Any]) -> None:
        """Write ``dataset.json``."""
        write_header(
            self.files.root,
            complete=complete,
            corpus=self.listing.corpus,
            labels=self.labels,
            recipe=self.recipe,
            images=self.images,
            counts=counts,
        )

    def _video_rows(self, rows_of: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for entry in self.listing.entries:
            row = {
                "video": entry.video_id,
                "path": relative_place(entry.path, self.root),
                "subject": entry.subject,
                "emotion": entry.emotion,
                "part": entry.part or "",
                "note": entry.note,
            }
            if entry.emotion in self.labels:
                yield row | {"code": self.labels.code(entry.emotion)} | rows_of[entry.video_id]["video"]
            else:
                reason = f"{entry.emotion} is not one of {', '.join(self.labels.names)}"
                yield row | {"status": "left_out", "reason": reason}
        for left in self.listing.left_out:
            yield {"path": left.path, "status": "left_out", "reason": left.reason}

    def _pair_rows(self, rows_of: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for entry in (job.entry for job in self.jobs):
            for segment, pair, frame, seconds in rows_of[entry.video_id]["pairs"]:
                flow, spatial = image_names(entry.video_id, frame)
                yield {
                    "flow": flow,
                    "spatial": spatial,
                    "emotion": entry.emotion,
                    "code": self.labels.code(entry.emotion),
                    "subject": entry.subject,
                    "video": entry.video_id,
                    "segment": segment,
                    "frame": frame,
                    "seconds": seconds,
                    "clip": entry.video_id,
                    "pair": pair,
                }


def _run(
    jobs: Sequence[PrepareJob], dataset: Path, *, engine: Engine, workers: int | None, address: str | None
) -> Iterator[str]:
    """Yield the id of each video once it is prepared, in any order; a full disk becomes a DatasetError."""
    try:
        yield from engine(prepare_video, jobs, workers=workers, address=address)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DatasetError(
                f"No space is left on the disk of {dataset}; free some and run the same command again: "
                "prepared videos are kept (--no-images needs about half the space)"
            ) from error
        raise


def _is_done(job: PrepareJob) -> bool:
    if not job.rows_file.is_file():
        return False
    rows = read_json(job.rows_file)
    return bool(rows["stamp"] == job.stamp and (job.clip_file.is_file() or not rows["pairs"]))


def relative_place(path: Path, root: Path) -> str:
    """Return the path of a file relative to the corpus's folder, or to the folder of its table."""
    base = root if root.is_dir() else root.parent
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path)
