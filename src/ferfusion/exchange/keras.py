"""A model that Keras trained, as a bundle: the same function, with what is known and unknown about it said.

A Keras file says neither what the outputs mean, nor in which range the pixels were, nor how a video becomes
pictures. The notebooks say it for their models; see ``NOTEBOOKS`` and ``NOTEBOOK_RECIPE``.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from ferfusion.bundle import Bundle
from ferfusion.errors import BundleError, ConfigError
from ferfusion.exchange.keras_files import KerasLayer, read_keras
from ferfusion.exchange.keras_graph import KerasNetwork, KerasStream, find_network
from ferfusion.exchange.keras_weights import our_weights
from ferfusion.labels import LABEL_SETS, SIX, LabelSet, canonical_emotion
from ferfusion.models.config import ModelConfig
from ferfusion.models.small_cnn import SMALL_SHAPES
from ferfusion.models.zoo import build_model, count_parameters
from ferfusion.preparation.recipe import PrepareRecipe


@dataclass(frozen=True)
class Reading:
    """How the outputs and the pictures of a model are to be read, which its file does not say.

    Attributes:
        labels: What each output means.
        largest_pixel: Value of a white pixel, 1 or 255, in the pictures that it was trained on.
    """

    labels: LabelSet
    largest_pixel: int

    def __post_init__(self) -> None:
        if self.largest_pixel not in (1, 255):
            raise ConfigError(f"largest_pixel must be 1 or 255, got {self.largest_pixel}")


BAUM1S_AS_TEXT = LabelSet(("Anger", "Sadness", "Surprise", "Disgust", "Fear", "Happiness"))
"""The six classes by their codes in BAUM-1s, 1, 10, 11, 6, 7 and 8: sorted as text, as Keras sorts them."""
NOTEBOOKS = MappingProxyType(
    {
        # the notebooks of section 3 take pixels as they are, and BAUM-1s' own codes: the last output of the
        # report's Figure 10 is Happiness
        "listing": Reading(BAUM1S_AS_TEXT, largest_pixel=255),
        # those of Table 1 divide by 255, and count the six classes from 1 to 6
        "table1": Reading(SIX, largest_pixel=1),
        "spatial-map": Reading(SIX, largest_pixel=1),
    }
)
"""The reading of the author's notebooks, by the stream that each of them trains."""
NOTEBOOK_RECIPE = PrepareRecipe(flow_size=100, keep_every=1, smoothing=0.0)
"""The nearest that preparation comes to the notebooks: in every frame the box as the Haar cascades find it,
without margin, and Farneback's flow, computed at 100 pixels as on the author's web page."""
NO_RIGHTS = (
    "Imported from a Keras file; no licence was stated. Rights in the training data may bind whoever uses or "
    "passes on this model."
)
_NOT_KNOWN = (
    "Imported from Keras. What it was trained on and what it reaches is not known here; measure it on people "
    "that its training never saw before you rely on it."
)
_PREPARED_OTHERWISE = (
    "The notebooks cut the two faces of a flow with a box each, compute the flow at the size of the clip's "
    "first face, and pair it with the later face; here both are cut with one box, the flow is computed at "
    "one size, and it is paired with the earlier face."
)


@dataclass(frozen=True)
class ImportedModel:
    """A bundle, and how the Keras file was read.

    Attributes:
        bundle: The model; its outputs are in this project's order of classes.
        inputs: Names of the Keras inputs, that of the face first.
        reading: What was said, or else taken from the notebooks, about outputs and pixels.
    """

    bundle: Bundle
    inputs: tuple[str, ...]
    reading: Reading


def import_keras_model(
    path: Path,
    *,
    spatial_input: str = "",
    labels: Sequence[str] = (),
    largest_pixel: int | None = None,
    recipe: PrepareRecipe | None = None,
    rights: str = NO_RIGHTS,
) -> ImportedModel:
    """Read a Keras file of one of the report's networks.

    Args:
        path: A ``.h5`` or ``.keras`` file.
        spatial_input: Name of the input that takes the face; the first one where it is not given.
        labels: What the outputs mean, in order; the notebooks' order where it is not given.
        largest_pixel: Value of a white pixel in training, 1 or 255; the notebooks' where it is not given.
        recipe: How the training videos were prepared; the notebooks' way where it is not given.
        rights: Licence and rights, for the bundle.

    Raises:
        BundleError: the file cannot be read, or has something in it that cannot be mapped.
        ConfigError: a setting does not fit the file.
        MissingExtraError: h5py is not installed.
    """
    keras = read_keras(path)
    network = find_network(keras, spatial_input=spatial_input)
    config = _model_config(network)
    reading = _reading(network, config, labels, largest_pixel)
    ordered = _in_our_order(reading.labels)
    model = build_model(config, len(ordered))
    weights = our_weights(
        network,
        {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()},
        outputs=[reading.labels.code(name) for name in ordered.names],
        largest_pixel=reading.largest_pixel,
    )
    training = {
        "imported_from": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "keras_version": keras.version or "unknown",
        "outputs_in_file": list(reading.labels.names),
        "largest_pixel": reading.largest_pixel,
        "corpus": "unknown",
        "parameters": count_parameters(model),
        "weights_alone": not keras.outputs,
        "note": _NOT_KNOWN if recipe else f"{_NOT_KNOWN} {_PREPARED_OTHERWISE}",
    }
    bundle = Bundle(weights, config, ordered, _recipe(recipe, config), training, metrics={}, rights=rights)
    return ImportedModel(bundle, tuple(stream.input.name for stream in network.streams), reading)


def _model_config(network: KerasNetwork) -> ModelConfig:
    """Return the config of the network whose function this is."""
    first, *others = network.streams
    if any(_describe(stream) != _describe(first) for stream in others):
        raise BundleError(
            f"The streams of the Keras model differ ({'; '.join(map(_describe, network.streams))}); "
            "ferfusion cannot map it"
        )
    return ModelConfig(
        architecture="two-stream" if others else "spatial",
        fusion=f"{first.layer}-{network.operator}",
        stream=_stream_name(first),
        dropout=ModelConfig.dropout if network.dropout is None else network.dropout,
        flow_encoding="hsv",
        input_scaling="unit",
        size=_size(first.input),
    )


def _describe(stream: KerasStream) -> str:
    early, late = stream.channels
    pool = ", no average pooling before the flatten" if stream.last_pool is False else ""
    return f"{early} and {late} channels of {_size(stream.input)} pixels, {stream.layer}{pool}"


def _stream_name(stream: KerasStream) -> str:
    for name, shape in SMALL_SHAPES.items():
        # for gap, streams with and without the last pooling are the same: the first is taken
        if stream.channels == (shape.early, shape.late) and stream.last_pool in (shape.last_pool, None):
            return name
    streams = ", ".join(
        f"{name} ({shape.early} and {shape.late} channels{'' if shape.last_pool else ', no last pooling'})"
        for name, shape in SMALL_SHAPES.items()
    )
    raise BundleError(
        f"A stream of the Keras model has {_describe(stream)}; ferfusion has the streams {streams} and "
        "cannot map another"
    )


def _size(layer: KerasLayer) -> int:
    """Return the side of the pictures that an input takes; the notebooks' where the file does not say it."""
    shape = layer.settings.get("batch_shape", layer.settings.get("batch_input_shape"))
    if shape is None:
        return ModelConfig.size
    if len(shape) != 4 or shape[1] is None or shape[1] != shape[2] or shape[3] != 3:
        raise BundleError(
            f"The {layer} of the Keras model takes pictures of shape {tuple(shape[1:])}, wanted (48, 48, 3) "
            "or another square with 3 channels; ferfusion cannot map it"
        )
    return int(shape[1])


def _reading(
    network: KerasNetwork, config: ModelConfig, labels: Sequence[str], largest_pixel: int | None
) -> Reading:
    """Return how to read outputs and pixels: as said, else as in the notebook with such a stream."""
    notebook = NOTEBOOKS[config.stream]
    reading = Reading(
        labels=LabelSet(tuple(map(canonical_emotion, labels))) if labels else notebook.labels,
        largest_pixel=notebook.largest_pixel if largest_pixel is None else largest_pixel,
    )
    outputs = network.dense[-1].weights[1].size
    if len(reading.labels) != outputs:
        whose = "were given" if labels else "are the notebooks'"
        raise ConfigError(
            f"The Keras model has {outputs} outputs, and {len(reading.labels)} labels {whose}; "
            "name them all, in order, with --labels"
        )
    return reading


def _in_our_order(labels: LabelSet) -> LabelSet:
    """Return the same labels in this project's order, if it has one for them.

    >>> _in_our_order(BAUM1S_AS_TEXT) == SIX
    True
    """
    ours = (known for known in LABEL_SETS.values() if set(known.names) == set(labels.names))
    return next(ours, labels)


def _recipe(recipe: PrepareRecipe | None, config: ModelConfig) -> PrepareRecipe:
    """Return the preparation that was given, or the notebooks' for the model's size."""
    if recipe is None:
        flow_size = max(NOTEBOOK_RECIPE.flow_size, config.size)
        return replace(NOTEBOOK_RECIPE, size=config.size, flow_size=flow_size)
    if recipe.size != config.size:
        raise ConfigError(
            f"The Keras model reads pictures of {config.size} pixels, the preparation makes {recipe.size}; "
            "name the dataset that it was trained on"
        )
    return recipe


def describe_import(imported: ImportedModel, file: Path) -> list[str]:
    """Return what was read out of a Keras file, and what was assumed, in lines."""
    bundle, reading = imported.bundle, imported.reading
    config, recipe = bundle.model_config, bundle.recipe
    alone = ["The file has weights alone: they are taken to hang together as in the notebooks."]
    inputs = ", ".join(map(" ".join, zip(("face", "flow"), imported.inputs, strict=False)))
    return [
        f"{file.name} (Keras {bundle.training['keras_version']}): {config.architecture}, {config.fusion}, "
        f"stream {config.stream}, {bundle.training['parameters']:,} parameters",
        *(alone if bundle.training["weights_alone"] else []),
        f"Inputs: {inputs}",
        f"Outputs in the file: {', '.join(reading.labels.names)}; if not so, name them with --labels",
        f"A white pixel is {reading.largest_pixel}; if not so, say --largest-pixel",
        f"Videos are prepared with: detector {recipe.detector}, flow {recipe.flow} at "
        f"{recipe.flow_size or recipe.size} pixels, {recipe.size} pixels in, drawn as {config.flow_encoding}",
        "What it reaches is not known: measure it on people that its training never saw.",
    ]
