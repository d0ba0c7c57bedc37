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

_ENDS_BYTES, _BLOCKS, _BLOCK_BYTES = 2**16, 32, 2**12
"""Bytes of a video that are read at either end, and blocks between; they tell it from another one."""


def with_stamps(
    jobs: Iterable[PredictJob],
    *,
    model_sha256: str,
    prepare_recipe: PrepareRecipe,
    recipe: PredictRecipe,
    detector_model: Path | None = None,
) -> Iterator[PredictJob]:
    """Yield jobs with a stamp: a hash of everything that the result of a video follows from.

    Photographs and images in memory have none, nor has a file that cannot be read.

    Args:
        jobs: The jobs.
        model_sha256: SHA-256 of the file of the model, or another text that names it.
        prepare_recipe: How its input is prepared.
        recipe: Settings of the prediction.
        detector_model: Model file of the face detector, if it is named.
    """
    made_from = [
        __version__,
        model_sha256,
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


def unfinished(
    jobs: Sequence[PredictJob], out: Path, *, recipe: PredictRecipe, annotate: bool
) -> list[PredictJob]:
    """Return the jobs without a result in ``out`` that has all its files and the same stamp.

    Args:
        jobs: The jobs, with their stamps.
        out: Folder of the predictions.
        recipe: Settings of the prediction.
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
        or not _has_result(PredictionFolder(out / job.folder), job.stamp, recipe, annotate=annotate)
    ]


def _has_result(files: PredictionFolder, stamp: str, recipe: PredictRecipe, *, annotate: bool) -> bool:
    wanted = [files.frames_file, files.onsets_file, files.page_file]
    wanted += [files.means_file] if recipe.per else []
    wanted += [files.annotated_file] if annotate else []
    if not all(file.is_file() and file.stat().st_size for file in wanted):
        return False
    try:
        verdict = read_json(files.verdict_file, error=DatasetError)
    except DatasetError:  # it is missing or damaged
        return False
    return verdict.get("stamp") == stamp


def _content_of(video: Path) -> tuple[int, str] | None:
    """Return the size of a file and a hash of samples of its bytes; None if it cannot be read."""
    if not video.is_file():  # a pipe would be waited for
        return None
    try:
        with video.open("rb") as file:
            size = video.stat().st_size
            digest = hashlib.sha256(file.read(_ENDS_BYTES))
            for number in range(1, _BLOCKS):
                file.seek(size * number // _BLOCKS)
                digest.update(file.read(_BLOCK_BYTES))
            file.seek(max(0, size - _ENDS_BYTES))
            digest.update(file.read(_ENDS_BYTES))
            return size, digest.hexdigest()
    except OSError:
        return None
