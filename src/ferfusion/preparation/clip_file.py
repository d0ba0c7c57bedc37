"""The clip file: a clip's arrays in one safetensors file, written piece by piece, read or memory-mapped.

``crops`` uint8 (T, S, S, 3) RGB; ``flow`` float16 (T-1, 2, S, S) in crop pixels; ``pair_ok`` bool (T-1);
``frame_index`` int32 (T); ``seconds`` float64 (T); ``boxes`` float32 (T, 4); ``scores`` float32 (T).
On request also ``actions`` float32 (T, 52), in the order of ``ACTIONS``, and ``pose`` float32 (T, 3): yaw,
pitch and roll in degrees; nan where they cannot be read.
A pack of still images has only ``crops``, and ``compared`` uint8 (T, 16, 16, 3): the images as they are
compared with others, which are the same at every S.

Source: the safetensors format: eight bytes with the header's length, the header in JSON, then the arrays.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from ferfusion.errors import DatasetError, in_one_line
from ferfusion.files import parse_json, write_whole

_TYPES = MappingProxyType(
    {
        "U8": np.dtype(np.uint8),
        "BOOL": np.dtype(np.bool_),
        "F16": np.dtype("<f2"),
        "I32": np.dtype("<i4"),
        "F32": np.dtype("<f4"),
        "F64": np.dtype("<f8"),
    }
)
"""The data types of a clip's arrays, by their safetensors names."""
_TYPE_OF = MappingProxyType(
    {
        "crops": "U8",
        "compared": "U8",
        "flow": "F16",
        "pair_ok": "BOOL",
        "frame_index": "I32",
        "seconds": "F64",
        "boxes": "F32",
        "scores": "F32",
        "actions": "F32",
        "pose": "F32",
    }
)
"""The data type of each array."""
_NAMES = MappingProxyType({dtype: name for name, dtype in _TYPES.items()})


@dataclass(frozen=True)
class Pieces:
    """An array that is written piece by piece along its first axis, so that it is never whole in memory."""

    dtype: type[np.generic]
    shape: tuple[int, ...]
    pieces: Iterator[NDArray[Any]]


def write_clip(path: Path, arrays: Mapping[str, Pieces | NDArray[Any]]) -> None:
    """Write the arrays of a clip to one file, whole or not at all.

    The widest types come first, so that every array is aligned.
    """
    pieces = {
        name: array if isinstance(array, Pieces) else Pieces(array.dtype.type, array.shape, iter([array]))
        for name, array in arrays.items()
    }
    write_whole(path, lambda partial: _write(partial, pieces))


def _write(path: Path, arrays: Mapping[str, Pieces]) -> None:
    order = sorted(arrays, key=lambda name: (-np.dtype(arrays[name].dtype).itemsize, name))
    header: dict[str, Any] = {}
    end = 0
    for name in order:
        dtype, shape = np.dtype(arrays[name].dtype), arrays[name].shape
        start, end = end, end + dtype.itemsize * math.prod(shape)
        header[name] = {"dtype": _NAMES[dtype], "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            for piece in arrays[name].pieces:
                file.write(piece.tobytes())


def read_clip(path: Path, *names: str) -> dict[str, NDArray[Any]]:
    """Read arrays of a clip file: those in ``names``, or all.

    Raises:
        DatasetError: the file is missing or damaged.
    """
    try:
        with safe_open(path, framework="np") as file:
            arrays = {name: file.get_tensor(name) for name in names or file.keys()}
    except FileNotFoundError as error:
        raise DatasetError(f"There is no clip {path}; run ferfusion prepare again") from error
    except (SafetensorError, OSError) as error:
        raise DatasetError(
            f"The clip {path} is damaged ({in_one_line(error)}); delete it and run ferfusion prepare again"
        ) from error
    return arrays


def clip_views(content: NDArray[np.uint8], path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a clip file as views of its bytes.

    Args:
        content: The bytes of the file, for example a memory map.
        path: The file, for messages.

    Raises:
        DatasetError: it is not a clip file, or is cut short.
    """
    start = 8 + int.from_bytes(content[:8].tobytes(), "little")
    try:
        if start > len(content):
            raise ValueError("the file is shorter than its header")
        header = parse_json(content[8:start].tobytes())
        header.pop("__metadata__", None)
        return {name: _view(content[start:], name, entry) for name, entry in header.items()}
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as error:
        raise DatasetError(
            f"{path} is not a clip file ({in_one_line(error)}); delete it and run ferfusion prepare again"
        ) from error


def _view(data: NDArray[np.uint8], name: str, entry: Mapping[str, Any]) -> NDArray[Any]:
    if entry["dtype"] != _TYPE_OF.get(name):
        raise ValueError(f"the array {name} has the type {entry['dtype']}, expected {_TYPE_OF.get(name)}")
    first, last = entry["data_offsets"]
    # an array may start at any byte: frombuffer takes that, .view() does not
    return np.frombuffer(data[first:last], _TYPES[entry["dtype"]]).reshape(entry["shape"])
