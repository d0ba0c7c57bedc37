"""Write the files that Keras 2 and Keras 3 open, without Keras: ``.h5`` and ``.keras``.

The files have the form of Keras 2.15, which Keras 3 reads too.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

from ferfusion.exchange.keras_files import GROUP_NAMES, METADATA, KerasLayer, KerasModel, unique_names
from ferfusion.extras import require
from ferfusion.files import write_whole

_WEIGHT_NAMES = ("kernel:0", "bias:0")
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""Of the members of an archive, so that the same model gives the same bytes."""


def write_keras(model: KerasModel, path: Path) -> None:
    """Write a model whole or not at all: HDF5 if the name ends in .h5, else a ``.keras`` archive.

    Raises:
        MissingExtraError: h5py is not installed.
    """
    h5py = require("h5py", extra="keras")
    write = _write_h5 if path.suffix == ".h5" else _write_archive
    write_whole(path, lambda partial: partial.write_bytes(write(h5py, model)))


def _write_h5(h5py: Any, model: KerasModel) -> bytes:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.attrs["keras_version"] = model.version
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = json.dumps(_config(model))
        file.attrs[METADATA] = json.dumps(dict(model.metadata))
        weights = file.create_group("model_weights")
        weights.attrs["keras_version"] = model.version
        weights.attrs["backend"] = "tensorflow"
        weights.attrs["layer_names"] = [name.encode() for name in model.layers]
        for layer in model.layers.values():
            group = weights.create_group(layer.name)
            names = [f"{layer.name}/{name}" for name, _ in zip(_WEIGHT_NAMES, layer.weights, strict=False)]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, array in zip(names, layer.weights, strict=True):
                group[name] = array
    return content.getvalue()


def _write_archive(h5py: Any, model: KerasModel) -> bytes:
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file.create_group("vars")  # of the model itself, without which Keras 2 does not open the file
        groups = unique_names(GROUP_NAMES[layer.kind] for layer in model.layers.values())
        for name, layer in zip(groups, model.layers.values(), strict=True):
            group = file.create_group(f"layers/{name}/vars")
            for index, array in enumerate(layer.weights):
                group[str(index)] = array
    members = {
        "metadata.json": json.dumps({"keras_version": model.version}).encode(),
        "config.json": json.dumps(_config(model)).encode(),
        "model.weights.h5": weights.getvalue(),
        f"{METADATA}.json": json.dumps(dict(model.metadata)).encode(),
    }
    content = io.BytesIO()
    with ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(ZipInfo(name, _FIXED_TIME), member)
    return content.getvalue()


def _config(model: KerasModel) -> dict[str, Any]:
    """Return the config of a model."""
    body = {
        "name": "ferfusion",
        "trainable": True,
        "layers": [_entry(layer) for layer in model.layers.values()],
        "input_layers": [[name, 0, 0] for name in model.inputs],
        "output_layers": [[name, 0, 0] for name in model.outputs],
    }
    return {"module": "keras", "class_name": "Model", "config": body, "registered_name": None}


def _entry(layer: KerasLayer) -> Mapping[str, Any]:
    config = {"name": layer.name, "trainable": True, "dtype": "float32", **layer.settings}
    if layer.kind == "InputLayer":
        del config["trainable"]
    nodes = [[[source, 0, 0, {}] for source in layer.sources]] if layer.sources else []
    return {
        "module": "keras.layers",
        "class_name": layer.kind,
        "config": config,
        "registered_name": None,
        "name": layer.name,
        "inbound_nodes": nodes,
    }
