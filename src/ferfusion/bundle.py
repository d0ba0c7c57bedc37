"""The trained model on disk: one safetensors file with everything that a prediction needs.

The tensors are the weights; the header has the rest as JSON text. Reading a bundle runs no code from the
file.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast, get_type_hints

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

import ferfusion
from ferfusion.errors import BundleError, ConfigError, in_one_line
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.evaluation.model_scores import BundleMetrics, check_metrics, model_caution
from ferfusion.evaluation.training_summary import TrainingSummary
from ferfusion.files import no_such, parse_json, utf8_path, write_whole
from ferfusion.label_set import LabelSet
from ferfusion.models.architectures import ACTION_STREAM
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.build import build_model, empty_tensors
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.recipe import has_type

FORMAT = "ferfusion-bundle"
FORMAT_VERSION = 1
_MAX_HEADER_BYTES, _MAX_ENTRY_CHARACTERS, _MAX_VERSION_CHARACTERS = 2**22, 2**20, 100
_LARGEST_NUMBER = 2**53
"""Numbers in the summaries are below it, so that they are exact in JSON and in tables."""
_TYPES = MappingProxyType(
    {"F32": torch.float32, "F16": torch.float16, "I64": torch.int64, "BOOL": torch.bool}
)
"""The types of the tensors of a bundle, by their names in the file."""
_Described = tuple[tuple[int, ...], object]  # shape and type of a tensor


_Summary = TypeVar("_Summary", TrainingSummary, BundleMetrics)


@dataclass(frozen=True)
class BundleInfo:
    """What a prediction needs to know about a model, whatever runs it.

    Attributes:
        labels: The classes, in the order of the model's outputs.
        prepare_recipe: How a video becomes the model's input.
        calibration: Temperature and thresholds of the model's probabilities.
        window: Number of crops that the model reads for a face, the face's own included, or rows of action
            curves; 0 for a model without windows.
        frame_step: Frames from each crop of a window to the next.
        streams: Streams of the model: spatial reads the crop, flow the optical flow, all others the window.
        flow_encoding: How the flow becomes an image, a name of ``FLOW_ENCODINGS``.
        caution: Why its verdicts cannot be trusted (``model_caution``); empty if they can.
        training: Summary of its training.
    """

    labels: LabelSet
    prepare_recipe: PrepareRecipe
    calibration: Calibration
    window: int = 0
    frame_step: int = 1
    streams: tuple[str, ...] = ("spatial", "flow")
    flow_encoding: str = ModelConfig.flow_encoding
    caution: str = ""
    training: TrainingSummary = field(default_factory=TrainingSummary)

    @property
    def reads_flow(self) -> bool:
        """Whether the model reads optical flow."""
        return "flow" in self.streams

    @property
    def reads_actions(self) -> bool:
        """Whether the model reads facial actions; its window is one of action curves then."""
        return ACTION_STREAM in self.streams

    @property
    def actions(self) -> str:
        """Estimator of the facial actions that the model reads; empty if it reads none."""
        return self.training.get("actions", "") if self.reads_actions else ""


@dataclass(frozen=True)
class Description:
    """What a file says about its model beside the network, as the attributes of ``Bundle``."""

    labels: LabelSet
    prepare_recipe: PrepareRecipe
    training: TrainingSummary
    metrics: BundleMetrics
    rights: str
    version: str = ferfusion.__version__

    def to_metadata(self) -> dict[str, str]:
        """Return the description as text."""
        return {
            "version": self.version,
            "labels": json.dumps(self.labels.names),
            "prepare_recipe": json.dumps(self.prepare_recipe.to_dict()),
            "prepare_recipe_hash": self.prepare_recipe.hash,
            "training": json.dumps(dict(self.training)),
            "metrics": json.dumps(dict(self.metrics)),
            "rights": self.rights,
        }


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
            caution=model_caution(self.metrics),
            training=self.training,
        )

    def build_model(self) -> ExpressionModel:
        """Return the model with its weights, in evaluation mode.

        Raises:
            BundleError: the weights do not fit the model config.
        """
        _check_fit(self, {name: (tuple(each.shape), each.dtype) for name, each in self.weights.items()})
        model = build_model(self.model_config, len(self.labels))
        model.load_state_dict(dict(self.weights))
        return model.eval()


def bundle_metadata(bundle: Bundle) -> dict[str, str]:
    """Return everything of a bundle except its weights, as text."""
    description = Description(**{each.name: getattr(bundle, each.name) for each in fields(Description)})
    model = json.dumps(bundle.model_config.to_dict())
    head = {"format": FORMAT, "format_version": str(FORMAT_VERSION), "model": model}
    return head | description.to_metadata()


def save_bundle(path: Path, bundle: Bundle) -> None:
    """Write a bundle whole or not at all."""
    weights = {name: tensor.contiguous() for name, tensor in bundle.weights.items()}
    # save_file would make a file that only its owner may read
    write_whole(path, lambda partial: partial.write_bytes(save(weights, bundle_metadata(bundle))))


def load_bundle(path: Path) -> Bundle:
    """Read a bundle; weights in half precision become single precision.

    The settings are checked before a tensor is read, and the shapes of the tensors before their values.

    Raises:
        BundleError: the file is missing, is damaged, is not a bundle, or was written by a newer version; its
            weights do not fit its model config, or are not finite.
    """
    if not path.is_file():
        found = no_such(path, wanted="bundle")
        raise BundleError(f"{found}; `ferfusion train` writes one into its run folder")
    try:
        _check_header(path)
        with utf8_path(path) as name, safe_open(name, framework="pt") as file:
            bundle = bundle_of(path, file.metadata() or {})
            names = list(file.keys())
            slices = {name: file.get_slice(name) for name in names}
            _check_fit(
                bundle,
                {
                    name: (tuple(each.get_shape()), _TYPES.get(each.get_dtype(), each.get_dtype()))
                    for name, each in slices.items()
                },
            )
            weights = {name: _single(file.get_tensor(name)) for name in names}
    except (SafetensorError, OSError, ValueError) as error:
        raise BundleError(
            f"{path} is damaged, or is not a bundle ({in_one_line(error)}); copy or train it again"
        ) from error
    if not all(torch.isfinite(tensor).all() for tensor in weights.values()):
        raise BundleError(f"{path} has weights that are not all finite numbers; train it again")
    return replace(bundle, weights=weights)


def bundle_of(path: Path, metadata: Mapping[str, str]) -> Bundle:
    """Return the bundle of these metadata, without weights.

    Args:
        path: The file that they were read from, for messages.
        metadata: Everything except the weights, as ``bundle_metadata`` returns it.

    Raises:
        BundleError: the metadata have another format, or a value that cannot be used.
    """
    _check_format(path, metadata)
    with unusable(path):
        description = description_of(metadata)
        model_config = ModelConfig.from_dict(parse_json(metadata["model"]))
        if model_config.size != description.prepare_recipe.size:
            raise ValueError(
                f"the model reads crops of {model_config.size} pixels, and its preparation makes crops of "
                f"{description.prepare_recipe.size}"
            )
        return Bundle(weights={}, model_config=model_config, **vars(description))


@contextmanager
def unusable(path: Path) -> Iterator[None]:
    """Raise a BundleError for whatever is wrong with the metadata of a file."""
    try:
        yield
    except (KeyError, ValueError, TypeError, ConfigError) as error:
        reason = f"no {error} in it" if isinstance(error, KeyError) else in_one_line(error)
        raise BundleError(f"{path} cannot be used by ferfusion {ferfusion.__version__}: {reason}") from error


def check_answers(probabilities: NDArray[np.floating[Any]]) -> None:
    """Refuse the answers of a model whose weights are finite, and whose probabilities are not.

    Raises:
        BundleError: a probability is not a finite number.
    """
    if not np.isfinite(probabilities).all():
        raise BundleError(
            "The model gives probabilities that are not finite numbers; its weights are damaged: use another "
            "copy, or train it again"
        )


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


def _check_header(path: Path) -> None:
    """Refuse a long header, of which the reader would make many times its size in objects."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
    if length > _MAX_HEADER_BYTES:
        raise ValueError(f"its header has {length:,} bytes, at most {_MAX_HEADER_BYTES:,} are read")


def _check_fit(bundle: Bundle, found: Mapping[str, _Described]) -> None:
    """Compare tensors with those of the model config, which are described without being made."""
    expected: dict[str, _Described] = {
        name: (tuple(tensor.shape), tensor.dtype)
        for name, tensor in empty_tensors(bundle.model_config, len(bundle.labels)).items()
    }
    for name in sorted({*expected, *found}):
        (shape, kind), (wanted, wanted_kind) = (each.get(name, (None, None)) for each in (found, expected))
        if shape != wanted:
            shown = name if name in expected else f"{name!r:.80}"
            raise BundleError(
                f"The bundle's weights do not fit its model config: {shown} is "
                f"{'missing' if shape is None else shape}, expected "
                f"{'no such tensor' if wanted is None else wanted}; the file is damaged or of another version"
            )
        if kind != wanted_kind and (kind, wanted_kind) != (torch.float16, torch.float32):
            raise BundleError(
                f"The bundle's weights do not fit its model config: {name} has the type {kind}, expected "
                f"{wanted_kind}; the file is damaged or of another version"
            )


def _check_format(path: Path, metadata: Mapping[str, str]) -> None:
    if metadata.get("format") != FORMAT:
        raise BundleError(f"{path} is not a bundle; `ferfusion train` writes bundles")
    found = metadata.get("format_version", "")
    if found != str(FORMAT_VERSION):
        raise BundleError(
            f"{path} has bundle format {found!r:.20}, this version of ferfusion reads {FORMAT_VERSION}; "
            f"it was written by ferfusion {metadata.get('version', 'of unknown version')!r:.20}"
        )


def _single(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype == torch.float16 else tensor


def description_of(metadata: Mapping[str, str]) -> Description:
    """Return the description in the metadata of a file; for use within ``unusable``."""
    for name, text in metadata.items():
        if len(text) > _MAX_ENTRY_CHARACTERS:
            raise ValueError(
                f"{name!r:.80} has {len(text):,} characters, at most {_MAX_ENTRY_CHARACTERS:,} are read"
            )
    version = metadata["version"]
    if len(version) > _MAX_VERSION_CHARACTERS:
        raise ValueError(
            f"its version has {len(version):,} characters, at most {_MAX_VERSION_CHARACTERS} are read"
        )
    prepare_recipe = PrepareRecipe.from_dict(parse_json(metadata["prepare_recipe"]))
    if prepare_recipe.hash != metadata["prepare_recipe_hash"]:
        raise ValueError("the preparation recipe does not have the hash that was written with it")
    names = parse_json(metadata["labels"])
    if not has_type(names, list[str]):
        raise ValueError(f"its labels must be a list of names, got {names!r:.80}")
    labels = LabelSet(tuple(names))
    described = Description(
        labels=labels,
        prepare_recipe=prepare_recipe,
        training=_summary(metadata["training"], TrainingSummary),
        metrics=_summary(metadata["metrics"], BundleMetrics),
        rights=metadata["rights"],
        version=version,
    )
    check_metrics(described.metrics, classes=len(labels))
    return described


def _summary(text: str, kind: type[_Summary]) -> _Summary:
    """Return the values of a summary, whose known names have their types."""
    values = parse_json(text)
    if not isinstance(values, dict):
        raise ValueError(f"its {kind.__name__} must be named values, got {values!r:.80}")
    for name, wanted in get_type_hints(kind).items():
        if name in values and not has_type(values[name], wanted):
            raise ValueError(f"its {name} has a value of another type, {values[name]!r:.80}")
        if wanted in (int, float) and not 0 <= values.get(name, 0) < _LARGEST_NUMBER:
            raise ValueError(f"its {name} must be 0 or more and below 2^53, got {values[name]!s:.80}")
    return cast("_Summary", values)
