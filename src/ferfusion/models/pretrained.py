"""Weights learned elsewhere: ImageNet's from their official address, or a file that the user names.

Reading runs no code from the file: safetensors, or torch's own format with nothing but tensors in it.
"""

import hashlib
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
from ferfusion.models.backbones import Backbone

IMAGENET = "imagenet"
_HASH = re.compile(r"-([0-9a-f]{8,})\.")
_MOST_NAMES = 3
_UNREADABLE = (SafetensorError, RuntimeError, EOFError, LookupError, ValueError, OSError, struct.error)
"""What the two readers raise on bytes that they cannot read."""


def load_weights(model: nn.Module, source: str) -> list[str]:
    """Fill every stream of a model whose backbone the weights fit, and say which parts were filled.

    The two hidden layers of the head are filled too where they are VGG's own (fc6 and fc7): one VGG stream
    at 224 pixels, the fusion layer flatten, and 4096 units.

    Args:
        model: A new model, to be trained.
        source: ``imagenet``, or the path of a file in torchvision's form: .pth or .safetensors.

    Returns:
        Names of the filled parts of the model, such as ``spatial_stream``.

    Raises:
        ConfigError: the model has no backbone, the weights cannot be had, or they fit none of its streams.
    """
    backbones = {name: part for name, part in model.named_modules() if isinstance(part, Backbone)}
    if not backbones:
        raise ConfigError(
            f"The model has no stream that the weights {source!r} could fill; "
            "choose the stream vgg16, vgg19 or resnet50, or leave the weights out"
        )
    first = next(iter(backbones.values()))  # all streams of a model are of one kind
    path = fetch(first.weights_url) if source == IMAGENET else Path(source)
    tensors = read_weights(path)
    misfits = {name: misfit(tensors, backbone) for name, backbone in backbones.items()}
    filled = [name for name, reason in misfits.items() if not reason]
    if not filled:
        raise ConfigError(f"{path} does not fit the stream {type(first).__name__}: {misfits.popitem()[1]}")
    for name in filled:
        own = {key: tensors[key] for key in _names(backbones[name], tensors)}
        # older files have no counters of the batches that a norm saw, and need none
        backbones[name].load_state_dict(own, strict=False)
    return filled + (_fill_head(model, tensors) if len(backbones) == 1 else [])


def misfit(tensors: Mapping[str, Tensor], backbone: Backbone) -> str:
    """Return in words what keeps the tensors from filling a backbone; nothing if they fit."""
    wanted = backbone.state_dict()
    missing = [name for name in wanted if name not in tensors and not name.endswith("num_batches_tracked")]
    if missing:
        return f"it lacks {_listed(missing)}"
    foreign = [n for n in tensors if n not in wanted and not n.startswith(backbone.classifier_prefix)]
    if foreign:
        return f"it has {_listed(foreign)}, which the stream has not"
    for name in _names(backbone, tensors):
        found, expected = tuple(tensors[name].shape), tuple(wanted[name].shape)
        if found != expected:
            return f"{name} is {found}, wanted {expected}"
    return ""


def fetch(url: str, folder: Path | None = None) -> Path:
    """Return the file of a weights address, downloaded if it is not there yet, its hash checked in any case.

    Args:
        url: Address of a file whose name ends in the first digits of its SHA-256.
        folder: Where it is kept; torch's own folder for downloads if left out.

    Raises:
        ConfigError: it cannot be fetched, or is not the file that its name says.
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
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(wanted[1]):
        raise ConfigError(
            f"{path} is damaged: its SHA-256 begins with {found[: len(wanted[1])]}, wanted {wanted[1]}; "
            "delete it and try again"
        )
    return path


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a .safetensors file, or of a file in torch's format that holds nothing else.

    Raises:
        ConfigError: there is no such file, it is damaged, or it holds something else than named tensors.
    """
    if not path.is_file():
        raise ConfigError(f"There is no file of weights {path}; the name imagenet means ImageNet's")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ConfigError(
            f"{path} is no file of weights, or holds more than tensors, which is not read because it could "
            "run code; save the network's state_dict alone"
        ) from error
    except _UNREADABLE as error:
        reason = next(iter(str(error).splitlines()), "it ends too early")
        raise ConfigError(f"{path} is damaged, or no file of weights: {reason}") from error
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
    # fc7 makes no sense of an fc6 that it was not trained with
    if len(fitting) < len(values):
        return []
    model.load_state_dict(fitting, strict=False)
    return list(layers)


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
