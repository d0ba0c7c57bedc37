"""Studies of models that are not trained, and the models that studies and comparisons take."""

from collections.abc import Mapping, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferfusion.api.datasets import Dataset, as_datasets
from ferfusion.api.evaluations import check_model, measure_model
from ferfusion.api.models import Model, is_shipped
from ferfusion.api.runs import Run, as_run
from ferfusion.api.settings import PathOrText, as_path
from ferfusion.errors import BundleError, ConfigError
from ferfusion.files import check_is_file, sha256_of
from ferfusion.lookup import choose
from ferfusion.parts import ALL, PARTS
from ferfusion.progress import OnProgress

if TYPE_CHECKING:
    from ferfusion.studies.model_study import NamedModel

AnyModel = Run | Model | PathOrText
"""A run, a model, or the path of a run folder, a bundle or an ONNX file."""
_MODEL_FILES = (".safetensors", ".onnx")
_WORDS = {
    "plan": "variants, seeds and folds",
    "model": "settings of a network",
    "recipe": "settings of a training",
}


def study_of_models(
    dataset: Dataset,
    folder: Path,
    models: AnyModel | Sequence[AnyModel],
    *,
    part: str = "",
    device: str = "auto",
    settings: Mapping[str, Any],
    on_progress: OnProgress,
) -> None:
    """Measure models on the same people, compare them, and write the study; arguments as of ``study``.

    Raises:
        ConfigError: a setting of trainings has a value, a model is named twice, or the part is unknown.
    """
    from ferfusion.studies.model_study import study_models  # noqa: PLC0415 torch

    if given := [name for name, value in settings.items() if value is not None]:
        names = ", ".join(_WORDS.get(name, name) for name in given)
        raise ConfigError(
            f"A study of models trains nothing, so it takes no {names}; leave that out, or the models"
        )
    if part:
        choose(dict.fromkeys((*PARTS, ALL)), part, what="part")
    parts = split_of(dataset)
    part = part or ("test" if parts else ALL)
    several = [models] if isinstance(models, str | PathLike | Model | Run) else models
    named = named_models(several, dataset, part=part, parts=parts, device=device, on_progress=on_progress)
    study_models(dataset._opened, folder, named, part=part, parts=parts, on_progress=on_progress)


def split_of(dataset: Dataset) -> dict[str, str] | None:
    """Return the part of each clip of a dataset; None if it is not split."""
    from ferfusion.splits.split import read_splits  # noqa: PLC0415 pandas

    opened = dataset._opened
    return {**read_splits(opened)} if opened.splits_file.is_file() else None


def named_models(
    models: Sequence[AnyModel],
    dataset: Dataset,
    *,
    part: str,
    parts: Mapping[str, str] | None,
    device: str,
    on_progress: OnProgress,
) -> "list[NamedModel]":
    """Return models with different names, which are measured on the same people of a dataset when asked.

    Raises:
        ConfigError: a model is named twice.
        BundleError: a file is missing.
    """
    from ferfusion.studies.model_study import NamedModel  # noqa: PLC0415 torch

    files = [file_of(model) for model in models]
    return [
        NamedModel(
            name=name,
            file=str(file),
            sha256=sha256_of(file),
            measure=partial(
                measure_model,
                model,
                dataset,
                part=part,
                parts=parts,
                device=device,
                on_progress=on_progress,
            ),
            check=partial(check_model, model, dataset, part=part, parts=parts),
        )
        for name, model, file in zip(names_of(files), models, files, strict=True)
    ]


def file_of(model: AnyModel) -> Path:
    """Return the file of a model.

    Raises:
        BundleError: there is no such file.
    """
    from ferfusion.inference.predictor import SHIPPED, bundle_file  # noqa: PLC0415 torch

    if isinstance(model, Model):
        return model.path or SHIPPED
    if is_shipped(model):
        return SHIPPED
    file = bundle_file(as_path(model))
    check_is_file(file, error=BundleError)
    return file


def is_run(one: AnyModel) -> bool:
    """Return whether this is a run: a folder, or what is named as if it were one."""
    if isinstance(one, Model):
        return False
    if isinstance(one, Run):
        return True
    path = as_path(one)
    return not (is_shipped(one) or path.is_file() or path.suffix.lower() in _MODEL_FILES)


def place_of(one: AnyModel) -> Path:
    """Return the folder of a run, or the path that names a model."""
    if is_run(one) and not isinstance(one, Model):
        return as_run(one).folder
    return named_file(file_of(one))


def named_file(file: Path) -> Path:
    """Return the path that names a model: its file, or the word shipped."""
    from ferfusion.inference.predictor import SHIPPED  # noqa: PLC0415 torch

    return Path("shipped") if file == SHIPPED else file


def names_of(files: Sequence[Path]) -> list[str]:
    """Return the names of run folders and model files in a study or comparison.

    Raises:
        ConfigError: one is named twice.
    """
    from ferfusion.studies.model_names import distinct_names  # noqa: PLC0415

    places = [file.resolve() for file in files]
    for place, file in enumerate(files):
        if file.resolve() in places[:place]:
            raise ConfigError(f"{file} is named twice; name each once")
    return distinct_names([named_file(file).absolute() for file in files])


def only_dataset(datasets: Dataset | PathOrText | Sequence[Dataset | PathOrText]) -> Dataset:
    """Return the dataset on which models are studied, or refuse several."""
    found = as_datasets(datasets)
    if len(found) != 1:
        raise ConfigError(f"Models are studied on one dataset, got {len(found)}; name one")
    return found[0]
