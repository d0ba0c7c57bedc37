"""A dataset in a GPU's memory: read once, and made into batches on the device that uses them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ferfusion.data.clips import PairReader
from ferfusion.data.windows import window_indices

_TYPES = {"uint8": torch.uint8, "float16": torch.float16}
SHARE_OF_MEMORY = 0.5
"""Largest share of a GPU's free memory for a dataset; the rest is for the model and its batches."""


class ResidentPairs:
    """A ``PairReader`` whose clips are on a device, and which returns tensors there."""

    def __init__(self, reader: PairReader, device: torch.device) -> None:
        """Copy every clip of the reader to the device."""
        crops = [clip.crops_thwc for clip in reader.clips]
        flows = [clip.flow_t2hw for clip in reader.clips]
        self.device, self._reader = device, reader
        self._crops, self._flow = _joined(crops, device), _joined(flows, device)
        first_crops, first_flows = _firsts(crops), _firsts(flows)
        self._crop_of_row = first_crops[reader.clip_of_row] + reader.pair_of_row
        self._flow_of_row = first_flows[reader.clip_of_row] + reader.pair_of_row
        self._run_starts = np.concatenate(
            [first + clip.run_starts for first, clip in zip(first_crops, reader.clips, strict=True)]
        )

    def gather(self, rows: npt.NDArray[np.integer[Any]]) -> tuple[Tensor, Tensor]:
        """Return crops (B, S, S, 3) and flow (B, 2, S, S) of some pairs, by their position in the reader."""
        return _picked(self._crops, self._crop_of_row[rows]), _picked(self._flow, self._flow_of_row[rows])

    def gather_windows(
        self, rows: npt.NDArray[np.integer[Any]], *, frames: int, step: int, curves: bool = False
    ) -> Tensor:
        """Return the windows that end at some pairs, as ``PairReader.gather_windows``.

        Windows of action curves are small; they are made by the processor.
        """
        if curves:
            windows = self._reader.gather_windows(rows, frames=frames, step=step, curves=True)
            return torch.from_numpy(windows).to(self.device)
        last = self._crop_of_row[rows]
        indices = window_indices(last, first=self._run_starts[last], frames=frames, step=step)
        return _picked(self._crops, indices)


def resident_if_it_fits(reader: PairReader, device: torch.device) -> PairReader | ResidentPairs:
    """Return a reader with the dataset in the device's memory if that is a GPU with room; else ``reader``."""
    if device.type == "cuda" and fits(reader, free_bytes=torch.cuda.mem_get_info(device)[0]):
        return ResidentPairs(reader, device)
    return reader


def fits(reader: PairReader, *, free_bytes: int) -> bool:
    """Return whether a reader's clips take at most their share of this much free memory."""
    needed = sum(_bytes(clip.crops_thwc) + _bytes(clip.flow_t2hw) for clip in reader.clips)
    return needed <= SHARE_OF_MEMORY * free_bytes


def _joined(arrays: Sequence[npt.NDArray[Any]], device: torch.device) -> Tensor:
    """Concatenate arrays on the device; of one repeated 0, as the flow of stills, the result is one too."""
    shape = (sum(map(len, arrays)), *arrays[0].shape[1:])
    if not any(map(_bytes, arrays)):
        return torch.zeros(1, dtype=_TYPES[arrays[0].dtype.name], device=device).expand(shape)
    joined = torch.empty(shape, dtype=_TYPES[arrays[0].dtype.name], device=device)
    for first, array in zip(_firsts(arrays), arrays, strict=True):
        joined[first : first + len(array)] = torch.from_numpy(array)
    return joined


def _firsts(arrays: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    """Return the index at which each array begins in the concatenation."""
    return np.cumsum([0, *map(len, arrays)])[:-1]


def _picked(resident: Tensor, indices: npt.NDArray[np.int64]) -> Tensor:
    return resident[torch.from_numpy(indices).to(resident.device)]


def _bytes(array: npt.NDArray[Any]) -> int:
    """Return the memory of an array in bytes; a single repeated value counts as none."""
    return array.nbytes if array.strides[0] else 0
