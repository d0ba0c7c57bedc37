"""Prepare a corpus of videos into a dataset folder; a second run resumes what is unfinished."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from filecmp import cmpfiles
from pathlib import Path
from typing import Any

import pandas as pd

from ferfusion.corpora.entries import CorpusListing, relative_place
from ferfusion.engines import Engine
from ferfusion.errors import DatasetError
from ferfusion.files import read_json
from ferfusion.label_set import LabelSet
from ferfusion.outputs import new_result, replace_result
from ferfusion.preparation.dataset import (
    DATA_COLUMNS,
    TABLES,
    VIDEO_COLUMNS,
    DatasetFiles,
    check_dataset_folder,
    further_columns,
    left_out_row,
    write_header,
)
from ferfusion.preparation.dataset_size import LEAST_SHARE, dataset_bytes
from ferfusion.preparation.labelled_video import (
    FRAME_COLUMNS,
    PAIR_COLUMNS,
    ROWS,
    PrepareJob,
    image_names,
    prepare_video,
)
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.subjects import write_subjects
from ferfusion.preparation.votes import write_votes
from ferfusion.progress import OnProgress, Progress, ignore_progress, report_message
from ferfusion.reporting.disk import estimate_line, refuse_too_little
from ferfusion.reporting.words import counted
from ferfusion.tables import write_table


def prepare_videos(
    listing: CorpusListing,
    root: Path,
    dataset: Path,
    *,
    labels: LabelSet,
    recipe: PrepareRecipe,
    images: bool = True,
    actions: str = "",
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
        actions: Estimator of the facial actions and the head pose that the clips have; empty for none.
        detector_model: Model file of the detector, for one that comes without.
        engine: Runs the videos' jobs.
        workers: Number of processes; by default, the number of processors.
        address: Ray cluster to run on, for the engine ray.
        on_progress: Called after every video.

    Raises:
        DatasetError: the folder holds another recipe's dataset or files that are not a dataset.
        FileError: the disk has too little space, or a file cannot be written.
    """
    corpus = _VideoCorpus(
        listing, root, DatasetFiles(dataset), labels, recipe, images, detector_model, actions
    )
    check_dataset_folder(dataset, corpus=listing.corpus, labels=labels, recipe=recipe, actions=actions)
    jobs, unfinished = corpus.jobs, corpus.unfinished()
    estimate = dataset_bytes([job.entry for job in unfinished], recipe, images=images)
    what = counted(len(unfinished), "video")
    if estimate:
        refuse_too_little(LEAST_SHARE * estimate, what, folder=dataset)
    if unfinished:
        corpus.write_header(complete=False, counts={})
        _remove_leftovers(unfinished)
    if len(unfinished) < len(jobs):
        done = len(jobs) - len(unfinished)
        report_message(on_progress, f"Prepared already: {done:,} of {counted(len(jobs), 'video')}.")
    if estimate:
        report_message(on_progress, estimate_line(estimate, what, folder=dataset))
    prepared = engine(prepare_video, unfinished, workers=workers, address=address)
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
    actions: str

    @property
    def jobs(self) -> list[PrepareJob]:
        """One job for every video of a class in the label set."""
        return [
            PrepareJob(entry, self.files.root, self.recipe, self.images, self.detector_model, self.actions)
            for entry in self.listing.entries
            if entry.emotion in self.labels
        ]

    def unfinished(self) -> list[PrepareJob]:
        """Return the jobs whose rows are missing, or were made from another file or with other settings."""
        return [job for job in self.jobs if not _is_done(job)]

    def write_tables(self) -> dict[str, Any]:
        """Write the tables from the rows of all videos, in the corpus's order, and return the counts."""
        rows_of = {job.entry.video_id: read_json(job.rows_file, keys=ROWS) for job in self.jobs}
        column_of = further_columns(self.listing.further_names)
        videos = pd.DataFrame(
            self._video_rows(rows_of, column_of), columns=[*VIDEO_COLUMNS, *column_of.values()]
        )
        # whole numbers, also in a column with missing ones
        videos = videos.astype(dict.fromkeys(("code", "frames", "faces", "pairs"), "Int64"))
        data = pd.DataFrame(self._pair_rows(rows_of), columns=list(DATA_COLUMNS))
        frames = pd.DataFrame(
            ([video_id, *row] for video_id, rows in rows_of.items() for row in rows["frames"]),
            columns=["video", *FRAME_COLUMNS],
        )
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
        earlier = (*TABLES, self.files.subjects_file.name, self.files.votes_file.name)
        with new_result(self.files.root) as new:
            write_table(DatasetFiles(new).frames_file, frames)
            write_table(DatasetFiles(new).videos_file, videos)
            write_table(DatasetFiles(new).pairs_file, data)
            write_subjects(DatasetFiles(new).subjects_file, self.listing)
            write_votes(DatasetFiles(new), self.listing.votes, used["video"])
            # a complete dataset stays complete all the time for those who read it
            if not (self._is_complete and _have_same_files(new, self.files.root, earlier)):
                self.write_header(complete=False, counts={})  # until the tables are replaced
                replace_result(new, self.files.root, earlier=earlier)
                self.write_header(complete=True, counts=counts)
        return counts

    @property
    def _is_complete(self) -> bool:
        header = self.files.header_file
        return header.is_file() and read_json(header).get("complete") is True

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
            actions=self.actions,
        )

    def _video_rows(
        self, rows_of: dict[str, dict[str, Any]], column_of: dict[str, str]
    ) -> Iterator[dict[str, Any]]:
        for entry in self.listing.entries:
            row = {
                "video": entry.video_id,
                "path": relative_place(entry.path, self.root),
                "subject": entry.subject,
                "emotion": entry.emotion,
                "part": entry.part or "",
                "note": entry.note,
            } | {column_of[name]: cell for name, cell in entry.further}
            if entry.emotion in self.labels:
                prepared = rows_of[entry.video_id]["video"]
                note = "; ".join(filter(None, (entry.note, prepared.get("note", ""))))
                yield row | {"code": self.labels.code(entry.emotion)} | prepared | {"note": note}
            else:
                reason = f"{entry.emotion} is not one of {', '.join(self.labels.names)}"
                yield row | {"status": "left_out", "reason": reason}
        for left in self.listing.left_out:
            yield left_out_row(left, column_of)

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


def _have_same_files(first: Path, second: Path, names: Sequence[str]) -> bool:
    """Return whether each of the files has the same content in both folders, or is missing in both."""
    there = [name for name in names if (first / name).exists() or (second / name).exists()]
    same, _, _ = cmpfiles(first, second, there, shallow=False)
    return same == there


def _remove_leftovers(jobs: Sequence[PrepareJob]) -> None:
    """Remove the files that an earlier, or a killed, preparation of these videos wrote."""
    images = _images_of([job.entry.video_id for job in jobs], jobs[0].dataset)
    for job in jobs:
        job.rows_file.unlink(missing_ok=True)  # first, because its presence is what makes a video finished
        job.clip_file.unlink(missing_ok=True)
    for image in images:
        image.unlink()


def _images_of(videos: Sequence[str], dataset: Path) -> list[Path]:
    """Return the PNG images of some videos."""
    wanted = set(videos)
    folders = [(dataset / name).parent for name in image_names("", 0)]
    return [
        image
        for folder in folders
        if folder.is_dir()
        for image in folder.iterdir()
        if image.stem.rpartition("_")[0] in wanted
    ]


def _is_done(job: PrepareJob) -> bool:
    try:
        rows = read_json(job.rows_file, keys=ROWS)
    except DatasetError:  # it is missing or damaged: the video is prepared again
        return False
    widths = {len(FRAME_COLUMNS): rows["frames"], len(PAIR_COLUMNS): rows["pairs"]}
    if any(len(row) != width for width, table in widths.items() for row in table):
        return False
    return bool(rows["stamp"] == job.stamp and (job.clip_file.is_file() or not rows["pairs"]))
