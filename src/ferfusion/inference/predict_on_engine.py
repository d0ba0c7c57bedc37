"""Predict many videos in several processes, or on Ray; the files are the same as those of one process."""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ferfusion.engines import Engine
from ferfusion.errors import BundleError
from ferfusion.files import sha256_of
from ferfusion.inference.predict_jobs import PredictJob, named_photographs
from ferfusion.inference.predict_many import VideoResult, predict_each
from ferfusion.inference.predictor import Predictor, load_predictor
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.inference.remote_out import RemoteOut, UploadedFolders, task_folders
from ferfusion.inference.videos_table import LinesNowAndThen, Named, ReservedFolders, VideosTable
from ferfusion.progress import OnProgress, Progress, ignore_progress

VIDEOS_PER_WORKER = 32
"""Videos from which on a further process pays: it takes some seconds to start, and then gains 0.1 s for each
clip of two seconds."""


@dataclass(frozen=True, kw_only=True)
class PredictSettings:
    """How the videos of a call are predicted.

    Attributes:
        model: File of the model; None for the one that comes with the package.
        model_sha256: SHA-256 of that file when it was loaded.
        device: Where the model runs.
        recipe: Settings of the prediction.
        out: Folder of the predictions; None to write nothing.
        annotate: Also write the annotated videos and photographs.
        detector_model: Model file of the face detector, if it is named.
        remote: Address of all predictions of the call, for which ``out`` stands.
    """

    model: Path | None
    model_sha256: str
    device: str
    recipe: PredictRecipe
    out: Path | None
    annotate: bool
    detector_model: Path | None
    remote: RemoteOut | None = None


@dataclass(frozen=True)
class PredictTask:
    """Everything that a worker needs to predict one video, or the photographs that share a folder."""

    jobs: tuple[PredictJob, ...]
    settings: PredictSettings

    @property
    def is_in_memory(self) -> bool:
        """Whether it reads or writes what only this process has."""
        remote = self.settings.remote
        writes = remote is not None and remote.address.is_of_this_process
        return writes or any(job.is_in_memory for job in self.jobs)

    @property
    def named(self) -> Named:
        """What names its folder."""
        first = self.jobs[0]
        if not first.photograph:
            return first.named
        return replace(named_photographs(self.jobs, self.settings.out), folder=first.folder)


@dataclass(frozen=True)
class TaskResult:
    """The results of a task, and the columns of its line in ``videos.csv`` but folder and video."""

    results: list[VideoResult]
    line: Mapping[str, Any]


@dataclass(frozen=True)
class TaskBatch:
    """The tasks of one folder of predictions.

    Attributes:
        tasks: The tasks.
        finished: Number of inputs that were predicted before, and have no task.
    """

    tasks: Sequence[PredictTask]
    finished: int = 0


def make_tasks(jobs: Sequence[PredictJob], settings: PredictSettings) -> list[PredictTask]:
    """Return a task for each video, and one for all photographs."""
    videos = [PredictTask((job,), settings) for job in jobs if not job.photograph]
    photographs = tuple(job for job in jobs if job.photograph)
    return [*videos, *([PredictTask(photographs, settings)] if photographs else [])]


def paying_workers(videos: int) -> int:
    """Return the number of processes that pay for so many videos, at most one for each processor.

    >>> paying_workers(3)
    1
    """
    return max(1, min(os.cpu_count() or 1, videos // VIDEOS_PER_WORKER))


def predict_on_engine(
    batches: Iterable[TaskBatch],
    engine: Engine,
    *,
    predictor: Predictor,
    workers: int | None = None,
    address: str | None = None,
    total: int | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Iterator[VideoResult]:
    """Predict videos with an engine, and yield the result of each as soon as it is there, in any order.

    A batch is read when a worker would otherwise wait, so that a slow video holds up no other batch.
    Each ``videos.csv`` has a line for each video from the start of its batch, in the order of the tasks.

    Args:
        batches: The videos and photographs of a call, batch by batch.
        engine: Runs the tasks.
        predictor: The model in this process, where arrays of frames are predicted.
        workers: Number of processes; by default, the number of processors.
        address: Ray cluster to run on, for the engine ray.
        total: Number of all inputs, if it is known.
        on_progress: Called after every video.

    Raises:
        ConfigError: the detector's model file is missing or has another hash, a worker was ended from
            outside, or ``videos.csv`` is no table of predictions.
    """
    done = 0
    with _RunningTasks() as running:
        results = engine(predict_task, running.begin(batches), workers=workers, address=address)
        for result in running.with_those_here(results, predictor):
            running.end(result)
            left = None if total is None else total - running.finished
            for one in result.results:
                done += 1
                on_progress(Progress("Predicting", one.job.name, done, left, "videos"))
                yield one


class _RunningTasks:
    """The tasks that have no result yet, and the tables that wait for their lines; use it with ``with``.

    Attributes:
        finished: Number of inputs without a task in the batches that have begun.
    """

    def __init__(self) -> None:
        self.finished = 0
        self._of_job: dict[int, tuple[Named, _Table]] = {}
        """The first job of each task by its number."""
        self._open: list[_Table] = []
        self._here: deque[PredictTask] = deque()

    def begin(self, batches: Iterable[TaskBatch]) -> Iterator[PredictTask]:
        """Yield the tasks for the engine, with their folders; a batch begins when its first task is taken."""
        for batch in batches:
            self.finished += batch.finished
            for task in self._reserved(batch.tasks):
                if task.is_in_memory:
                    self._here.append(task)
                else:
                    yield task

    def with_those_here(self, results: Iterable[TaskResult], predictor: Predictor) -> Iterator[TaskResult]:
        """Yield the results of an engine, and between them those of the tasks that stay in this process."""
        for result in results:
            yield result
            yield from self._those_here(predictor)
        yield from self._those_here(predictor)

    def _those_here(self, predictor: Predictor) -> Iterator[TaskResult]:
        while self._here:
            yield run_task(self._here.popleft(), predictor)

    def _reserved(self, tasks: Sequence[PredictTask]) -> Iterator[PredictTask]:
        out = tasks[0].settings.out if tasks else None
        if out is None:
            yield from tasks
        else:
            folders = VideosTable(out).reserve(task.named for task in tasks)
            table = _Table(LinesNowAndThen(out), tasks=len(tasks))
            self._open.append(table)
            for task, folder in zip(tasks, folders, strict=True):
                begun = replace(task, jobs=tuple(replace(job, folder=folder) for job in task.jobs))
                self._of_job[begun.jobs[0].number] = begun.named, table
                yield begun

    def end(self, result: TaskResult) -> None:
        """Add the line of a task; the last one of a batch closes the table."""
        number = result.results[0].job.number
        if number not in self._of_job:  # nothing is written
            return
        named, table = self._of_job.pop(number)
        table.lines.add(named, result.line)
        table.tasks -= 1
        if table.tasks == 0:
            self._open.remove(table)
            table.lines.write()

    def __enter__(self) -> "_RunningTasks":
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as closing:
            for table in self._open:
                closing.callback(table.lines.write)


@dataclass(eq=False)
class _Table:
    lines: LinesNowAndThen
    tasks: int


def predict_task(task: PredictTask) -> TaskResult:
    """Run a task in a worker, which keeps its model for the next one."""
    settings = task.settings
    return run_task(task, _kept_predictor(settings.model, settings.model_sha256, settings.device))


def run_task(task: PredictTask, predictor: Predictor) -> TaskResult:
    """Predict the video or photographs of a task and write their folder, but no line of ``videos.csv``."""
    settings = task.settings
    with task_folders(settings.out, settings.remote) as (out, folders):
        results = list(predict_with(task.jobs, predictor, replace(settings, out=out), folders=folders))
    return TaskResult(results, {} if folders is None else folders.line)


def predict_with(
    jobs: Sequence[PredictJob],
    predictor: Predictor,
    settings: PredictSettings,
    *,
    folders: ReservedFolders | UploadedFolders | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Iterator[VideoResult]:
    """Predict jobs one by one as ``predict_each`` does, with the settings of a call.

    Args:
        jobs: The videos and photographs.
        predictor: The model in this process.
        settings: How they are predicted.
        folders: Puts the files into their folders; by default, with a line in ``videos.csv``.
        on_progress: Called after every frame.
    """
    results = predict_each(
        jobs,
        predictor,
        recipe=settings.recipe,
        out=settings.out,
        folders=folders,
        annotate=settings.annotate,
        detector_model=settings.detector_model,
        on_progress=on_progress,
    )
    return map(folders.placed, results) if isinstance(folders, UploadedFolders) else results


@lru_cache(maxsize=1)
def _kept_predictor(model: Path | None, model_sha256: str, device: str) -> Predictor:
    """Return the predictor that this process keeps, since loading one takes as long as a short video.

    Raises:
        BundleError: the file is not the one that the call has loaded.
    """
    if model is not None and (not model.is_file() or sha256_of(model) != model_sha256):
        raise BundleError(f"The model {model} has changed or is gone since it was loaded; load it again")
    return load_predictor(model, device=device)
