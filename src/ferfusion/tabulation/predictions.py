"""Read the predictions that ``predict`` wrote for the long tables; the true classes are not known."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ferfusion.errors import ConfigError, RunError
from ferfusion.files import read_json
from ferfusion.inference.prediction_folder import PredictionFolder
from ferfusion.inference.videos_table import VideosTable
from ferfusion.labels import LabelSet
from ferfusion.tables import Kind, read_table
from ferfusion.tabulation.result import Observed, Result

_COMES_WITH = ", which comes with ferfusion"
"""Follows the name of the model that is shipped, in sentences."""
_AGAIN = "predict again, into a new folder"


def is_of_predict(path: Path) -> bool:
    """Return whether a folder has predictions of ``predict``."""
    if not (path / "videos.csv").is_file() or (path / "dataset.json").is_file():
        return False
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
    found = dict(_predictions(path))
    if not found:
        raise RunError(f"{path} has no prediction of a face, so there is nothing to tabulate")
    kinds = list(dict.fromkeys(tuple(each["faces"][0]["probabilities"]) for each in found.values()))
    if len(kinds) > 1:
        classes = "; ".join(", ".join(names) for names in kinds[:2])
        raise RunError(
            f"{path} has predictions of models with different classes ({classes}); predict with each model "
            "into a folder of its own"
        )
    try:
        labels = LabelSet(kinds[0])
    except ConfigError as error:
        raise RunError(f"{path} has no classes that can be used: {error}") from error
    places = VideosTable(path).places
    models = list(dict.fromkeys(map(_variant, found.values())))

    def observe() -> Iterator[Observed]:
        for folder, record in found.items():
            keys = {"variant": _variant(record), "seed": None, "fold": None}
            pairs = _pairs(PredictionFolder(path / folder), labels, places[folder])
            if len(pairs):
                yield Observed(keys, pairs, labels)

    return Result(
        path,
        labels,
        pd.DataFrame({"variant": models}),
        observe,
        trainings=len(found),
        people_known=False,
        optional=frozenset({"face"}),
    )


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
