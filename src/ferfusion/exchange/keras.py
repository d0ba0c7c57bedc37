"""Import a Keras model as a bundle that computes the same function.

A Keras file does not have the labels of the outputs, the range of the pixels, or the preparation of the
videos. The notebooks of the report have them for their models; see ``NOTEBOOKS`` and ``NOTEBOOK_RECIPE``.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from ferfusion.bundle import Bundle, bundle_of
from ferfusion.errors import BundleError, ConfigError
from ferfusion.evaluation.training_summary import TrainingSummary
from ferfusion.exchange.keras_files import KerasLayer, read_keras
from ferfusion.exchange.keras_graph import KerasNetwork, KerasStream, find_network
from ferfusion.exchange.keras_hdf5 import MAX_ARRAY_BYTES
from ferfusion.exchange.keras_weights import our_weights
from ferfusion.exchange.keras_widths import Widths, widen, widths_of
from ferfusion.files import sha256_of
from ferfusion.label_set import LABEL_SETS, SIX, LabelSet, class_name
from ferfusion.models.build import empty_tensors
from ferfusion.models.config import ModelConfig
from ferfusion.models.small_cnn import SmallShape, small_shape_name
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.reporting.words import counted


@dataclass(frozen=True)
class Interpretation:
    """The labels and the pixel range of a model, which its file does not have.

    Attributes:
        labels: Label of each output, in order.
        largest_pixel: Value of a white pixel in the training images, 1 or 255.

    Raises:
        ConfigError: ``largest_pixel`` is neither 1 nor 255.
    """

    labels: LabelSet
    largest_pixel: int

    def __post_init__(self) -> None:
        if self.largest_pixel not in (1, 255):
            raise ConfigError(f"largest_pixel must be 1 or 255, got {self.largest_pixel}")


BAUM1S_AS_TEXT = LabelSet(("Anger", "Sadness", "Surprise", "Disgust", "Fear", "Happiness"))
"""The six classes, by their codes in BAUM-1s sorted as text, as Keras sorts: 1, 10, 11, 6, 7, 8."""
NOTEBOOKS = MappingProxyType(
    {
        # the notebooks of section 3 do not scale the pixels and use the codes of BAUM-1s: the last output in
        # the report's Figure 10 is Happiness
        "listing": Interpretation(BAUM1S_AS_TEXT, largest_pixel=255),
        # the notebooks of Table 1 divide by 255 and have the codes 1 to 6
        "table1": Interpretation(SIX, largest_pixel=1),
        "spatial-map": Interpretation(SIX, largest_pixel=1),
    }
)
"""Labels and pixel range of the author's notebooks, by the stream that the notebook trains."""
NOTEBOOK_RECIPE = PrepareRecipe(flow_size=100, keep_every=1, smoothing=0.0)
"""The preparation that is closest to the notebooks: the box of the Haar cascades in every frame, without
margin, and Farneback's flow, computed at 100 pixels as on the author's web page."""
NO_RIGHTS = (
    "Imported from a Keras file; no licence was stated. Rights in the training data may restrict the use and "
    "the distribution of this model."
)
_NOT_KNOWN = (
    "Imported from Keras. Its training data and its scores are not known; before you rely on it, evaluate it "
    "on people who are not in its training data."
)
_EXPORTED = (
    "Exported from a bundle to Keras and imported again, with the labels, training and scores of that bundle."
)
_PREPARED_OTHERWISE = (
    "The notebooks crop the two faces of a flow with two boxes, compute the flow at the size of the clip's "
    "first face, and pair it with the later face. ferfusion crops both with one box, computes the flow at "
    "one size, and pairs it with the earlier face."
)


@dataclass(frozen=True)
class ImportedModel:
    """An imported model.

    Attributes:
        bundle: The model; its outputs are in this project's order of classes.
        inputs: Names of the Keras inputs, the input of the face first.
        interpretation: Labels and pixel range of the file, as given, as exported, or as in the notebooks.
        is_exported: Whether an export wrote the file.
    """

    bundle: Bundle
    inputs: tuple[str, ...]
    interpretation: Interpretation
    is_exported: bool = False


def import_keras_model(
    path: Path,
    *,
    spatial_input: str = "",
    labels: Sequence[str] | LabelSet = (),
    largest_pixel: int | None = None,
    prepare_recipe: PrepareRecipe | None = None,
    rights: str | None = None,
) -> ImportedModel:
    """Import a Keras file of one of the report's networks, of any width.

    A file that an export wrote has its bundle's labels, preparation, training, scores and rights.

    Args:
        path: A ``.h5`` or ``.keras`` file.
        spatial_input: Name of the input of the face; without it, the first input.
        labels: Labels of the outputs, in order; without them, those of the notebooks.
        largest_pixel: Value of a white pixel in training, 1 or 255; without it, that of the notebooks.
        prepare_recipe: Preparation of the training videos; without it, that of the notebooks.
        rights: Licence and rights, for the bundle.

    Raises:
        BundleError: the file cannot be read, or has a layer that cannot be imported.
        ConfigError: a setting does not fit the file.
        MissingExtraError: h5py is not installed.
    """
    keras = read_keras(path)
    network = find_network(keras, spatial_input=spatial_input)
    widths = widths_of(network)
    exported = bundle_of(path, keras.metadata) if keras.metadata else None
    config = _model_config(network, widths, exported)
    interpretation = _interpretation(network, config, labels, largest_pixel, exported)
    is_of_export = exported is not None and interpretation.labels == exported.labels
    ordered = interpretation.labels if is_of_export else _in_our_order(interpretation.labels)
    shapes = {name: tuple(tensor.shape) for name, tensor in empty_tensors(config, len(ordered)).items()}
    _check_size(shapes)
    weights = our_weights(
        widen(network, widths),
        shapes,
        outputs=[interpretation.labels.code(name) for name in ordered.names],
        largest_pixel=interpretation.largest_pixel,
    )
    known: TrainingSummary = {
        "corpus": "unknown",
        "parameters": _count_parameters(network),
        "note": _NOT_KNOWN if prepare_recipe else f"{_NOT_KNOWN} {_PREPARED_OTHERWISE}",
    }
    if exported:
        known = {"parameters": _count_parameters(network), "note": _EXPORTED, **exported.training}
        prepare_recipe, rights = prepare_recipe or exported.prepare_recipe, rights or exported.rights
    training: TrainingSummary = {
        **known,
        "imported_from": path.name,
        "sha256": sha256_of(path),
        "keras_version": keras.version or "unknown",
        "outputs_in_file": list(interpretation.labels.names),
        "largest_pixel": interpretation.largest_pixel,
        "weights_alone": not keras.outputs,
    }
    bundle = Bundle(
        weights,
        config,
        ordered,
        _prepare_recipe(prepare_recipe, config),
        training,
        metrics=exported.metrics if exported and is_of_export else {},
        rights=NO_RIGHTS if rights is None else rights,
    )
    inputs = tuple(stream.input.name for stream in network.streams)
    return ImportedModel(bundle, inputs, interpretation, is_exported=exported is not None)


def _model_config(network: KerasNetwork, widths: Widths, exported: Bundle | None) -> ModelConfig:
    """Return the config of the network that computes the same function."""
    first, *others = network.streams
    if any(_describe(stream) != _describe(first) for stream in others):
        raise BundleError(
            f"The streams of the Keras model are different ({'; '.join(map(_describe, network.streams))}); "
            "ferfusion cannot import it"
        )
    # with gap, a stream computes the same with and without the last pooling
    shape = SmallShape(widths.early, widths.late, last_pool=first.last_pool is not False)
    try:
        return ModelConfig(
            architecture="two-stream" if others else "spatial",
            fusion=f"{first.layer}-{network.operator}",
            stream=small_shape_name(shape),
            head_units=widths.units,
            dropout=ModelConfig.dropout if network.dropout is None else network.dropout,
            flow_encoding=exported.model_config.flow_encoding if exported else "hsv",
            input_scaling=network.input_scaling,
            size=_size(first.input),
        )
    except ConfigError as error:
        raise BundleError(f"The Keras model cannot be imported: {error}") from error


def _describe(stream: KerasStream) -> str:
    pool = ", no average pooling before the flatten" if stream.last_pool is False else ""
    return f"images of {_size(stream.input)} pixels, {stream.layer}{pool}"


def _count_parameters(network: KerasNetwork) -> int:
    layers = [*network.dense, *(conv for stream in network.streams for conv in stream.convs)]
    return sum(array.size for layer in layers for array in layer.weights)


def _check_size(shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse layers of widths so different that the model would be much larger than its file."""
    size = 4 * sum(math.prod(shape) for shape in shapes.values())
    if size > MAX_ARRAY_BYTES:
        raise BundleError(
            f"The layers of the Keras model have widths so different that their model would take {size:,} "
            f"bytes, at most {MAX_ARRAY_BYTES:,} are built; ferfusion cannot import it"
        )


def _size(layer: KerasLayer) -> int:
    """Return the side of an input's images in pixels; that of the notebooks if the file does not have it."""
    shape = layer.settings.get("batch_shape", layer.settings.get("batch_input_shape"))
    if shape is None:
        return ModelConfig.size
    sides = tuple(shape[1:]) if isinstance(shape, list) else shape
    match sides:
        case (int(height), int(width), 3) if height == width:
            return height
    raise BundleError(
        f"The {layer} of the Keras model reads images of shape {sides!s:.80}; ferfusion can import squares "
        "with 3 channels, such as (48, 48, 3)"
    )


def _interpretation(
    network: KerasNetwork,
    config: ModelConfig,
    labels: Sequence[str] | LabelSet,
    largest_pixel: int | None,
    exported: Bundle | None,
) -> Interpretation:
    """Return labels and pixel range: as given, as exported, or as in the notebook with the same stream."""
    if exported:
        known, source = Interpretation(exported.labels, largest_pixel=1), "were exported"
    else:
        base = next((name for name in NOTEBOOKS if config.stream.startswith(name)), "listing")
        known, source = NOTEBOOKS[base], "are the notebooks'"
    if config.input_scaling != "unit" and largest_pixel not in (None, 1):
        raise ConfigError("The Keras model standardises images in [0, 1]; leave largest_pixel unset")
    if not isinstance(labels, LabelSet) and labels:
        labels = LabelSet(tuple(map(class_name, labels)))
    interpretation = Interpretation(
        labels=labels if isinstance(labels, LabelSet) else known.labels,
        largest_pixel=known.largest_pixel if largest_pixel is None else largest_pixel,
    )
    outputs = network.dense[-1].width
    if len(interpretation.labels) != outputs:
        raise ConfigError(
            f"The Keras model has {counted(outputs, 'output')}, and {len(interpretation.labels)} labels "
            f"{'were given' if labels else source}; "
            "name all labels, in order, with --labels"
        )
    return interpretation


def _in_our_order(labels: LabelSet) -> LabelSet:
    """Return the same labels in this project's order, if it has an order for them.

    >>> _in_our_order(BAUM1S_AS_TEXT) == SIX
    True
    """
    ours = (known for known in LABEL_SETS.values() if set(known.names) == set(labels.names))
    return next(ours, labels)


def _prepare_recipe(prepare_recipe: PrepareRecipe | None, config: ModelConfig) -> PrepareRecipe:
    """Return the given preparation, or that of the notebooks for the model's size."""
    if prepare_recipe is None:
        flow_size = max(NOTEBOOK_RECIPE.flow_size, config.size)
        return replace(NOTEBOOK_RECIPE, size=config.size, flow_size=flow_size)
    if prepare_recipe.size != config.size:
        raise ConfigError(
            f"The Keras model reads images of {config.size} pixels, the crops of the dataset have "
            f"{prepare_recipe.size}; name the dataset that the model was trained on"
        )
    return prepare_recipe


def describe_import(imported: ImportedModel, file: Path) -> list[str]:
    """Return the content of a Keras file and what was assumed about it, as lines of text."""
    bundle, interpretation = imported.bundle, imported.interpretation
    config, recipe = bundle.model_config, bundle.prepare_recipe
    if imported.is_exported:
        assumed = ["Its labels, preparation, training and scores are those of the bundle that was exported."]
    else:
        assumed = ["Its scores are not known: evaluate it on people who are not in its training data."]
    alone = ["The file has weights alone; the layers are assumed to be connected as in the notebooks."]
    inputs = ", ".join(map(" ".join, zip(("face", "flow"), imported.inputs, strict=False)))
    return [
        f"{file.name} (Keras {bundle.training['keras_version']}): {config.architecture}, {config.fusion}, "
        f"stream {config.stream}, {bundle.training['parameters']:,} parameters",
        *(alone if bundle.training["weights_alone"] else []),
        f"Inputs: {inputs}",
        f"Outputs in the file: {', '.join(interpretation.labels.names)}; if this is wrong, set --labels",
        f"A white pixel is {interpretation.largest_pixel}; if this is wrong, set --largest-pixel",
        f"Videos are prepared with: detector {recipe.detector}, flow {recipe.flow} at "
        f"{recipe.flow_size or recipe.size} pixels, crops of {recipe.size} pixels, flow encoding "
        f"{config.flow_encoding}",
        *assumed,
    ]
