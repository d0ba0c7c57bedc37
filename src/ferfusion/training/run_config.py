"""The settings of a run, and the check that a run folder has these settings."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypedDict

import ferfusion
from ferfusion.data.pairs import PartedPairs
from ferfusion.errors import BundleError, ConfigError
from ferfusion.evaluation.run_files import EVALUATION_FILES, EXPLANATION_FILES, TRAINING_FILES
from ferfusion.evaluation.run_folder import RunFolder, read_config
from ferfusion.files import no_such, sha256_of, write_json
from ferfusion.models.build import build_model, count_parameters
from ferfusion.models.config import ModelConfig
from ferfusion.models.pretrained import weight_files
from ferfusion.outputs import is_new_or_empty
from ferfusion.parts import PARTS, Part
from ferfusion.preparation.dataset import Dataset
from ferfusion.preparation.identity import dataset_identity
from ferfusion.recipe import has_type
from ferfusion.splits.kept_split import changes_since, read_kept_split
from ferfusion.splits.split import parts_hash
from ferfusion.training.imbalance import TREATMENTS
from ferfusion.training.optim.schedules import find_schedule
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.teachers import teacher_files

SCHEMA = 1
_OF_MODEL = ("model", "recipe", "start")
_SETTINGS = (*_OF_MODEL, "dataset")
_RETRAIN = ", or train it again with --retrain-changed"
# where a file lies does not matter: its hash is compared; what has changed in a dataset is named by its clips
_NOT_SETTINGS = ("path", "start_from", "weights", "teachers", "identity")


class RunConfig(TypedDict):
    """``config.json`` of a run.

    Attributes:
        schema: Version of the file's form.
        version: Version of ferfusion that began the run.
        dataset: Path, corpus, labels, preparation recipe and split of the dataset, with their hashes.
        parameters: Trainable parameters of the model.
        subjects: Number of subjects in each part.
        videos: Number of videos in each part.
        class_counts: Number of pairs in each part, by class.
        model: Settings of the model.
        architecture: Streams of the model, whether it has a fusion operator, and what it predicts.
        recipe: Settings of the training.
        start: SHA-256 of the files that the weights start from.
    """

    schema: int
    version: str
    dataset: dict[str, Any]
    parameters: int
    subjects: dict[Part, int]
    videos: dict[Part, int]
    class_counts: dict[Part, dict[str, int]]
    model: dict[str, Any]
    architecture: dict[str, Any]
    recipe: dict[str, Any]
    start: dict[str, str]


def run_config(
    dataset: Dataset,
    pairs: PartedPairs,
    model_config: ModelConfig,
    recipe: TrainRecipe,
) -> RunConfig:
    """Return all settings of a run, and counts of its data, for ``config.json``.

    Args:
        dataset: The dataset.
        pairs: Its pairs, each with its part.
        model_config: Settings of the model.
        recipe: Settings of the training.
    """
    parts = {part: pairs.table.iloc[pairs.rows(part)] for part in PARTS}
    return {
        "schema": SCHEMA,
        "version": ferfusion.__version__,
        "dataset": {
            "path": dataset.root.resolve().as_posix(),
            "corpus": dataset.corpus,
            **({"stills": True} if dataset.stills else {}),
            # a run without the key is of the official parts of unknown people
            **(
                {"people_known": dataset.people_known}
                if dataset.stills and not dataset.has_official_parts_only
                else {}
            ),
            "labels": list(dataset.labels.names),
            "recipe": dataset.recipe.to_dict(),
            "recipe_hash": dataset.recipe.hash,
            "split_hash": parts_hash(pairs.part_of_clip),
            "identity": dataset_identity(dataset),
        },
        "parameters": count_parameters(build_model(model_config, len(dataset.labels))),
        "subjects": {part: int(rows["subject"].nunique()) for part, rows in parts.items()},
        "videos": {part: int(rows["video"].nunique()) for part, rows in parts.items()},
        "class_counts": {part: pairs.class_counts(part) for part in PARTS},
        "model": model_config.to_dict(),
        "architecture": {
            "streams": list(model_config.streams),
            "has_operator": model_config.kind.has_operator,
            "predicts": model_config.kind.predicts,
        },
        "recipe": recipe.to_dict(),
        "start": start_hashes(recipe),
    }


def start_hashes(recipe: TrainRecipe) -> dict[str, str]:
    """Return the SHA-256 of each file that a run starts from; a name such as ``imagenet`` is kept."""
    hashes = {}
    if recipe.start_from:
        hashes["start_from_sha256"] = _file_hash(Path(recipe.start_from))
    if recipe.weights:
        path = Path(recipe.weights)
        files = weight_files(path) if path.is_file() else []
        hashes["weights_sha256"] = " ".join(map(_file_hash, files)) or recipe.weights
    if recipe.teachers:
        hashes["teachers_sha256"] = " ".join(map(_file_hash, teacher_files(recipe.teachers)))
    return hashes


def recipe_to_pass_on(recipe: TrainRecipe) -> dict[str, Any]:
    """Return a recipe's settings for a bundle, with the names of files in place of their paths."""
    names = {name: Path(getattr(recipe, name)).name for name in ("start_from", "weights")}
    names["teachers"] = ",".join(Path(name.strip()).name for name in recipe.teachers.split(","))
    return recipe.to_dict() | names


def claim_run(
    run: RunFolder, config: Mapping[str, Any], dataset: Dataset, *, retrain_changed: bool = False
) -> bool:
    """Write the settings into a new run folder, or check that they are those of the run in it.

    The settings of a run that has not begun may change. A run that has begun may get more epochs if its
    learning rates do not follow from their number; a finished run then becomes unfinished, and what evaluate
    and explain wrote of it is removed.

    Args:
        run: The run folder.
        config: All settings.
        dataset: The dataset.
        retrain_changed: Whether a run is begun again if its dataset has changed since; all its files are
            removed then.

    Returns:
        Whether the folder holds a run that is resumed.

    Raises:
        ConfigError: the folder holds a run of other settings, or something else.
        DatasetError: the dataset has changed since the run began; the message names what differs.
    """
    if not run.config_file.is_file():
        if not is_new_or_empty(run.path):
            raise ConfigError(f"{run.path} exists and is not a run folder; name a new or empty folder")
        write_json(run.config_file, config)
        return False
    saved = _with_defaults(read_config(run.config_file))
    differences = setting_differences(saved, config)
    if run.has_begun:
        if retrain_changed and _dataset_has_changed(run, saved, config, dataset):
            _remove(run, (*TRAINING_FILES, *EVALUATION_FILES, *EXPLANATION_FILES))
            write_json(run.config_file, config)
            return False
        if differences and not _only_adds_epochs(saved, config):
            again = "" if setting_differences(saved, config, sections=_OF_MODEL) else _RETRAIN
            raise ConfigError(
                f"{run.path} holds a run of other settings: {'; '.join(differences)}. "
                f"Resume it with its own settings, or name another folder{again}{_why_no_more_epochs(config)}"
            )
        read_kept_split(run.splits_file, dataset)
    if differences:
        removed = (run.predictions_file.name, run.validation_predictions_file.name)
        _remove(run, (run.bundle_file.name, *EVALUATION_FILES, *EXPLANATION_FILES, *removed))
        write_json(run.config_file, config)
    return run.has_begun


def _with_defaults(saved: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a run with the default of each that an earlier version did not have."""
    defaults = {"model": ModelConfig().to_dict(), "recipe": TrainRecipe().to_dict()}
    return {**saved, **{name: {**values, **saved.get(name, {})} for name, values in defaults.items()}}


def _dataset_has_changed(
    run: RunFolder, saved: Mapping[str, Any], config: Mapping[str, Any], dataset: Dataset
) -> bool:
    of_dataset = setting_differences(saved, config, sections=("dataset",))
    return bool(of_dataset or changes_since(run.splits_file, dataset))


def _remove(run: RunFolder, patterns: Iterable[str]) -> None:
    """Remove files of a run; the bundle comes first, because its presence is what makes a run finished."""
    for pattern in patterns:
        for file in run.path.glob(pattern):
            file.unlink()


def _only_adds_epochs(saved: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Return whether the settings differ by more epochs alone, which do not change the earlier ones."""
    recipe, there = wanted["recipe"], saved["recipe"].get("epochs")
    same = {**wanted, "recipe": {**recipe, "epochs": there}}
    return (
        not _why_no_more_epochs(wanted)
        and has_type(there, int)
        and 0 < there < recipe["epochs"]
        and not setting_differences(saved, same)
    )


def _why_no_more_epochs(wanted: Mapping[str, Any]) -> str:
    schedule, imbalance = (wanted["recipe"][name] for name in ("schedule", "imbalance"))
    if find_schedule(schedule).has_fixed_length:
        return f" (the rates of {schedule} follow from epochs)"
    if TREATMENTS[imbalance].retrains_head:
        return f" (the embeddings that {imbalance} starts from follow from epochs)"
    return ""


def setting_differences(
    saved: Mapping[str, Any], wanted: Mapping[str, Any], *, sections: Iterable[str] = _SETTINGS
) -> list[str]:
    """Return a line for each setting in which two run configs differ; the dataset's path does not count.

    >>> setting_differences({"recipe": {"epochs": 2}}, {"recipe": {"epochs": 4}})
    ['epochs is 2 in the folder, 4 in this call']
    """
    lines = []
    for section in sections:
        there, here = saved.get(section, {}), wanted.get(section, {})
        lines += [
            "the dataset has another split than when the run began"
            if name == "split_hash"
            else f"{name} is {there.get(name)!r} in the folder, {here.get(name)!r} in this call"
            for name in sorted({*there, *here} - {*_NOT_SETTINGS})
            if there.get(name) != here.get(name)
        ]
    return lines


def _file_hash(path: Path) -> str:
    if not path.is_file():
        raise BundleError(f"{no_such(path)} to start from")
    return sha256_of(path)
