"""Tell the videos whose results are up to date, so that a stopped prediction resumes."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ferfusion import __version__
from ferfusion.errors import DatasetError
from ferfusion.files import read_json, sha256_of
from ferfusion.inference.predict_jobs import PredictJob
from ferfusion.inference.prediction_folder import PredictionFolder
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.inference.videos_table import VideosTable
from ferfusion.preparation.recipe import PrepareRecipe

_ENDS_BYTES = 2**16
"""Bytes of a video that are read at either end: with its size, they tell it from another one."""


def with_stamps(
    jobs: Iterable[PredictJob],
    *,
    model: Path,
    prepare_recipe: PrepareRecipe,
    recipe: PredictRecipe,
    detector_model: Path | None = None,
) -> Iterator[PredictJob]:
    """Yield jobs with a stamp: a hash of everything that the result of a video follows from.

    Photographs and images in memory have none, nor has a file that cannot be read.

    Args:
        jobs: The jobs.
        model: File of the model.
        prepare_recipe: How its input is prepared.
        recipe: Settings of the prediction.
        detector_model: Model file of the face detector, if it is named.
    """
    made_from = [
        __version__,
        sha256_of(model),
        prepare_recipe.hash,
        recipe.to_dict(),
        sha256_of(detector_model) if detector_model is not None and detector_model.is_file() else "",
    ]
    for job in jobs:
        content = _content_of(job.source) if isinstance(job.source, Path) and not job.photograph else None
        if content is None:
            yield job
        else:
            text = json.dumps([*made_from, *content], sort_keys=True)
            yield replace(job, stamp=hashlib.sha256(text.encode()).hexdigest())


def unfinished(jobs: Sequence[PredictJob], out: Path, *, annotate: bool) -> list[PredictJob]:
    """Return the jobs without a result in ``out`` that is whole and has the same stamp.

    Args:
        jobs: The jobs, with their stamps.
        out: Folder of the predictions.
        annotate: Whether the result must have an annotated video.

    Raises:
        ConfigError: ``videos.csv`` in ``out`` is no table of predictions.
    """
    predicted = VideosTable(out).statuses
    return [
        job
        for job in jobs
        if not job.stamp
        or predicted.get(job.folder) not in ("ok", "no_face")
        or not _has_result(PredictionFolder(out / job.folder), job.stamp, annotate=annotate)
    ]


def _has_result(files: PredictionFolder, stamp: str, *, annotate: bool) -> bool:
    if not files.page_file.is_file() or (annotate and not files.annotated_file.is_file()):
        return False
    try:
        verdict = read_json(files.verdict_file, error=DatasetError)
    except DatasetError:  # it is missing or damaged
        return False
    return verdict.get("stamp") == stamp


def _content_of(video: Path) -> tuple[int, str] | None:
    """Return the size of a file and the hash of its two ends; None if it cannot be read."""
    try:
        with video.open("rb") as file:
            size = video.stat().st_size
            ends = file.read(_ENDS_BYTES)
            file.seek(max(0, size - _ENDS_BYTES))
            return size, hashlib.sha256(ends + file.read(_ENDS_BYTES)).hexdigest()
    except OSError:
        return None
