"""Study models that are not trained: measure each on the same people, and compare them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ferfusion.errors import BundleError, ConfigError, DatasetError
from ferfusion.evaluation.measured import Measurement
from ferfusion.evaluation.measurement_folder import read_measurement, write_measurement
from ferfusion.evaluation.run_files import write_votes_and_people
from ferfusion.files import read_json, write_json
from ferfusion.outputs import is_new_or_empty, only_writer
from ferfusion.preparation.dataset import Dataset
from ferfusion.preparation.identity import dataset_identity
from ferfusion.progress import OnProgress, ignore_progress, report_message
from ferfusion.splits.split import parts_hash
from ferfusion.studies.model_findings import compare_models
from ferfusion.studies.model_page import finish_models
from ferfusion.studies.study_folder import StudyFolder

SCHEMA = 1
Result = TypeVar("Result")
_WORDS = {
    "identity": "the dataset, or the state that it is in",
    "part": "the measured part",
    "split_hash": "the split",
}


@dataclass(frozen=True)
class NamedModel:
    """A model to measure.

    Attributes:
        name: Its name in the study, other than that of every other model.
        file: Its file, as text for the record.
        sha256: SHA-256 of the file.
        measure: Measures it.
        check: Refuses what ``measure`` refuses, without a prediction.
    """

    name: str
    file: str
    sha256: str
    measure: Callable[[], Measurement]
    check: Callable[[], object] = lambda: None


def study_models(
    dataset: Dataset,
    folder: Path,
    models: Sequence[NamedModel],
    *,
    part: str,
    parts: Mapping[str, str] | None,
    on_progress: OnProgress = ignore_progress,
) -> Path:
    """Measure models on a part of a dataset, compare them, and return the page; nothing is trained.

    A model that an earlier call with the same dataset and part has measured is not measured again.

    Args:
        dataset: The dataset.
        folder: Study folder to write.
        models: The models.
        part: The measured part, or ``all``.
        parts: Clip to part, of a dataset that is split.
        on_progress: Called with messages.

    Raises:
        ConfigError: the folder holds another study, or something else.
        BundleError: the dataset is not prepared for a model.
        DatasetError: the dataset cannot measure a model.
        FileError: another process writes the folder, or a file cannot be written.
    """
    with only_writer(folder):
        _begin(dataset, folder, models, part=part, parts=parts)
        kept = {model.name: _kept(model, dataset, folder) for model in models}
        for model in models:  # all of them before the first prediction
            if kept[model.name] is None:
                _named(model, model.check)
            else:
                report_message(on_progress, f"{model.name} was measured before.")
        measurements = {model.name: kept[model.name] or _measured(model, dataset, folder) for model in models}
        for name, one in measurements.items():  # the dataset may have got votes since the measurement
            place = StudyFolder(folder).measured(name)
            write_votes_and_people(place, one.predictions, votes=one.votes, subjects=one.subjects)
        files = {model.name: model.file for model in models}
        return finish_models(compare_models(measurements), folder, files=files)


def _begin(
    dataset: Dataset,
    folder: Path,
    models: Sequence[NamedModel],
    *,
    part: str,
    parts: Mapping[str, str] | None,
) -> None:
    """Write the settings into the folder, or check that it has measurements of the same people.

    Raises:
        ConfigError: it holds another study, or something else.
    """
    file = StudyFolder(folder).settings_file
    here: dict[str, Any] = {
        "path": dataset.root.resolve().as_posix(),
        "identity": dataset_identity(dataset),
        "part": part,
        "split_hash": "" if parts is None else parts_hash(parts),
    }
    if file.is_file():
        there = read_json(file, keys={"dataset": dict}, advice="name another folder")
        if "models" not in there:
            raise ConfigError(f"{folder} holds a study of variants that are trained; name another folder")
        if other := [words for key, words in _WORDS.items() if there["dataset"].get(key) != here[key]]:
            raise ConfigError(
                f"{folder} holds a study of other people: {', '.join(other)} was another; name another folder"
            )
    elif not is_new_or_empty(folder):
        raise ConfigError(f"{folder} exists and is no study; name a new or empty folder")
    write_json(file, {"schema": SCHEMA, "models": {one.name: one.sha256 for one in models}, "dataset": here})


def _kept(model: NamedModel, dataset: Dataset, folder: Path) -> Measurement | None:
    """Return the measurement of an earlier call, if the model has not changed."""
    found = read_measurement(StudyFolder(folder).measured(model.name), dataset=dataset)
    return found if found is not None and found.model_sha256 == model.sha256 else None


def _measured(model: NamedModel, dataset: Dataset, folder: Path) -> Measurement:
    place = StudyFolder(folder).measured(model.name)
    write_measurement(_named(model, model.measure), place)
    written = read_measurement(place, dataset=dataset)  # as a later call reads it
    assert written is not None
    return written


def _named(model: NamedModel, call: Callable[[], Result]) -> Result:
    """Call, with the model's name in the message of an error."""
    try:
        return call()
    except (BundleError, DatasetError) as error:
        raise type(error)(f"{model.name}: {error}") from error
