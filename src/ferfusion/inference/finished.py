"""Tell the videos whose results are up to date, so that a stopped prediction resumes."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from ferfusion import __version__
from ferfusion.addresses import Address
from ferfusion.errors import DatasetError, FerfusionError
from ferfusion.files import read_json, sha256_of
from ferfusion.inference.predict_jobs import PredictJob
from ferfusion.inference.prediction_folder import PredictionFolder
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.inference.remote_out import RemoteResults
from ferfusion.inference.videos_table import VideosTable
from ferfusion.preparation.recipe import PrepareRecipe

_ENDS_BYTES, _BLOCKS, _BLOCK_BYTES = 2**16, 32, 2**12
"""Bytes of a video that are read at either end, and blocks between; they tell it from another one."""
_ASKED_AT_ONCE = 16
"""Addresses of which their file systems are asked at the same time, since each takes its time to answer."""


def with_stamps(
    jobs: Iterable[PredictJob],
    *,
    model_sha256: str,
    prepare_recipe: PrepareRecipe,
    recipe: PredictRecipe,
    detector_model: Path | None = None,
) -> Iterator[PredictJob]:
    """Yield jobs with a stamp: a hash of everything that the result of a video follows from.

    Photographs and images in memory have none, nor has a file that cannot be read, or one at an address of
    which the file system tells neither a checksum nor a time.

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
    jobs = list(jobs)
    remote = (job.source for job in jobs if isinstance(job.source, Address) and not job.photograph)
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        told = pool.map(_told_of, remote)
    for job in jobs:
        content: tuple[object, ...] | None = None
        if not job.photograph and isinstance(job.source, Path | Address):
            content = next(told) if isinstance(job.source, Address) else _content_of(job.source)
        if content is None:
            yield job
        else:
            text = json.dumps([*made_from, *content], sort_keys=True)
            yield replace(job, stamp=hashlib.sha256(text.encode()).hexdigest())


def unfinished(
    jobs: Sequence[PredictJob],
    out: Path,
    *,
    recipe: PredictRecipe,
    annotate: bool,
    remote: RemoteResults | None = None,
) -> list[PredictJob]:
    """Return the jobs without a result in ``out`` that has all its files and the same stamp.

    Args:
        jobs: The jobs, with their stamps.
        out: Folder of the predictions.
        recipe: Settings of the prediction.
        annotate: Whether the result must have an annotated video.
        remote: What is at the address of ``out``, which then has only the table.

    Raises:
        ConfigError: ``videos.csv`` in ``out`` is no table of predictions.
    """
    predicted = VideosTable(out).statuses
    whole = [job.folder for job in jobs if job.stamp and predicted.get(job.folder) in ("ok", "no_face")]
    files = _wanted_files(recipe, annotate=annotate)
    if remote is None:
        stamps = {folder: _stamp_of(PredictionFolder(out / folder), files) for folder in whole}
    else:
        stamps = remote.stamps(whole, files)
    return [job for job in jobs if not job.stamp or stamps.get(job.folder) != job.stamp]


def _wanted_files(recipe: PredictRecipe, *, annotate: bool) -> list[str]:
    """Return the names of the files of a whole result."""
    files = PredictionFolder(Path())
    wanted = [files.frames_file, files.onsets_file, files.page_file, files.verdict_file]
    wanted += [files.means_file] if recipe.per else []
    wanted += [files.annotated_file] if annotate else []
    return [file.name for file in wanted]


def _stamp_of(result: PredictionFolder, files: Iterable[str]) -> str:
    """Return the stamp of a result; empty if a file is missing or damaged."""
    paths = [result.path / name for name in files]
    if not all(path.is_file() and path.stat().st_size for path in paths):
        return ""
    try:
        return str(read_json(result.verdict_file, error=DatasetError).get("stamp", ""))
    except DatasetError:  # it is damaged
        return ""


def _told_of(address: Address) -> tuple[str] | None:
    """Return what the file system tells of a file's content; None if it tells nothing."""
    try:
        content = address.content()
    except FerfusionError:  # the reason is in its row when it is predicted
        return None
    return (content,) if content else None


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
