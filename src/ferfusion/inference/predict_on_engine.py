"""Predict many videos in several processes, or on Ray; the files are the same as those of one process."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from ferfusion.engines import Engine
from ferfusion.errors import BundleError
from ferfusion.files import sha256_of
from ferfusion.inference.predict_jobs import PredictJob
from ferfusion.inference.predict_many import VideoResult, line_of, predict_each
from ferfusion.inference.predictor import Predictor, load_predictor
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.inference.videos_table import LinesNowAndThen, ReservedFolders, VideosTable
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
    """

    model: Path | None
    model_sha256: str
    device: str
    recipe: PredictRecipe
    out: Path | None
    annotate: bool
    detector_model: Path | None


@dataclass(frozen=True)
class VideoTask:
    """Everything that a worker needs to predict one video."""

    job: PredictJob
    settings: PredictSettings


def paying_workers(videos: int) -> int:
    """Return the number of processes that pay for so many videos, at most one for each processor.

    >>> paying_workers(3)
    1
    """
    return max(1, min(os.cpu_count() or 1, videos // VIDEOS_PER_WORKER))


def predict_on_engine(
    tasks: Sequence[VideoTask],
    engine: Engine,
    *,
    workers: int | None = None,
    address: str | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Iterator[VideoResult]:
    """Predict videos with an engine, and yield the result of each as soon as it is there, in any order.

    ``videos.csv`` has a line for each from the start, in the order of the tasks.

    Args:
        tasks: The videos, all of one call.
        engine: Runs the tasks.
        workers: Number of processes; by default, the number of processors.
        address: Ray cluster to run on, for the engine ray.
        on_progress: Called after every video.

    Raises:
        ConfigError: the detector's model file is missing or has another hash, a worker was ended from
            outside, or ``videos.csv`` is no table of predictions.
    """
    with ExitStack() as opened:
        lines: LinesNowAndThen | None = None
        out = tasks[0].settings.out if tasks else None
        if out is not None:
            folders = VideosTable(out).reserve(task.job.named for task in tasks)
            tasks = [
                replace(task, job=replace(task.job, folder=folder))
                for task, folder in zip(tasks, folders, strict=True)
            ]
            lines = opened.enter_context(LinesNowAndThen(out))
        results = engine(predict_task, tasks, workers=workers, address=address)
        for number, result in enumerate(results, start=1):
            if lines is not None:
                lines.add(result.job.named, line_of(result.outcome))
            on_progress(Progress("Predicting", result.job.name, number, len(tasks), "videos"))
            yield result


def predict_task(task: VideoTask) -> VideoResult:
    """Predict one video and write its folder, but no line of ``videos.csv``."""
    settings = task.settings
    [result] = predict_each(
        [task.job],
        _kept_predictor(settings.model, settings.model_sha256, settings.device),
        recipe=settings.recipe,
        out=settings.out,
        folders=None if settings.out is None else ReservedFolders(settings.out),
        annotate=settings.annotate,
        detector_model=settings.detector_model,
    )
    return result


@lru_cache(maxsize=1)
def _kept_predictor(model: Path | None, model_sha256: str, device: str) -> Predictor:
    """Return the predictor that this process keeps, since loading one takes as long as a short video.

    Raises:
        BundleError: the file is not the one that the call has loaded.
    """
    if model is not None and (not model.is_file() or sha256_of(model) != model_sha256):
        raise BundleError(f"The model {model} has changed or is gone since it was loaded; load it again")
    return load_predictor(model, device=device)
