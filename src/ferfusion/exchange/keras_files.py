"""Read the files that Keras writes: layers, their connections and their weights. Needs no TensorFlow.

There are four formats: the ``.h5`` of ``model.save`` in Keras 2 and 3, the ``.keras`` archive, and weights
alone, as ``.h5`` (Keras 2) or ``.weights.h5`` (Keras 2.15 and 3). A file with weights alone has no
connections.
"""

import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import BundleError
from ferfusion.extras import require

Weights = tuple[NDArray[Any], ...]

_GROUP_NAMES = MappingProxyType(
    {
        "InputLayer": "input_layer",
        "Conv2D": "conv2d",
        "MaxPooling2D": "max_pooling2d",
        "AveragePooling2D": "average_pooling2d",
        "GlobalAveragePooling2D": "global_average_pooling2d",
        "Flatten": "flatten",
        "Dense": "dense",
        "Dropout": "dropout",
        "Concatenate": "concatenate",
        "Add": "add",
        "Average": "average",
        "Maximum": "maximum",
        "Multiply": "multiply",
    }
)
"""Keras' names of layers and of groups of weights, by the class of the layer."""
_KINDS = MappingProxyType({"input": "InputLayer"} | {name: kind for kind, name in _GROUP_NAMES.items()})


@dataclass(frozen=True)
class KerasLayer:
    """One layer.

    Attributes:
        name: Its name in the model.
        kind: Keras' name of its class, such as Conv2D; empty if the file does not have it.
        settings: Its settings; empty if the file has weights alone.
        sources: Names of the layers whose outputs it reads, in order.
        weights: Its arrays in Keras' order and axes: kernel (H, W, in, out) or (in, out), then bias.
    """

    name: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    weights: Weights = ()

    def __str__(self) -> str:
        return f"layer {self.name!r} ({self.kind or 'of unknown kind'})"


@dataclass(frozen=True)
class KerasModel:
    """The content of a file.

    Attributes:
        layers: By name, in Keras' order.
        inputs: Names of the input layers, in the order of the model's arguments.
        outputs: Names of the layers with the outputs; empty if the file has weights alone.
        version: Keras' version; empty if the file does not have it.
    """

    layers: Mapping[str, KerasLayer]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    version: str


def read_keras(path: Path) -> KerasModel:
    """Read a file in one of the four formats; no code from the file is run.

    Raises:
        BundleError: the file is missing, is damaged, or is not in one of these formats.
        MissingExtraError: h5py is not installed.
    """
    h5py = require("h5py", extra="keras")
    if not path.is_file():
        raise BundleError(f"There is no file {path}; name a .h5 or .keras file that Keras wrote")
    try:
        if is_zipfile(path):
            return _read_archive(h5py, path)
        with h5py.File(path, "r") as file:
            return _read_h5(file)
    except (OSError, BadZipFile, KeyError, TypeError, ValueError) as error:
        raise BundleError(
            f"{path} is damaged, or Keras did not write it as .h5 or .keras ({error}); save the model again "
            "with model.save"
        ) from error


def _read_archive(h5py: Any, path: Path) -> KerasModel:
    with ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
        version = json.loads(archive.read("metadata.json")).get("keras_version", "")
        weights_file = io.BytesIO(archive.read("model.weights.h5"))
    layers = _layers(config)
    with h5py.File(weights_file, "r") as file:
        weights = {group: _arrays(vars_) for group, vars_ in _vars(file)}
    groups = _unique_names(_GROUP_NAMES.get(layer.kind, "") for layer in layers)
    full = [
        replace(layer, weights=weights.get(group, ())) for layer, group in zip(layers, groups, strict=True)
    ]
    return _model(config, full, version=version)


def _read_h5(file: Any) -> KerasModel:
    version = _text(file.attrs.get("keras_version", ""))
    if "model_config" in file.attrs:
        config = json.loads(_text(file.attrs["model_config"]))
        weights = _named_weights(file["model_weights"])
        full = [replace(layer, weights=weights.get(layer.name, ())) for layer in _layers(config)]
        return _model(config, full, version=version)
    if "layer_names" in file.attrs:
        return _without_graph(
            [
                KerasLayer(name, _KINDS.get(re.sub(r"_\d+$", "", name), ""), weights=arrays)
                for name, arrays in _named_weights(file).items()
            ],
            version=version,
        )
    if "layers" in file:
        return _without_graph(
            [
                KerasLayer(
                    _text(vars_.attrs.get("name", group)),
                    _KINDS.get(re.sub(r"_\d+$", "", group), ""),
                    weights=_arrays(vars_),
                )
                for group, vars_ in _vars(file)
            ],
            version=version,
        )
    raise ValueError("it has neither a model nor weights")


def _named_weights(group: Any) -> dict[str, Weights]:
    """Return the weights of each layer from a group of an ``.h5`` file, in Keras' order of layers."""
    return {
        name: tuple(np.asarray(group[name][_text(weight)]) for weight in group[name].attrs["weight_names"])
        for name in map(_text, group.attrs["layer_names"])
    }


def _vars(file: Any) -> list[tuple[str, Any]]:
    """Return the groups of weights, such as ``conv2d_1`` for the model's second Conv2D, in their order."""
    groups = [(name, group["vars"]) for name, group in file["layers"].items() if "vars" in group]
    return sorted(groups, key=lambda item: _suffix_number(item[0]))


def _suffix_number(name: str) -> int:
    """Return the number at the end of a group's name, 0 if it has none.

    >>> _suffix_number("conv2d"), _suffix_number("conv2d_12")
    (0, 12)
    """
    found = re.search(r"_(\d+)$", name)
    return int(found[1]) if found else 0


def _arrays(group: Any) -> Weights:
    return tuple(np.asarray(group[str(index)]) for index in range(len(group)))


def _unique_names(names: Iterable[str]) -> Iterator[str]:
    """Yield each name; a repeated name gets a number.

    >>> list(_unique_names(["dense", "dropout", "dense"]))
    ['dense', 'dropout', 'dense_1']
    """
    seen: Counter[str] = Counter()
    for name in names:
        yield f"{name}_{seen[name]}" if seen[name] else name
        seen[name] += 1


def _model(config: Mapping[str, Any], layers: Sequence[KerasLayer], *, version: str) -> KerasModel:
    by_name = {layer.name: layer for layer in layers}
    if config["class_name"] == "Sequential":
        return KerasModel(by_name, (layers[0].name,), (layers[-1].name,), version)
    inputs, outputs = (tuple(_source_names(config["config"][f"{end}_layers"])) for end in ("input", "output"))
    return KerasModel(by_name, inputs, outputs, version)


def _without_graph(layers: Sequence[KerasLayer], *, version: str) -> KerasModel:
    inputs = tuple(layer.name for layer in layers if layer.kind == "InputLayer")
    return KerasModel({layer.name: layer for layer in layers}, inputs, (), version)


def _layers(config: Mapping[str, Any]) -> list[KerasLayer]:
    """Return the layers of a model's config, without their weights.

    Raises:
        BundleError: the model is neither Functional nor Sequential, or uses a layer more than once.
    """
    kind, body = config["class_name"], config["config"]
    if kind == "Sequential":
        return _chain(body["layers"] if isinstance(body, dict) else body)
    if kind not in ("Functional", "Model"):  # the second is its name before TensorFlow 2.3
        raise BundleError(
            f"The Keras model has the class {kind!r}; ferfusion can import Functional and Sequential models"
        )
    for entry in body["layers"]:
        name, uses = entry["name"], len(entry["inbound_nodes"])
        if uses > 1:
            raise BundleError(
                f"The layer {name!r} of the Keras model is used {uses} times; ferfusion cannot import it"
            )
    return [
        KerasLayer(
            entry["name"], entry["class_name"], entry["config"], tuple(_source_names(entry["inbound_nodes"]))
        )
        for entry in body["layers"]
    ]


def _chain(entries: Sequence[Mapping[str, Any]]) -> list[KerasLayer]:
    """Return the layers of a Sequential model; its input layer is added if the file does not have it."""
    layers: list[KerasLayer] = []
    if entries[0]["class_name"] != "InputLayer":
        layers.append(KerasLayer("input", "InputLayer", entries[0]["config"]))
    for entry in entries:
        sources = (layers[-1].name,) if layers else ()
        layers.append(KerasLayer(entry["config"]["name"], entry["class_name"], entry["config"], sources))
    return layers


def _source_names(value: Any) -> Iterator[str]:
    """Yield the names of the layers that a value of a config refers to.

    Keras 2 writes ``["conv2d", 0, 0, {}]``, Keras 3 a mapping with a ``keras_history``, both in nested lists.

    >>> list(_source_names([[["conv2d", 0, 0, {}], ["conv2d_5", 0, 0, {}]]]))
    ['conv2d', 'conv2d_5']
    """
    if isinstance(value, dict) and "keras_history" in value:
        yield value["keras_history"][0]
    elif isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str):
        yield value[0]
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _source_names(item)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
