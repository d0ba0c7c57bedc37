"""A call of ``predict``: its inputs as sources, its jobs, and what runs them."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, count, groupby, islice
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ferfusion.addresses import Address
from ferfusion.api.settings import as_place
from ferfusion.engines import ENGINES, refuse_address
from ferfusion.errors import ConfigError, VideoError
from ferfusion.inference.finished import unfinished, with_stamps
from ferfusion.inference.predict_jobs import PredictJob, Source, common_place, make_jobs
from ferfusion.inference.predict_many import VideoResult
from ferfusion.inference.predict_on_engine import (
    PredictSettings,
    TaskBatch,
    make_tasks,
    paying_workers,
    predict_on_engine,
    predict_with,
)
from ferfusion.inference.prediction_folder import BATCH_NAME, batch_folder
from ferfusion.inference.predictor import Predictor
from ferfusion.inference.remote_out import UploadedFolders
from ferfusion.inference.video_search import find_videos, is_folder
from ferfusion.inference.videos_table import VideosTable
from ferfusion.lookup import choose
from ferfusion.progress import OnProgress, report_message
from ferfusion.reporting.words import counted
from ferfusion.video.footage import ImageSequence, Photograph, frames_in_memory, image_in_memory

BATCH = 1_000
"""Inputs of a batch: more would make the folder and the table of the predictions slow to use."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some sources of a call, whose predictions are in one folder.

    Attributes:
        sources: The sources.
        first: Number of the first one in the call.
        out: Folder of the predictions; None to write nothing.
        total: Number of all sources of the call; None if it is not known yet.
    """

    sources: list[Source]
    first: int
    out: Path | None
    total: int | None

    @property
    def is_last(self) -> bool:
        """Whether no other batch follows."""
        return self.first + len(self.sources) == self.total


@dataclass(frozen=True, kw_only=True)
class PredictCall:
    """One call of ``predict_each``, its arguments checked.

    Attributes:
        predictor: The model.
        settings: How it predicts; each batch has its own folder.
        engine: What predicts many videos.
        workers: Number of processes; None for as many as pay.
        address: Ray cluster.
        resume: Whether to leave out what is predicted already.
        on_progress: Called with the progress.
    """

    predictor: Predictor
    settings: PredictSettings
    engine: str
    workers: int | None
    address: str | None
    resume: bool
    on_progress: OnProgress

    def results(self, batches: Iterable[Batch]) -> Generator[VideoResult]:
        """Yield the result of each source; an engine predicts those of many videos.

        Raises:
            ConfigError: a folder has predictions of other videos or is no folder of predictions, or the
                engine has no use for a setting.
        """
        run = choose(ENGINES, self.engine, what="engine")
        if self.engine != "ray":
            refuse_address(self.address)
        remaining = iter(batches)
        first = next(remaining)
        jobs = self._jobs(first)
        workers = self.workers
        if self.engine == "pool" and workers is None:
            videos = sum(not job.photograph for job in jobs)
            workers = paying_workers(videos if first.is_last else max(videos, BATCH))
        each = self._announced(chain([(first, jobs)], ((batch, self._jobs(batch)) for batch in remaining)))
        is_here = self.engine == "here" or (self.engine == "pool" and workers == 1)
        # batches of arrays are predicted one by one: to look for a video behind them would fill the memory
        for in_memory, some in groupby(each, key=lambda pair: _is_in_memory(pair[1])):
            if is_here or in_memory:
                for batch, jobs in some:
                    yield from self._predict_here(jobs, batch.out)
            else:
                yield from predict_on_engine(
                    (self._tasks(batch, jobs) for batch, jobs in some),
                    run,
                    predictor=self.predictor,
                    workers=workers,
                    address=self.address,
                    total=first.total,
                    on_progress=self.on_progress,
                )

    def _tasks(self, batch: Batch, jobs: list[PredictJob]) -> TaskBatch:
        tasks = make_tasks(jobs, replace(self.settings, out=batch.out))
        return TaskBatch(tasks, finished=len(batch.sources) - len(jobs))

    def _predict_here(self, jobs: list[PredictJob], out: Path | None) -> Iterator[VideoResult]:
        remote = self.settings.remote
        folders = None
        if out is not None and remote is not None:
            folders = UploadedFolders(VideosTable(out), out, remote.of(out))
        settings = replace(self.settings, out=out)
        return predict_with(jobs, self.predictor, settings, folders=folders, on_progress=self.on_progress)

    def _jobs(self, batch: Batch) -> list[PredictJob]:
        """Return the jobs of a batch; to resume, without those whose results are up to date."""
        settings, out, remote = self.settings, batch.out, self.settings.remote
        at_address = None if out is None or remote is None else remote.begin(out)
        jobs = [replace(job, number=batch.first + job.number) for job in make_jobs(batch.sources, out=out)]
        if out is None:
            if self.resume:
                raise ConfigError("resume needs out, the folder of the predictions")
            return jobs
        if BATCH_NAME.fullmatch(out.name):
            _refuse_other_videos(jobs, out)
        jobs = list(
            with_stamps(
                jobs,
                model_sha256=settings.model_sha256,
                prepare_recipe=self.predictor.info.prepare_recipe,
                recipe=settings.recipe,
                detector_model=settings.detector_model,
            )
        )
        if not self.resume:
            return jobs
        return unfinished(jobs, out, recipe=settings.recipe, annotate=settings.annotate, remote=at_address)

    def _announced(
        self, each: Iterable[tuple[Batch, list[PredictJob]]]
    ) -> Iterator[tuple[Batch, list[PredictJob]]]:
        """Yield batches with their jobs; say before the next work how many inputs were predicted already."""
        done = inputs = 0
        for batch, jobs in each:
            done += len(batch.sources) - len(jobs)
            inputs += len(batch.sources)
            if done and (jobs or batch.is_last):
                out, remote = self.settings.out, self.settings.remote
                report_message(
                    self.on_progress,
                    f"Predicted already: {done:,} of {counted(inputs, 'input')}, in "
                    f"{remote.address if remote else out}; to predict again, name another folder",
                )
            if jobs:
                done = inputs = 0
            yield batch, jobs


def _is_in_memory(jobs: list[PredictJob]) -> bool:
    return bool(jobs) and all(job.is_in_memory for job in jobs)


def _refuse_other_videos(jobs: list[PredictJob], out: Path) -> None:
    """Refuse to write into a batch that has another list of videos."""
    photographs = [job for job in jobs if job.photograph]
    places = {job.table_place for job in jobs} | ({common_place(photographs)} if photographs else set())
    others = [place for place in VideosTable(out).places.values() if place not in places]
    if others:
        raise ConfigError(
            f"{out} has predictions of other videos, such as {others[0]}: the list has changed; put "
            "new videos at its end, or name another folder for the predictions"
        )


def batches(
    inputs: Any,
    *,
    fps: float | None,
    out: Path | None,
    on_message: Callable[[str], None],
    skip: Path | Address | None = None,
) -> Iterator[Batch]:
    """Yield the sources in batches, each with the folder of its predictions.

    Up to 1,000 sources are one batch, with the folder ``out``. Otherwise each 1,000 have a folder inside it.
    Only the sources of two batches are in memory if ``inputs`` is an iterator.

    Args:
        inputs: The inputs of a call.
        fps: Frames per second of an array of frames.
        out: Folder of the predictions; None to write nothing.
        on_message: Called with a sentence about what is passed over in a folder.
        skip: Where the predictions are, if not in ``out``; it is not searched for inputs.
    """
    listing = partial(list_sources, fps=fps, out=skip or out, numbers=count(1), on_message=on_message)
    total: int | None = None
    if isinstance(inputs, Iterator):
        sources: Iterator[Source] = _streamed(inputs, listing)
    else:
        found = listing(inputs)
        _refuse_needless_fps(found, fps)
        sources, total = iter(found), len(found)
    following = list(islice(sources, BATCH))
    first, is_one_batch = 0, True
    for number in count(1):
        batch, following = following, list(islice(sources, BATCH))
        is_one_batch = is_one_batch and not following
        if out is not None and number == 1:
            _refuse_other_layout(out, has_batches=not is_one_batch)
        yield Batch(
            sources=batch,
            first=first,
            out=out if out is None or is_one_batch else batch_folder(out, number),
            total=total if following else first + len(batch),
        )
        first += len(batch)
        if not following:
            return


def _refuse_other_layout(out: Path, *, has_batches: bool) -> None:
    """Refuse a folder that has batches for a call without them, and the reverse."""
    earlier = out / "videos.csv" if has_batches else batch_folder(out, 1)
    if earlier.exists():
        raise ConfigError(
            f"{out} has predictions of another list: {earlier.name} is of a call with "
            f"{'at most' if has_batches else 'more than'} {BATCH:,} inputs; name another folder"
        )


def _streamed(inputs: Iterator[Any], listing: Callable[[Any], list[Source]]) -> Iterator[Source]:
    given = list(islice(inputs, BATCH))
    while True:
        yield from listing(given)
        if not (given := list(islice(inputs, BATCH))):
            return


def listed(inputs: Any) -> Any:
    """Return an iterator, such as a generator of paths, as a list."""
    return list(inputs) if isinstance(inputs, Iterator) else inputs


def is_several(inputs: object) -> bool:
    """Return whether there may be several inputs: a folder, or a list."""
    if isinstance(inputs, str | PathLike):
        return is_folder(as_place(inputs))
    return isinstance(inputs, Sequence)


def list_sources(
    inputs: Any,
    *,
    fps: float | None,
    out: Path | Address | None,
    numbers: Iterator[int],
    on_message: Callable[[str], None],
) -> list[Source]:
    """Return the sources to read: files, files inside folders, and images in memory under new names."""
    sources: list[Source] = []
    files: set[Path | Address] = set()
    for one in inputs if isinstance(inputs, Sequence) and not isinstance(inputs, str) else [inputs]:
        if isinstance(one, str | PathLike):
            place = as_place(one)
            found = find_videos([place], out=out, on_message=on_message)
            # a file that is named twice is read twice, but not if one of the two is its folder
            sources += found if found == [place] else [file for file in found if file not in files]
            files.update(found)
        else:
            sources.append(_in_memory(one, fps=fps, number=next(numbers)))
    if not sources:
        raise ConfigError("predict needs at least one video, photograph, array of frames or folder; got none")
    return sources


def _refuse_needless_fps(sources: list[Source], fps: float | None) -> None:
    if fps is not None and not any(isinstance(one, ImageSequence) for one in sources):
        raise ConfigError(
            "fps is for an array of frames (T, H, W, 3), and there is none: files have their own rate; "
            "to predict a list of frames, make one array with np.stack"
        )


def _in_memory(
    one: "NDArray[np.uint8] | Image.Image", *, fps: float | None, number: int
) -> ImageSequence | Photograph:
    if isinstance(one, np.ndarray):
        if one.ndim >= 3 and one.shape[-1] in (1, 2, 4):
            raise VideoError(
                f"An image must be RGB, (H, W, 3), or grey, (H, W); got shape {one.shape}; "
                "drop an alpha channel with image[..., :3]"
            )
        if one.ndim == 4 or (one.ndim == 3 and one.shape[2] != 3):
            if fps is None:
                raise ConfigError(f"Frames of shape {one.shape} need a frame rate; add it, such as fps=25")
            return frames_in_memory(one, fps=fps, name=f"frames-{number}")
        return image_in_memory(one, name=f"image-{number}")
    if isinstance(one, Image.Image):
        upright = ImageOps.exif_transpose(one)
        if upright.mode.startswith("I"):  # 16 bit grey, which PIL's convert would clip to 255
            grey = (np.asarray(upright).astype(np.int64) // 257).clip(0, 255)
            return image_in_memory(grey.astype(np.uint8), name=f"image-{number}")
        return image_in_memory(np.asarray(upright.convert("RGB"), np.uint8), name=f"image-{number}")
    raise ConfigError(f"predict reads paths, arrays of frames and PIL images; got {type(one).__name__}")
