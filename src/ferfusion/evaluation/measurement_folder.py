"""A measurement on disk, so that a model that was measured is not measured again."""

from pathlib import Path
from typing import Any

from ferfusion.errors import ConfigError, RunError
from ferfusion.evaluation.measured import Measurement
from ferfusion.evaluation.predictions import read_predictions
from ferfusion.files import read_json, write_json
from ferfusion.label_set import LabelSet
from ferfusion.preparation.dataset import Dataset
from ferfusion.tables import write_table

_KINDS: dict[str, Any] = {
    **dict.fromkeys(("model", "model_sha256", "corpus", "identity", "part"), str),
    **dict.fromkeys(("majority_rule", "people_line"), str),
    **dict.fromkeys(("unseen", "stills", "people_known", "predicts_videos"), bool),
    **{"trained_on": dict, "labels": list[str], "notes": list[str], "cautions": list[str]},
    "majority_code": int,
}
_ADVICE = "delete it, and measure the model again"


def write_measurement(measurement: Measurement, folder: Path) -> None:
    """Write a measurement into a folder, ``measurement.json`` last.

    It does not write the raters' votes and the columns of people, which may change in the dataset.
    """
    write_table(folder / "predictions.csv", measurement.predictions, float_format=None)
    record = {name: getattr(measurement, name) for name in _KINDS}
    record |= {"labels": measurement.labels.names, "trained_on": dict(measurement.trained_on)}
    write_json(folder / "measurement.json", record)


def read_measurement(folder: Path, *, dataset: Dataset) -> Measurement | None:
    """Return the measurement that a folder has; None if there is none.

    Args:
        folder: The folder.
        dataset: The dataset, which has the raters' votes and the columns of people.

    Raises:
        RunError: a file is damaged.
    """
    file = folder / "measurement.json"
    if not file.is_file():
        return None
    record = read_json(file, keys=_KINDS, error=RunError, advice=_ADVICE)
    values = {name: record[name] for name in _KINDS}
    try:
        labels = LabelSet(tuple(values.pop("labels")))
    except ConfigError as error:
        raise RunError(f"{file} has no classes that can be used: {error}") from error
    if not 0 <= values["majority_code"] < len(labels):
        raise RunError(f"{file} has a majority_code that is no class; {_ADVICE}")
    predictions = read_predictions(folder / "predictions.csv", labels=labels, advice=_ADVICE)
    for name in ("notes", "cautions"):
        values[name] = tuple(values[name])
    return Measurement(
        dataset=dataset.root,
        labels=labels,
        predictions=predictions,
        votes=dataset.votes,
        subjects=dataset.subjects,
        **values,
    )
