"""Evaluations: the scores of a run on its own test people, and of any model on any prepared dataset."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ferfusion.api.datasets import Dataset, as_dataset
from ferfusion.api.models import Model, is_shipped, load_model
from ferfusion.api.runs import Run, as_run
from ferfusion.api.settings import PathOrText, as_folder, with_settings
from ferfusion.errors import ConfigError, file_errors
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.files import check_output_folder, sha256_of
from ferfusion.lookup import choose
from ferfusion.parts import ALL, PARTS
from ferfusion.progress import OnProgress, ShowProgress, ignore_progress, shown

if TYPE_CHECKING:
    from ferfusion.api.scores import Scores
    from ferfusion.evaluation.measured import Measurement


@file_errors()
def evaluate(
    model: Run | Model | PathOrText | None = None,
    *,
    dataset: Dataset | PathOrText | None = None,
    part: str = "",
    out: PathOrText | None = None,
    device: str = "auto",
    recipe: EvaluateRecipe | None = None,
    progress: ShowProgress = True,
    **settings: Any,
) -> "Scores":
    """Score a run on its own test people, or measure any model on a prepared dataset.

    Without a dataset, the model is a run: the predictions that ``train`` wrote are scored per pair and per
    video, and the tables, figures and report are written into its folder.

    With a dataset, any model predicts it. Model and dataset are scored on the classes that both have, by
    name. A dataset that was prepared in another way than the model's training data is refused (see ``prepare
    --for``), and so are people that the model has learned from, as far as its file or run folder tells.

    Args:
        model: A run, or its folder. With a dataset also a bundle, an exported ONNX file, or shipped: the
            model that comes with the package.
        dataset: Dataset to measure the model on.
        part: Part of its split, train, validation or test, or all of it; by default, test if the dataset is
            split, else all.
        out: Folder to write the tables, figures and report of a measurement to; by default, on the command
            line the folder measurement, in Python none. A measurement of another model or dataset is kept.
        device: Where the model runs: auto (a CUDA GPU if there is one, else the processor), cpu, cuda or mps.
        recipe: Settings of the scores and their intervals.
        progress: True shows a bar in a terminal or in Jupyter; a function is called with each ``Progress``.
        settings: Fields of ``EvaluateRecipe`` by name, such as ``resamples=5000``.

    Returns:
        WAR, UAR and macro-F1 with intervals over people, beside the majority baseline.

    Raises:
        RunError: the run folder or one of its files is missing or damaged.
        BundleError: the model is missing or damaged, or the dataset is not prepared for it.
        DatasetError: the dataset cannot measure the model.
        ConfigError: a setting cannot be used.

    Source: intervals by resampling people, Field & Welsh 2007.

    >>> sorted(set(fer.evaluate("run").scores["metric"]))
    ['macro_f1', 'uar', 'war']
    >>> fer.evaluate("run", dataset="data").scores["part"].unique().tolist()
    ['test']
    """
    from ferfusion.api.scores import Scores  # noqa: PLC0415 pandas, matplotlib
    from ferfusion.evaluation.evaluate import (  # noqa: PLC0415
        check_measurement_folder,
        evaluate_measurement,
        evaluate_run,
    )
    from ferfusion.preparation.identity import dataset_identity  # noqa: PLC0415 pandas

    how = with_settings(EvaluateRecipe, recipe, settings)
    if dataset is None:
        if model is None or isinstance(model, Model):
            raise ConfigError(
                "evaluate needs a run, or a model and a dataset to measure it on; add the dataset"
            )
        if part or out is not None:
            raise ConfigError("part and out are for a measurement on a dataset; add the dataset")
        if is_shipped(model):
            raise ConfigError(
                "shipped, the model that comes with the package, has no test people of its own; name a "
                "dataset to measure it on with --dataset"
            )
        folder = as_run(model).folder
        check_output_folder(folder)
        return Scores(evaluate_run(folder, how))
    place = None if out is None else as_folder(out)
    if part:
        choose(dict.fromkeys((*PARTS, ALL)), part, what="part")
    data, loaded = as_dataset(dataset), load_model(model, device=device)
    if place is not None:
        check_measurement_folder(place, model_sha256=_sha256(loaded), identity=dataset_identity(data._opened))
    with shown(progress) as on_progress:
        measurement = measure_model(loaded, data, part=part, device=device, on_progress=on_progress)
    return Scores(evaluate_measurement(measurement, how, out=place))


def _sha256(model: Model) -> str:
    from ferfusion.inference.predictor import SHIPPED  # noqa: PLC0415 torch

    return sha256_of(model.path or SHIPPED)


def measure_model(
    model: Run | Model | PathOrText | None,
    dataset: Dataset,
    *,
    part: str = "",
    parts: Mapping[str, str] | None = None,
    device: str = "auto",
    on_progress: OnProgress = ignore_progress,
) -> "Measurement":
    """Return the predictions of a model on a dataset, with the protocol; arguments as of ``evaluate``.

    ``parts`` is the part of each clip, where several models are measured on the same people.
    """
    from ferfusion.inference.measure import measure  # noqa: PLC0415 torch

    loaded = load_model(model, device=device)
    return measure(
        loaded._predictor,
        dataset._opened,
        part=part,
        parts=parts,
        **_files_of(loaded),
        on_progress=on_progress,
    )


def check_model(
    model: Run | Model | PathOrText | None, dataset: Dataset, *, part: str, parts: Mapping[str, str] | None
) -> None:
    """Refuse what ``measure_model`` refuses, without a prediction."""
    from ferfusion.inference.measure import check_measurable  # noqa: PLC0415 torch

    loaded = load_model(model, device="cpu")
    check_measurable(loaded._predictor, dataset._opened, part=part, parts=parts, **_files_of(loaded))


def _files_of(model: Model) -> dict[str, Any]:
    """Return the file of a model, and its run if it lies in one."""
    from ferfusion.evaluation.run_folder import RunFolder  # noqa: PLC0415 pandas
    from ferfusion.inference.predictor import SHIPPED  # noqa: PLC0415 torch

    file = model.path or SHIPPED
    run = RunFolder(file.parent)
    return {"file": file, "run": run if run.config_file.is_file() and file == run.bundle_file else None}
