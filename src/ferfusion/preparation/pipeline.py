"""Prepare a whole corpus into a dataset folder; run it again and only what is unfinished is done."""

import errno
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ferfusion import __version__
from ferfusion.corpora.entries import CorpusListing
from ferfusion.engines import Engine
from ferfusion.errors import DatasetError
from ferfusion.files import read_json, write_json, write_table
from ferfusion.labels import LabelSet
from ferfusion.preparation.dataset import SCHEMA
from ferfusion.preparation.labelled_video import FRAME_COLUMNS, VideoJob, image_names, prepare_video
from ferfusion.preparation.recipe import PrepareRecipe

DATA_COLUMNS = (
    "flow",
    "spatial",
    "emotion",
    "code",
    "subject",
    "video",
    "segment",
    "frame",
    "seconds",
    "clip",
    "pair",
)
VIDEO_COLUMNS = (
    "video",
    "path",
    "subject",
    "emotion",
    "code",
    "part",
    "fps",
    "frames",
    "faces",
    "pairs",
    "status",
    "reason",
    "note",
)


@dataclass(frozen=True)
class Preparation:
    """A corpus on its way into a dataset folder."""

    listing: CorpusListing
    root: Path
    dataset: Path
    labels: LabelSet
    recipe: PrepareRecipe
    images: bool = True
    detector_model: Path | None = None

    @property
    def jobs(self) -> list[VideoJob]:
        """One job for every video of a class in the label set."""
        return [
            VideoJob(entry, self.dataset, self.recipe, self.images, self.detector_model)
            for entry in self.listing.entries
            if entry.emotion in self.labels
        ]

    def unfinished(self) -> list[VideoJob]:
        """Return the jobs whose rows are not on disk yet, or were made otherwise."""
        return [job for job in self.jobs if not _is_done(job)]

    def claim(self) -> None:
        """Make sure that the dataset folder is new or empty, or holds a dataset of the same settings.

        Raises:
            DatasetError: the folder holds another recipe's dataset, or files that are not a dataset.
        """
        claim_dataset(self.dataset, corpus=self.listing.corpus, labels=self.labels, recipe=self.recipe)

    def begin(self) -> None:
        """Claim the dataset folder, and write down that it is unfinished.

        Raises:
            DatasetError: the folder holds another recipe's dataset, or files that are not a dataset.
        """
        self.claim()
        self._write_header(complete=False, counts={})

    def run(
        self,
        engine: Engine,
        jobs: Sequence[VideoJob],
        *,
        workers: int | None = None,
        address: str | None = None,
    ) -> Iterator[str]:
        """Prepare videos; yields the id of each one that is done, in any order.

        Raises:
            DatasetError: the disk is full; what is done stays done.
        """
        try:
            yield from engine(prepare_video, jobs, workers=workers, address=address)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise _disk_full(self.dataset) from error
            raise

    def finish(self) -> dict[str, Any]:
        """Write the tables from the rows of all videos, in the corpus's order, and return the counts."""
        parts = {job.entry.video_id: read_json(job.part_file) for job in self.jobs}
        videos = pd.DataFrame(self._video_rows(parts), columns=list(VIDEO_COLUMNS))
        # whole numbers, also where a row has none
        videos = videos.astype(dict.fromkeys(("code", "frames", "faces", "pairs"), "Int64"))
        data = pd.DataFrame(self._pair_rows(parts), columns=list(DATA_COLUMNS))
        frames = pd.DataFrame(
            ([video_id, *row] for video_id, part in parts.items() for row in part["frames"]),
            columns=["video", *FRAME_COLUMNS],
        )
        write_table(self.dataset / "frames.csv", frames)
        write_table(self.dataset / "videos.csv", videos)
        write_table(self.dataset / "data.csv", data)
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
        self._write_header(complete=True, counts=counts)
        return counts

    def _write_header(self, *, complete: bool, counts: dict[str, Any]) -> None:
        write_header(
            self.dataset,
            complete=complete,
            corpus=self.listing.corpus,
            labels=self.labels,
            recipe=self.recipe,
            images=self.images,
            counts=counts,
        )

    def _video_rows(self, parts: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for entry in self.listing.entries:
            row = {
                "video": entry.video_id,
                "path": _relative(entry.path, self.root),
                "subject": entry.subject,
                "emotion": entry.emotion,
                "part": entry.part or "",
                "note": entry.note,
            }
            if entry.emotion in self.labels:
                yield row | {"code": self.labels.code(entry.emotion)} | parts[entry.video_id]["video"]
            else:
                reason = f"{entry.emotion} is not one of {', '.join(self.labels.names)}"
                yield row | {"status": "left_out", "reason": reason}
        for left in self.listing.left_out:
            yield {"path": left.path, "status": "left_out", "reason": left.reason}

    def _pair_rows(self, parts: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for entry in (job.entry for job in self.jobs):
            for segment, pair, frame, seconds in parts[entry.video_id]["pairs"]:
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


def _is_done(job: VideoJob) -> bool:
    if not job.part_file.is_file():
        return False
    part = read_json(job.part_file)
    return bool(part["stamp"] == job.stamp and (job.clip_file.is_file() or not part["pairs"]))


def claim_dataset(dataset: Path, *, corpus: str, labels: LabelSet, recipe: PrepareRecipe) -> None:
    """Make sure that a folder is new or empty, or holds a dataset of the same settings.

    Raises:
        DatasetError: it holds another recipe's dataset, or files that are not a dataset.
    """
    if not (dataset / "dataset.json").is_file():
        if dataset.is_dir() and any(dataset.iterdir()):
            raise DatasetError(f"{dataset} holds other files; name a new or empty folder")
        return
    header = read_json(dataset / "dataset.json")
    differences = recipe.differences(PrepareRecipe.from_dict(header["recipe"]))
    if header["labels"] != list(labels.names):
        differences.append(f"the classes are {', '.join(header['labels'])}")
    if header["corpus"] != corpus:
        differences.append(f"the corpus is {header['corpus']!r}, expected {corpus!r}")
    if differences:
        raise DatasetError(
            f"{dataset} was prepared otherwise ({'; '.join(differences)}); "
            "name another folder, or delete it to prepare it anew"
        )


def write_header(
    dataset: Path,
    *,
    complete: bool,
    corpus: str,
    labels: LabelSet,
    recipe: PrepareRecipe,
    images: bool,
    counts: dict[str, Any],
    stills: bool = False,
) -> None:
    """Write ``dataset.json``; ``stills`` is said only of a dataset of still images."""
    header = {
        "schema": SCHEMA,
        "complete": complete,
        "recipe": recipe.to_dict(),
        "recipe_hash": recipe.hash,
        "labels": list(labels.names),
        "corpus": corpus,
        **({"stills": True} if stills else {}),
        "images": images,
        "counts": counts,
        "version": __version__,
    }
    write_json(dataset / "dataset.json", header)


def _disk_full(dataset: Path) -> DatasetError:
    return DatasetError(
        f"No space is left on the disk of {dataset}; make room and run the same command again: "
        "videos that are done stay done (--no-images needs about half the room)"
    )


def _relative(path: Path, root: Path) -> str:
    base = root if root.is_dir() else root.parent
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path)
