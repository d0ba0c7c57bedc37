"""Read the predictions that ``predict`` wrote for the long tables; the true classes are not known."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ferfusion.errors import ConfigError, RunError
from ferfusion.files import read_json
from ferfusion.inference.prediction_folder import PredictionFolder, batch_folders
from ferfusion.inference.videos_table import VideosTable
from ferfusion.label_set import LabelSet
from ferfusion.tables import Kind, read_table
from ferfusion.tabulation.result import Observed, Result

_COMES_WITH = ", which comes with ferfusion"
"""Follows the name of the model that is shipped, in sentences."""
_ROWS_AT_ONCE = 100_000
"""Rows of videos that are in memory together."""
_AGAIN = "predict again, into a new folder"


def is_of_predict(path: Path) -> bool:
    """Return whether a folder has predictions of ``predict``, in batches or not."""
    if (path / "dataset.json").is_file():
        return False
    folders = [path] if (path / "videos.csv").is_file() else batch_folders(path).values()
    return any(map(_has_verdict, folders))


def _has_verdict(path: Path) -> bool:
    try:
        return any((path / folder / "verdict.json").is_file() for folder in VideosTable(path).places)
    except ConfigError:  # a table of something else
        return False


def read_predict(path: Path) -> Result:
    """Return the result that ``predict`` wrote; a video or photograph without a face has no row.

    Raises:
        RunError: no face was predicted, models of different classes have written into the folder, or a file
            is damaged.
    """
    batches = {"": path} if (path / "videos.csv").is_file() else batch_folders(path)
    kinds: dict[tuple[str, ...], None] = {}
    models: dict[str, None] = {}
    number = 0
    for batch in batches.values():
        for _, record in _predictions(batch):
            number += 1
            models[_variant(record)] = None
            kinds[tuple(record["faces"][0]["probabilities"])] = None
    if not kinds:
        raise RunError(f"{path} has no prediction of a face, so there is nothing to tabulate")
    if len(kinds) > 1:
        classes = "; ".join(", ".join(names) for names in [*kinds][:2])
        raise RunError(
            f"{path} has predictions of models with different classes ({classes}); predict with each model "
            "into a folder of its own"
        )
    try:
        labels = LabelSet(next(iter(kinds)))
    except ConfigError as error:
        raise RunError(f"{path} has no classes that can be used: {error}") from error

    def observe() -> Iterator[Observed]:
        for name, batch in batches.items():
            for variant, pairs in _tables_of(batch, labels):
                yield Observed({"variant": variant, "seed": None, "fold": None}, pairs, labels, batch=name)

    return Result(
        path,
        labels,
        pd.DataFrame({"variant": list(models)}),
        observe,
        trainings=number,
        people_known=False,
        optional=frozenset({"face"}),
    )


def _tables_of(batch: Path, labels: LabelSet) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the name of a model, and a row per frame and face of some of its videos, or of photographs."""
    places = VideosTable(batch).places
    waiting: dict[str, list[pd.DataFrame]] = {}

    def joined() -> Iterator[tuple[str, pd.DataFrame]]:
        for variant, tables in waiting.items():
            yield variant, pd.concat(tables, ignore_index=True)
        waiting.clear()

    for folder, record in _predictions(batch):
        variant, files = _variant(record), PredictionFolder(batch / folder)
        pairs = _pairs(files, labels, places[folder])
        if pairs.empty:
            continue
        if files.photographs_file.is_file():  # other photographs may have the same names
            yield from joined()
            yield variant, pairs
            continue
        waiting.setdefault(variant, []).append(pairs)
        if sum(map(len, waiting[variant])) >= _ROWS_AT_ONCE:
            yield from joined()
    yield from joined()


def _variant(record: Mapping[str, Any]) -> str:
    return str(record["model"]).partition(_COMES_WITH)[0]


def _predictions(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the folders that have the prediction of a face, with their verdicts."""
    for folder in VideosTable(path).places:
        file = PredictionFolder(path / folder).verdict_file
        if not file.is_file():
            continue
        keys = {"model": str, "faces": list[dict[str, Any]]}
        record = read_json(file, keys=keys, error=RunError, advice=_AGAIN)
        if record["faces"]:
            if not isinstance(record["faces"][0].get("probabilities"), dict):
                raise RunError(f"{file} has a face without probabilities; {_AGAIN}")
            yield folder, record


def _pairs(files: PredictionFolder, labels: LabelSet, video: str) -> pd.DataFrame:
    """Return a row per frame or photograph and face."""
    is_still = files.photographs_file.is_file()

    def kind_of(column: str) -> Kind | None:
        if column in ("frame", "face"):
            return int
        return float if column == "seconds" or column in labels.probability_columns else None

    wanted = ("photograph",) if is_still else ("frame", "seconds")
    path = files.photographs_file if is_still else files.frames_file
    table = read_table(
        path,
        columns=(*wanted, "face", *labels.probability_columns),
        kind_of=kind_of,
        gaps=("face",),
        error=RunError,
        advice=_AGAIN,
    )
    if table.empty:
        raise RunError(f"{path} has no row; {_AGAIN}")
    table = table[table["face"].notna() & table[labels.probability_columns[0]].notna()]
    shown = {"video": table["photograph"], "frame": 0} if is_still else {"video": video}
    return table.assign(part="", subject="", code=-1, emotion="", **shown).reset_index(drop=True)
