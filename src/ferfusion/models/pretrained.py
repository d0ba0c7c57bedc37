"""Pretrained weights: from their official address, or from a file that the user names.

Reading runs no code from the file: it is safetensors, torch's own format with tensors alone, or the arrays of
a TensorFlow.js graph model.
"""

import pickle
import re
import struct
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ferfusion.errors import ConfigError
from ferfusion.files import no_such, sha256_of, utf8_path
from ferfusion.models.backbones import Backbone
from ferfusion.models.streams import BACKBONES, BACKBONES_3D
from ferfusion.models.tensorflowjs import graph_model_files, read_graph_model

OFFICIAL = ("imagenet", "kinetics")
"""Names of weights that have an official address for some streams."""
_HASH = re.compile(r"-([0-9a-f]{8,})\.")
_MAX_NAMES = 3
_GRAPH_MODEL = ".json"
_UNREADABLE = (SafetensorError, RuntimeError, EOFError, LookupError, ValueError, OSError, struct.error)
"""What the two readers raise on bytes that they cannot read."""


def load_weights(model: nn.Module, source: str) -> list[str]:
    """Load weights into every stream of a model that they fit, and return what was filled.

    The two hidden layers of the head are filled too where they have the shapes of VGG's fc6 and fc7: with
    one VGG stream at 224 pixels, the fusion layer flatten, and 4096 units.

    Args:
        model: A new model, to be trained.
        source: A name of ``OFFICIAL``, or the path of a file in the form in which it is published: .pth or
            .safetensors, or the .json of a TensorFlow.js graph model.

    Returns:
        Names of the filled streams and layers, such as ``spatial_stream``.

    Raises:
        ConfigError: the model has no backbone, or the weights cannot be read or fit none of its streams.
    """
    backbones = {name: module for name, module in model.named_modules() if isinstance(module, Backbone)}
    if not backbones:
        raise ConfigError(
            f"The model has no stream that the weights {source!r} could fill; "
            f"choose one of the streams {', '.join([*BACKBONES, *BACKBONES_3D])}, or unset weights"
        )
    first = next(iter(backbones.values()))  # all streams of a model are of one kind
    path = _official_file(type(first), source) if source in OFFICIAL else Path(source)
    tensors = first.own_tensors(read_weights(path))
    misfits = {name: misfit(tensors, backbone) for name, backbone in backbones.items()}
    filled = [name for name, reason in misfits.items() if not reason]
    if not filled:
        raise ConfigError(f"{path} does not fit the stream {type(first).__name__}: {misfits.popitem()[1]}")
    for name in filled:
        own = {key: tensors[key] for key in _names(backbones[name], tensors)}
        # older files lack the norms' counters of batches, which are not needed
        backbones[name].load_state_dict(own, strict=False)
    return filled + (_fill_head(model, tensors) if len(backbones) == 1 else [])


def _official_file(backbone: type[Backbone], name: str) -> Path:
    if not backbone.weights_url or name != backbone.weights_name:
        instead = f"{backbone.weights_name} or the name of" if backbone.weights_url else "the name of"
        raise ConfigError(
            f"The stream {backbone.__name__} has no weights {name!r} at an official address; "
            f"set weights to {instead} a file"
        )
    return fetch(backbone.weights_url)


def misfit(tensors: Mapping[str, Tensor], backbone: Backbone) -> str:
    """Return why tensors do not fit a backbone, in words; empty if they fit."""
    wanted = backbone.state_dict()
    missing = [name for name in wanted if name not in tensors and not name.endswith("num_batches_tracked")]
    if missing:
        return f"it lacks {_listed(missing)}"
    foreign = [n for n in tensors if n not in wanted and not n.startswith(backbone.classifier_prefix)]
    if foreign:
        return f"it has {_listed(foreign)}, which the stream lacks"
    for name in _names(backbone, tensors):
        found, expected = tuple(tensors[name].shape), tuple(wanted[name].shape)
        if found != expected:
            return f"{name} is {found}, wanted {expected}"
    return ""


def fetch(url: str, folder: Path | None = None) -> Path:
    """Return the file of a weights address, checked by its hash; download it if it is missing.

    Args:
        url: Address of a file whose name ends in the first digits of its SHA-256.
        folder: Folder of the file; None is torch's own folder for downloads.

    Raises:
        ConfigError: it cannot be fetched, or its hash is not the one in its name.
    """
    folder = folder or Path(torch.hub.get_dir()) / "checkpoints"
    path = folder / url.rpartition("/")[2]
    wanted = _HASH.search(path.name)
    if wanted is None:
        raise ConfigError(f"{url} has no hash in its name; download it and name the file instead")
    if not path.is_file():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(url, str(path))
        except OSError as error:
            raise ConfigError(
                f"{url} cannot be fetched ({error}); put the file into {folder}, or name another file"
            ) from error
    found = sha256_of(path)
    if not found.startswith(wanted[1]):
        raise ConfigError(
            f"{path} is damaged: its SHA-256 begins with {found[: len(wanted[1])]}, wanted {wanted[1]}; "
            "delete it and try again"
        )
    return path


def weight_files(path: Path) -> list[Path]:
    """Return the files that the weights of a file come from: itself, and those that a graph model names."""
    return graph_model_files(path) if path.suffix == _GRAPH_MODEL else [path]


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a .safetensors file, a graph model's .json, or torch's format with tensors alone.

    Raises:
        ConfigError: the file is missing or damaged, or holds something else than named tensors.
    """
    if not path.is_file():
        found = no_such(path, wanted="weights file")
        raise ConfigError(f"{found}; name a file, or one of {', '.join(OFFICIAL)}")
    if path.suffix == _GRAPH_MODEL:
        return read_graph_model(path)
    try:
        if path.suffix == ".safetensors":
            with utf8_path(path) as name:
                return load_file(name)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ConfigError(
            f"{path} is not a weights file, or holds more than tensors, which could run code and is not "
            "read; save the network's state_dict alone"
        ) from error
    except _UNREADABLE as error:
        reason = next(iter(str(error).splitlines()), "it ends too early")
        raise ConfigError(f"{path} is damaged, or not a weights file: {reason}") from error
    if not isinstance(found, dict) or not all(isinstance(value, Tensor) for value in found.values()):
        raise ConfigError(f"{path} does not hold named tensors alone; save the network's state_dict")
    return found


def _names(backbone: Backbone, tensors: Mapping[str, Tensor]) -> list[str]:
    return [name for name in backbone.state_dict() if name in tensors]


def _fill_head(model: nn.Module, tensors: Mapping[str, Tensor]) -> list[str]:
    layers = {"head.dense1": "classifier.0", "head.dense2": "classifier.3"}
    values = {
        f"{ours}.{kind}": tensors.get(f"{theirs}.{kind}")
        for ours, theirs in layers.items()
        for kind in ("weight", "bias")
    }
    state = model.state_dict()
    fitting = {
        name: value
        for name, value in values.items()
        if value is not None and name in state and value.shape == state[name].shape
    }
    # fc7 needs the fc6 that it was trained with
    if len(fitting) < len(values):
        return []
    model.load_state_dict(fitting, strict=False)
    return list(layers)


def _listed(names: list[str]) -> str:
    more = len(names) - _MAX_NAMES
    return ", ".join(names[:_MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
