"""Export one of the report's networks as a Keras file, which Keras 2 and 3 open. Needs the extra ``keras``.

The inputs are ``spatial``, the face, and ``flow``, its encoded flow: (B, S, S, 3) with values in [0, 1], as
``model_inputs`` returns them, with the colours last. The output are the probabilities of the bundle's labels,
in their order, before a temperature.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferfusion.bundle import Bundle, bundle_metadata
from ferfusion.errors import ConfigError
from ferfusion.exchange.keras_files import GROUP_NAMES, KerasLayer, KerasModel, unique_names
from ferfusion.exchange.keras_graph import ENDS, HEAD, OPERATORS, STREAM, Step
from ferfusion.exchange.keras_scaling import scaling_layers
from ferfusion.exchange.keras_writer import write_keras
from ferfusion.models.config import ModelConfig
from ferfusion.models.fusion import fusions
from ferfusion.models.small_cnn import SmallShape, find_small_shape

SUFFIXES = (".h5", ".keras")
KERAS_VERSION = "2.15.0"
"""The version whose form the files have; Keras 3 reads it."""
_ARCHITECTURES = ("two-stream", "spatial")
Arrays = Mapping[str, NDArray[np.float32]]


def export_keras(bundle: Bundle, path: Path) -> None:
    """Write a bundle as a Keras file, whole or not at all: HDF5 if the name ends in .h5, else an archive.

    Raises:
        ConfigError: the model is not one of the networks that a Keras file can have.
        MissingExtraError: h5py is not installed.
    """
    write_keras(keras_model(bundle), path)


def keras_model(bundle: Bundle) -> KerasModel:
    """Return the layers of a bundle's network.

    Raises:
        ConfigError: the model is not one of the networks that a Keras file can have.
    """
    config = bundle.model_config
    shape = _check(config)
    arrays = {name: tensor.numpy() for name, tensor in bundle.weights.items()}
    streams = [list(_stream(name, config, shape, arrays)) for name in config.streams]
    # Keras gives weights to layers by their order, which is by the distance to the output
    layers = list(chain.from_iterable(zip(*streams, strict=True)))
    last = [stream[-1].name for stream in streams]
    if len(streams) > 1:
        settings = {"axis": -1} if _operator(config) == "Concatenate" else {}
        fusion = KerasLayer("fusion", _operator(config), settings, tuple(last))
        layers.append(fusion)
        last = [fusion.name]
    layers += _head(last[0], config, shape, arrays)
    return KerasModel(
        {layer.name: layer for layer in layers},
        inputs=config.streams,
        outputs=(layers[-1].name,),
        version=KERAS_VERSION,
        metadata=bundle_metadata(bundle),
    )


def _check(config: ModelConfig) -> SmallShape:
    """Return the shape of the streams of a network that a Keras file can have."""
    shape = find_small_shape(config.stream)
    if config.architecture not in _ARCHITECTURES:
        reason = f"the architecture {config.architecture}"
    elif shape is None:
        reason = f"the stream {config.stream}"
    elif config.kind.has_operator and fusions()[config.fusion][1] not in OPERATORS.values():
        reason = f"the fusion {config.fusion}"
    elif config.output != "softmax":
        reason = f"the output {config.output}"
    else:
        return shape
    raise ConfigError(
        f"A Keras file cannot have {reason}; it can have the report's networks: "
        f"{' and '.join(_ARCHITECTURES)} with the streams listing, table1 and spatial-map, fused by concat, "
        "sum, average, max or product. Export this model to a .onnx file"
    )


def _operator(config: ModelConfig) -> str:
    """Return Keras' kind of the layer that fuses the streams."""
    return next(kind for kind, name in OPERATORS.items() if name == fusions()[config.fusion][1])


def _stream(name: str, config: ModelConfig, shape: SmallShape, arrays: Arrays) -> Iterator[KerasLayer]:
    """Yield the layers of one stream, from its input to its vector."""
    layer, _ = fusions()[config.fusion]
    end = ENDS[layer][0 if shape.last_pool or layer == "gap" else 1]
    image = KerasLayer(name, "InputLayer", {"batch_input_shape": [None, config.size, config.size, 3]})
    scaling = scaling_layers(config.input_scaling, name)
    yield image
    yield from scaling
    source = scaling[-1].name if scaling else name
    steps = (*STREAM[1:], *end)
    names = unique_names(GROUP_NAMES[step.kind] for step in steps)
    convs = iter(range(1, 6))
    for step, layer_name in zip(steps, names, strict=True):
        weights: tuple[NDArray[np.float32], ...] = ()
        if step.kind == "Conv2D":
            weights = _weights(f"{name}_stream.conv{next(convs)}", arrays)
        made = _layer(step, f"{name}_{layer_name}", source, weights)
        yield made
        source = made.name


def _head(source: str, config: ModelConfig, shape: SmallShape, arrays: Arrays) -> Iterator[KerasLayer]:
    """Yield the layers of the head, which reads the layer ``source``."""
    for number, step in enumerate(HEAD, start=1):
        kernel, bias = _weights(f"head.dense{number}", arrays)
        if number == 1:
            joined = len(config.streams) if fusions()[config.fusion][1] == "concat" else 1
            kernel = _channels_last(kernel, shape.late, maps=joined)
        name = f"dense{number}" if number < len(HEAD) else "probabilities"
        yield (dense := _layer(step, name, source, (kernel, bias)))
        source = dense.name
        if number < len(HEAD):
            yield KerasLayer(f"dropout{number}", "Dropout", {"rate": config.dropout}, (source,))
            source = f"dropout{number}"


def _layer(step: Step, name: str, source: str, weights: tuple[NDArray[np.float32], ...]) -> KerasLayer:
    sizes = {"Conv2D": "filters", "Dense": "units"}
    size: dict[str, Any] = {sizes[step.kind]: len(weights[1])} if weights else {}
    return KerasLayer(name, step.kind, {**step.settings, **size}, (source,), weights)


def _weights(name: str, arrays: Arrays) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return kernel (H, W, in, out) or (in, out), and bias."""
    kernel = np.moveaxis(arrays[f"{name}.weight"], (0, 1), (-1, -2))
    return np.ascontiguousarray(kernel), arrays[f"{name}.bias"]


def _channels_last(kernel: NDArray[np.float32], channels: int, *, maps: int) -> NDArray[np.float32]:
    """Return the kernel of the first dense layer for maps flattened as (H, W, C); ours are (C, H, W)."""
    units = kernel.shape[1]
    return kernel.reshape(maps, channels, -1, units).swapaxes(1, 2).reshape(-1, units)
