"""The weights of a TensorFlow.js graph model: a .json, which lists them, and files of numbers beside it."""

import math
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ferfusion.errors import ConfigError
from ferfusion.files import check_is_file, read_json

_TYPES = {"float32": "<f4", "float16": "<f2", "int32": "<i4"}
"""Little-endian, as TensorFlow.js writes them."""
_ADVICE = "get both files of the network again"


def read_graph_model(path: Path) -> dict[str, Tensor]:
    """Return the weights of a graph model by name; those in half precision become single precision.

    The graph itself is not read, and nothing of it is run.

    Args:
        path: The .json; the files that hold its numbers are in the same folder.

    Raises:
        ConfigError: a file is missing, damaged, or has numbers of a type that is not read.
    """
    try:
        return dict(chain.from_iterable(_group(path, group) for group in _manifest(path)))
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{path} does not list weights as a TensorFlow.js graph model does ({error!r}); {_ADVICE}"
        ) from error


def graph_model_files(path: Path) -> list[Path]:
    """Return the files of a graph model: the .json, then those with its numbers.

    Raises:
        ConfigError: the .json is missing or damaged.
    """
    names = chain.from_iterable(group.get("paths", ()) for group in _manifest(path))
    return [path, *(path.parent / name for name in names)]


def _manifest(path: Path) -> list[dict[str, Any]]:
    read = read_json(path, keys={"weightsManifest": list}, error=ConfigError, advice=_ADVICE)
    manifest: list[dict[str, Any]] = read["weightsManifest"]
    return manifest


def _group(path: Path, group: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    """Yield the weights of one item of the manifest, which follow one another in its files."""
    weights = group["weights"]
    types = [_stored_type(path, weight) for weight in weights]
    content = b"".join(_numbers(path, name) for name in group["paths"])
    sizes = [
        dtype.itemsize * math.prod(weight["shape"]) for weight, dtype in zip(weights, types, strict=True)
    ]
    if sum(sizes) != len(content):
        names = ", ".join(group["paths"])
        raise ConfigError(
            f"{names} of {path} is damaged: it has {len(content):,} bytes, expected {sum(sizes):,}; {_ADVICE}"
        )
    start = 0
    for weight, dtype, size in zip(weights, types, sizes, strict=True):
        values = np.frombuffer(content[start : start + size], dtype).reshape(weight["shape"])
        if not np.isfinite(values).all():
            raise ConfigError(
                f"{path} is damaged: {weight['name']} has values that are not finite; {_ADVICE}"
            )
        yield weight["name"], torch.from_numpy(values.astype("i4" if dtype.kind == "i" else "f4"))
        start += size


def _stored_type(path: Path, weight: Mapping[str, Any]) -> np.dtype[Any]:
    name = weight.get("quantization", weight)["dtype"]
    if name not in _TYPES:
        raise ConfigError(
            f"{path} has {weight['name']} as {name}, which is not read; "
            f"choose a network in {', '.join(_TYPES)}"
        )
    return np.dtype(_TYPES[name])


def _numbers(path: Path, name: str) -> bytes:
    file = path.parent / name
    if Path(name).name != name:
        raise ConfigError(f"{path} names {name!r}, which is not a file beside it; {_ADVICE}")
    if not file.exists():
        raise ConfigError(f"{file}, which has the numbers of {path.name}, is missing; {_ADVICE}")
    check_is_file(file, error=ConfigError)
    return file.read_bytes()
