"""The trained model on disk: one safetensors file with everything that a prediction needs.

The tensors are the weights; the header has the rest as JSON text. Reading a bundle runs no code from the
file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

import ferfusion
from ferfusion.errors import BundleError, ConfigError
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.files import write_whole
from ferfusion.labels import LabelSet
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.recipe import PrepareRecipe

FORMAT = "ferfusion-bundle"
FORMAT_VERSION = 1


class TrainingSummary(TypedDict, total=False):
    """The training of a bundle; a bundle that was imported has the keys of the second paragraph.

    Attributes:
        recipe: Fields of the ``TrainRecipe``.
        start: SHA-256 of each file of initial weights.
        corpus: Name of the corpus's layout, or ``unknown``.
        split_hash: Hash of the split.
        parameters: Number of trainable values.
        epochs: Number of epochs.
        best_epoch: Epoch of the weights.
        seconds: Duration of the training.

        imported_from: Name of the imported file.
        sha256: Hash of the imported file.
        keras_version: Version of Keras that wrote it, or ``unknown``.
        outputs_in_file: Labels of its outputs, in the order of the file.
        largest_pixel: Value of a white pixel in its training, 1 or 255.
        weights_alone: Whether it has weights and no layer graph.
        note: What is not known about the model, as text.
    """

    recipe: dict[str, Any]
    start: dict[str, str]
    corpus: str
    split_hash: str
    parameters: int
    epochs: int
    best_epoch: int
    seconds: float
    imported_from: str
    sha256: str
    keras_version: str
    outputs_in_file: list[str]
    largest_pixel: int
    weights_alone: bool
    note: str


class BundleMetrics(TypedDict, total=False):
    """The validation scores of a bundle.

    Attributes:
        part: Part that they were measured on: ``validation``.
        level: What was scored: ``pair`` or ``video``.
        war: Accuracy.
        uar: Mean recall over the classes.
        majority_war: Accuracy of always answering the most frequent class.
        majority_uar: Mean recall of the same.
        confusion: Confusion matrix, a row for each true class.
        calibration: Fields of the ``Calibration``; absent for a model that was not calibrated.
    """

    part: str
    level: str
    war: float
    uar: float
    majority_war: float
    majority_uar: float
    confusion: list[list[int]]
    calibration: dict[str, Any]


@dataclass(frozen=True)
class BundleInfo:
    """What a prediction needs to know about a model, whatever runs it.

    Attributes:
        labels: The classes, in the order of the model's outputs.
        prepare_recipe: How a video becomes the model's input.
        calibration: Temperature and thresholds of the model's probabilities.
        window: Number of crops that the model reads for a face, the face's own included; 0 for a model
            without windows.
        frame_step: Frames from each crop of a window to the next.
        streams: Streams of the model: spatial reads the crop, flow the optical flow, all others the window.
        flow_encoding: How the flow becomes an image, a name of ``FLOW_ENCODINGS``.
    """

    labels: LabelSet
    prepare_recipe: PrepareRecipe
    calibration: Calibration
    window: int = 0
    frame_step: int = 1
    streams: tuple[str, ...] = ("spatial", "flow")
    flow_encoding: str = ModelConfig.flow_encoding

    @property
    def reads_flow(self) -> bool:
        """Whether the model reads optical flow."""
        return "flow" in self.streams


@dataclass(frozen=True)
class Bundle:
    """A trained model with everything that a prediction needs.

    Attributes:
        weights: The model's tensors by name.
        model_config: The network of the weights.
        labels: The classes, in the order of the model's outputs.
        prepare_recipe: How its training videos became input; a new video is prepared in the same way.
        training: Summary of the training.
        metrics: Validation scores and calibration.
        rights: Licence and rights, as text.
        version: Version of this package that wrote it.
    """

    weights: Mapping[str, Tensor]
    model_config: ModelConfig
    labels: LabelSet
    prepare_recipe: PrepareRecipe
    training: TrainingSummary
    metrics: BundleMetrics
    rights: str
    version: str = ferfusion.__version__

    @property
    def info(self) -> BundleInfo:
        """What a prediction needs to know about the model."""
        config = self.model_config
        return BundleInfo(
            labels=self.labels,
            prepare_recipe=self.prepare_recipe,
            calibration=Calibration.of(self.metrics),
            window=config.window,
            frame_step=config.frame_step,
            streams=config.streams,
            flow_encoding=config.flow_encoding,
        )

    def build_model(self) -> ExpressionModel:
        """Return the model with its weights, in evaluation mode.

        Raises:
            BundleError: the weights do not fit the model config.
        """
        model = build_model(self.model_config, len(self.labels))
        expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
        found = {name: tuple(tensor.shape) for name, tensor in self.weights.items()}
        if expected != found:
            name = min(name for name in {*expected, *found} if expected.get(name) != found.get(name))
            raise BundleError(
                f"The bundle's weights do not fit its model config: {name} is {found.get(name, 'missing')}, "
                f"expected {expected.get(name, 'no such tensor')}; the file is damaged or of another version"
            )
        model.load_state_dict(dict(self.weights))
        return model.eval()


def bundle_metadata(bundle: Bundle) -> dict[str, str]:
    """Return everything of a bundle except its weights, as text."""
    return {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "version": bundle.version,
        "model": json.dumps(bundle.model_config.to_dict()),
        "labels": json.dumps(bundle.labels.names),
        "prepare_recipe": json.dumps(bundle.prepare_recipe.to_dict()),
        "prepare_recipe_hash": bundle.prepare_recipe.hash,
        "training": json.dumps(dict(bundle.training)),
        "metrics": json.dumps(dict(bundle.metrics)),
        "rights": bundle.rights,
    }


def save_bundle(path: Path, bundle: Bundle) -> None:
    """Write a bundle whole or not at all."""
    weights = {name: tensor.contiguous() for name, tensor in bundle.weights.items()}
    # save_file would make a file that only its owner may read
    write_whole(path, lambda partial: partial.write_bytes(save(weights, bundle_metadata(bundle))))


def load_bundle(path: Path) -> Bundle:
    """Read a bundle; weights in half precision become single precision.

    Raises:
        BundleError: the file is missing, is damaged, is not a bundle, or was written by a newer version.
    """
    if not path.is_file():
        raise BundleError(f"There is no bundle {path}; `ferfusion train` writes one into its run folder")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {name: _single(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118 not a dict
    except SafetensorError as error:
        raise BundleError(
            f"{path} is damaged, or is not a bundle ({error}); copy or train it again"
        ) from error
    return bundle_of(path, metadata, weights)


def bundle_of(path: Path, metadata: Mapping[str, str], weights: Mapping[str, Tensor]) -> Bundle:
    """Return the bundle of these metadata and weights.

    Args:
        path: The file that they were read from, for messages.
        metadata: Everything except the weights, as ``bundle_metadata`` returns it.
        weights: The model's tensors by name.

    Raises:
        BundleError: the metadata have another format, or a value that cannot be used.
    """
    _check_format(path, metadata)
    try:
        return _bundle(metadata, weights)
    except (KeyError, ValueError, TypeError, ConfigError) as error:
        reason = f"no {error} in it" if isinstance(error, KeyError) else str(error)
        raise BundleError(f"{path} cannot be used by ferfusion {ferfusion.__version__}: {reason}") from error


def check_recipe(bundle: Bundle, prepare_recipe: PrepareRecipe) -> None:
    """Check that a dataset was prepared in the same way as the data that the model was trained on.

    Raises:
        BundleError: the two recipes differ; the message names the settings.
    """
    differences = bundle.prepare_recipe.differences(prepare_recipe)
    if differences:
        raise BundleError(
            f"The data was prepared in another way than the model's training data: {'; '.join(differences)}. "
            "Prepare it again with the expected settings"
        )


def _check_format(path: Path, metadata: Mapping[str, str]) -> None:
    if metadata.get("format") != FORMAT:
        raise BundleError(f"{path} is not a bundle; `ferfusion train` writes bundles")
    found = metadata.get("format_version", "")
    if found != str(FORMAT_VERSION):
        raise BundleError(
            f"{path} has bundle format {found!r}, this version of ferfusion reads {FORMAT_VERSION}; "
            f"it was written by ferfusion {metadata.get('version', 'of unknown version')}"
        )


def _single(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype == torch.float16 else tensor


def _bundle(metadata: Mapping[str, str], weights: Mapping[str, Tensor]) -> Bundle:
    prepare_recipe = PrepareRecipe.from_dict(json.loads(metadata["prepare_recipe"]))
    if prepare_recipe.hash != metadata["prepare_recipe_hash"]:
        raise ValueError("the preparation recipe does not have the hash that was written with it")
    if not all(torch.isfinite(tensor).all() for tensor in weights.values()):
        raise ValueError("its weights are not all finite numbers")
    return Bundle(
        weights=weights,
        model_config=ModelConfig.from_dict(json.loads(metadata["model"])),
        labels=LabelSet(tuple(json.loads(metadata["labels"]))),
        prepare_recipe=prepare_recipe,
        training=cast("TrainingSummary", json.loads(metadata["training"])),
        metrics=cast("BundleMetrics", json.loads(metadata["metrics"])),
        rights=metadata["rights"],
        version=metadata["version"],
    )
