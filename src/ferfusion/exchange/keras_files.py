"""Read the files that Keras writes: layers, their connections and their weights. Needs no TensorFlow.

There are four formats: the ``.h5`` of ``model.save`` in Keras 2 and 3, the ``.keras`` archive, and weights
alone, as ``.h5`` (Keras 2) or ``.weights.h5`` (Keras 2.15 and 3). A file with weights alone has no
connections.
"""

import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, is_zipfile

from numpy.typing import NDArray

from ferfusion.errors import BundleError, in_one_line
from ferfusion.exchange.keras_hdf5 import Hdf5Reader
from ferfusion.extras import require
from ferfusion.files import no_such, parse_json
from ferfusion.recipe import has_type

Weights = tuple[NDArray[Any], ...]

GROUP_NAMES = MappingProxyType(
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
        "Minimum": "minimum",
        "Subtract": "subtract",
        "LayerNormalization": "layer_normalization",
        "Rescaling": "rescaling",
        "ReLU": "re_lu",
    }
)
"""Keras' names of layers and of groups of weights, by the class of the layer."""
METADATA = "ferfusion"
"""Attribute of a ``.h5`` file, and member of a ``.keras`` archive (with ``.json``), which an export adds."""
_MAX_JSON_BYTES, _MAX_WEIGHTS_BYTES = 2**24, 2**28
_MAX_LAYERS, _MAX_NAME = 1000, 200
_DAMAGE = (OSError, BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError, RuntimeError)
"""What the libraries raise for damaged, encrypted and deeply nested files."""
_KINDS = MappingProxyType({"input": "InputLayer"} | {name: kind for kind, name in GROUP_NAMES.items()})


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

    @property
    def width(self) -> int:
        """Channels or units of the output of a layer with a kernel and a bias."""
        return int(self.weights[0].shape[-1])

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
        metadata: What an export added: everything of its bundle except the weights; else empty.
    """

    layers: Mapping[str, KerasLayer]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    version: str
    metadata: Mapping[str, str] = field(default_factory=dict)


def read_keras(path: Path) -> KerasModel:
    """Read a file in one of the four formats; no code from the file is run, and no other file is opened.

    Raises:
        BundleError: the file is missing, is damaged, is not in one of these formats, or links to other files.
        MissingExtraError: h5py is not installed.
    """
    h5py = require("h5py", extra="keras")
    if not path.is_file():
        raise BundleError(f"{no_such(path)}; name a .h5 or .keras file that Keras wrote")
    try:
        if is_zipfile(path):
            return _read_archive(h5py, path)
        with h5py.File(path, "r") as file:
            return _read_h5(Hdf5Reader(h5py), file)
    except _DAMAGE as error:
        raise BundleError(
            f"{path} is damaged, or Keras did not write it as .h5 or .keras ({in_one_line(error)}); save the "
            "model again with model.save"
        ) from error


def _read_archive(h5py: Any, path: Path) -> KerasModel:
    with ZipFile(path) as archive:
        config = parse_json(_unpacked(archive, "config.json", _MAX_JSON_BYTES))
        metadata = parse_json(_unpacked(archive, "metadata.json", _MAX_JSON_BYTES))
        weights_file = io.BytesIO(_unpacked(archive, "model.weights.h5", _MAX_WEIGHTS_BYTES))
        member = f"{METADATA}.json"
        added = _unpacked(archive, member, _MAX_JSON_BYTES) if member in archive.namelist() else b"{}"
    layers = _layers(config)
    reader = Hdf5Reader(h5py)
    with h5py.File(weights_file, "r") as file:
        weights = {group: _arrays(reader, vars_) for group, vars_ in _vars(reader, file)}
    groups = unique_names(GROUP_NAMES.get(layer.kind, "") for layer in layers)
    full = [
        replace(layer, weights=weights.get(group, ())) for layer, group in zip(layers, groups, strict=True)
    ]
    version = _name(_part(metadata, "keras_version", str))
    return replace(_model(config, full, version=version), metadata=_metadata(added))


def _unpacked(archive: ZipFile, name: str, limit: int) -> bytes:
    """Return a member of an archive; no more than its limit is unpacked."""
    member = archive.getinfo(name)
    if member.flag_bits & 1:
        raise ValueError(f"{name} is encrypted")
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):  # others cannot be unpacked piece by piece
        raise ValueError(f"{name} is compressed in a way that Keras does not use")
    with archive.open(member) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"{name} has more than {limit:,} bytes")
    return content


def _read_h5(reader: Hdf5Reader, file: Any) -> KerasModel:
    version = _name(reader.text(file, "keras_version")) if reader.has_attribute(file, "keras_version") else ""
    if reader.has_attribute(file, "model_config"):
        config = parse_json(reader.text(file, "model_config"))
        layers = _layers(config)
        weights = _named_weights(reader, reader.group(file, "model_weights"))
        full = [replace(layer, weights=weights.get(layer.name, ())) for layer in layers]
        added = reader.text(file, METADATA) if reader.has_attribute(file, METADATA) else "{}"
        return replace(_model(config, full, version=version), metadata=_metadata(added))
    if reader.has_attribute(file, "layer_names"):
        return _without_graph(
            [
                KerasLayer(name, _KINDS.get(re.sub(r"_\d+$", "", name), ""), weights=arrays)
                for name, arrays in _named_weights(reader, file).items()
            ],
            version=version,
        )
    if reader.has(file, "layers"):
        return _without_graph(
            [
                KerasLayer(
                    _name(reader.text(vars_, "name") if reader.has_attribute(vars_, "name") else group),
                    _KINDS.get(re.sub(r"_\d+$", "", group), ""),
                    weights=_arrays(reader, vars_),
                )
                for group, vars_ in _vars(reader, file)
            ],
            version=version,
        )
    raise ValueError("it has neither a model nor weights")


def _metadata(text: str | bytes) -> dict[str, str]:
    values = parse_json(text)
    if not has_type(values, dict[str, str]):
        raise ValueError("what an export of ferfusion added to it is damaged")
    return dict(values)


def _named_weights(reader: Hdf5Reader, group: Any) -> dict[str, Weights]:
    """Return the weights of each layer from a group of an ``.h5`` file, in Keras' order of layers."""
    weights = {}
    for name in map(_name, reader.texts(group, "layer_names")):
        layer = reader.group(group, name)
        weights[name] = tuple(reader.array(layer, each) for each in reader.texts(layer, "weight_names"))
    return weights


def _vars(reader: Hdf5Reader, file: Any) -> list[tuple[str, Any]]:
    """Return the groups of weights, such as ``conv2d_1`` for the model's second Conv2D, in their order."""
    layers = reader.group(file, "layers")
    groups = []
    for name in map(_name, reader.names(layers)):
        group = reader.group(layers, name)
        if reader.has(group, "vars"):
            groups.append((name, reader.group(group, "vars")))
    return sorted(groups, key=lambda item: _suffix_number(item[0]))


def _suffix_number(name: str) -> int:
    """Return the number at the end of a group's name, 0 if it has none.

    >>> _suffix_number("conv2d"), _suffix_number("conv2d_12")
    (0, 12)
    """
    found = re.search(r"_(\d+)$", name)
    return int(found[1]) if found else 0


def _arrays(reader: Hdf5Reader, group: Any) -> Weights:
    return tuple(reader.array(group, str(index)) for index in range(len(reader.names(group))))


def unique_names(names: Iterable[str]) -> Iterator[str]:
    """Yield each name; a repeated name gets a number.

    >>> list(unique_names(["dense", "dropout", "dense"]))
    ['dense', 'dropout', 'dense_1']
    """
    seen: Counter[str] = Counter()
    for name in names:
        yield f"{name}_{seen[name]}" if seen[name] else name
        seen[name] += 1


def _model(config: Any, layers: Sequence[KerasLayer], *, version: str) -> KerasModel:
    by_name = _by_name(layers)
    if _part(config, "class_name", str) == "Sequential":
        return KerasModel(by_name, (layers[0].name,), (layers[-1].name,), version)
    body = _part(config, "config", dict)
    inputs, outputs = (
        tuple(_source_names(_part(body, f"{end}_layers", list))) for end in ("input", "output")
    )
    sources = {layer.name: layer.sources for layer in layers}
    unknown = {*inputs, *outputs, *(source for each in sources.values() for source in each)} - by_name.keys()
    if unknown:
        raise ValueError(f"it refers to a layer {min(unknown)!r:.80}, which it does not have")
    TopologicalSorter(sources).prepare()  # raises a ValueError if layers read each other in a ring
    return KerasModel(by_name, inputs, outputs, version)


def _without_graph(layers: Sequence[KerasLayer], *, version: str) -> KerasModel:
    inputs = tuple(layer.name for layer in layers if layer.kind == "InputLayer")
    return KerasModel(_by_name(layers), inputs, (), version)


def _by_name(layers: Sequence[KerasLayer]) -> dict[str, KerasLayer]:
    by_name = {layer.name: layer for layer in layers}
    if len(by_name) != len(layers):
        raise ValueError("two of its layers have the same name")
    return by_name


def _layers(config: Any) -> list[KerasLayer]:
    """Return the layers of a model's config, without their weights.

    Raises:
        BundleError: the model is neither Functional nor Sequential, or uses a layer more than once.
    """
    kind, body = _part(config, "class_name", str), _part(config, "config", dict, list)
    if kind == "Sequential":
        return _chain(_entries(body if isinstance(body, list) else _part(body, "layers", list)))
    if kind not in ("Functional", "Model"):  # the second is its name before TensorFlow 2.3
        raise BundleError(
            f"The Keras model has the class {kind!r:.80}; ferfusion can import Functional and Sequential "
            "models"
        )
    entries = _entries(_part(body, "layers", list))
    for entry in entries:
        name, uses = _name(_part(entry, "name", str)), len(_part(entry, "inbound_nodes", list))
        if uses > 1:
            raise BundleError(
                f"The layer {name!r} of the Keras model is used {uses} times; ferfusion cannot import it"
            )
    return [
        KerasLayer(
            entry["name"], entry["class_name"], entry["config"], tuple(_source_names(entry["inbound_nodes"]))
        )
        for entry in entries
    ]


def _entries(entries: list[Any]) -> list[dict[str, Any]]:
    """Return the entries of layers, each with a class and a config."""
    if not 0 < len(entries) <= _MAX_LAYERS:
        raise ValueError(f"it has {len(entries):,} layers, expected 1 to {_MAX_LAYERS:,}")
    for entry in entries:
        _name(_part(entry, "class_name", str))
        _part(entry, "config", dict)
    return entries


def _chain(entries: Sequence[Mapping[str, Any]]) -> list[KerasLayer]:
    """Return the layers of a Sequential model; its input layer is added if the file does not have it."""
    layers: list[KerasLayer] = []
    if entries[0]["class_name"] != "InputLayer":
        layers.append(KerasLayer("input", "InputLayer", entries[0]["config"]))
    for entry in entries:
        sources = (layers[-1].name,) if layers else ()
        name = _name(_part(entry["config"], "name", str))
        layers.append(KerasLayer(name, entry["class_name"], entry["config"], sources))
    return layers


def _part(values: Any, name: str, *kinds: type) -> Any:
    """Return a value of a config, which has one of these types."""
    if not isinstance(values, dict) or name not in values:
        raise ValueError(f"its config has no {name!r} where Keras writes it")
    if not isinstance(values[name], kinds):
        raise ValueError(f"the {name} of its config has the value {values[name]!r:.80}")
    return values[name]


def _name(text: str) -> str:
    """Return a name, which is plain text: messages show it."""
    if not (text.isprintable() and len(text) <= _MAX_NAME):
        raise ValueError(f"the name {text!r:.80} is not plain text of at most {_MAX_NAME} characters")
    return text


def _source_names(value: Any) -> Iterator[str]:
    """Yield the names of the layers that a value of a config refers to.

    Keras 2 writes ``["conv2d", 0, 0, {}]``, Keras 3 a mapping with a ``keras_history``, both in nested lists.

    >>> list(_source_names([[["conv2d", 0, 0, {}], ["conv2d_5", 0, 0, {}]]]))
    ['conv2d', 'conv2d_5']
    """
    if isinstance(value, dict) and "keras_history" in value:
        history = value["keras_history"]
        if not (isinstance(history, list) and history and isinstance(history[0], str)):
            raise ValueError(f"its config has the keras_history {history!r:.80}")
        yield history[0]
    elif isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str):
        yield value[0]
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _source_names(item)
