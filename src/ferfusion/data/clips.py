"""Reads pairs of a prepared dataset from memory maps; each file is opened and parsed once.

A pair is a face crop and the optical flow to the next frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ferfusion.actions.names import ACTIONS
from ferfusion.data.action_curves import CURVE_COLUMNS, ActionCurves, track_curves
from ferfusion.data.windows import run_starts, window_indices
from ferfusion.errors import DatasetError
from ferfusion.files import utf8_path
from ferfusion.preparation.clip_file import clip_views
from ferfusion.reporting.words import counted

_AGAIN = "delete it and run ferfusion prepare again"
_ALL_AGAIN = "delete the folder clips and run ferfusion prepare again"


@dataclass(frozen=True)
class MappedClip:
    """The large arrays of one clip file, mapped: a page is read from disk when it is first accessed.

    ``run_starts`` has for each crop the index at which its unbroken run begins, (T,). ``acted`` has the
    time of each crop (T,), its facial actions (T, 52) and the pose (T, 3); None in a clip without actions.
    """

    crops_thwc: npt.NDArray[np.uint8]
    flow_t2hw: npt.NDArray[np.float16]
    run_starts: npt.NDArray[np.int64]
    acted: tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]] | None = None

    @cached_property
    def curves(self) -> ActionCurves:
        """The curves of its facial actions; rest is estimated when they are first read.

        Raises:
            DatasetError: the clip has no facial actions.
        """
        if self.acted is None:
            raise DatasetError(
                "A clip has no facial actions; prepare the dataset into a new folder with --actions"
            )
        return track_curves(*self.acted, self.run_starts)


def map_clip(path: Path) -> MappedClip:
    """Map the crops and the flow of a clip file.

    Raises:
        DatasetError: the file is missing, is not a clip, or is cut short.
    """
    try:
        # torch closes the file once it is mapped (numpy keeps it open): thousands of clips need no open files
        with utf8_path(path) as name:
            mapped = torch.from_file(name, shared=False, size=path.stat().st_size, dtype=torch.uint8).numpy()
    except FileNotFoundError as error:
        raise DatasetError(f"{path} is missing; run ferfusion prepare again") from error
    except RuntimeError as error:
        raise DatasetError(f"{path} cannot be read ({str(error).splitlines()[0]}); {_AGAIN}") from error
    arrays = clip_views(mapped, path)
    missing = {"crops"} - set(arrays) or ({"pair_ok"} - set(arrays) if "flow" in arrays else set())
    if missing:
        raise DatasetError(f"{path} has no array {missing.pop()!r}; {_AGAIN}")
    crops = arrays["crops"]
    size = crops.shape[1] if crops.ndim == 4 else 0
    if "flow" not in arrays:
        return _stills(crops, size, path)
    flow = arrays["flow"]
    if crops.shape[1:] != (size, size, 3) or flow.shape != (max(len(crops) - 1, 0), 2, size, size):
        raise DatasetError(
            f"{path}: crops {crops.shape} and flow {flow.shape} have shapes that do not match; "
            f"expected (T, S, S, 3) and (T - 1, 2, S, S). {_AGAIN.capitalize()}"
        )
    pair_ok = arrays["pair_ok"]
    if pair_ok.shape != flow.shape[:1]:
        raise DatasetError(f"{path}: pair_ok {pair_ok.shape}, expected ({len(flow)},); {_AGAIN}")
    return MappedClip(crops, flow, run_starts(pair_ok), _acted(arrays, len(crops), path))


def _acted(
    arrays: Mapping[str, npt.NDArray[Any]], count: int, path: Path
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]] | None:
    """Return the times, the facial actions and the pose of a clip of so many crops, if it has actions."""
    if "actions" not in arrays:
        return None
    shapes = {"seconds": (count,), "actions": (count, len(ACTIONS)), "pose": (count, 3)}
    for name, shape in shapes.items():
        found = arrays[name].shape if name in arrays else "missing"
        if found != shape:
            raise DatasetError(f"{path}: {name} {found}, expected {shape}; {_AGAIN}")
    return arrays["seconds"], arrays["actions"], arrays["pose"]


def _stills(crops: npt.NDArray[np.uint8], size: int, path: Path) -> MappedClip:
    """Return a pack of still images, without motion and without previous crops."""
    if crops.shape[1:] != (size, size, 3):
        raise DatasetError(f"{path}: crops {crops.shape}, expected (N, S, S, 3); {_AGAIN}")
    zero_flow = np.broadcast_to(np.float16(0), (len(crops), 2, size, size))
    return MappedClip(crops, zero_flow, np.arange(len(crops)))


class PairReader:
    """Reads crops and flow of chosen pairs; each is given by its clip and its index in the clip."""

    device = torch.device("cpu")

    def __init__(self, clips_folder: Path, clips: Sequence[str], pairs: Sequence[int]) -> None:
        """Map every clip once.

        Raises:
            DatasetError: a clip is missing or damaged, clips differ in size, or a pair is outside its clip.
        """
        names = sorted(set(clips))
        index_of = {name: index for index, name in enumerate(names)}
        self.clips = [map_clip(clips_folder / f"{name}.safetensors") for name in names]
        self.clip_of_row = np.array([index_of[name] for name in clips], dtype=np.int64)
        self.pair_of_row = np.array(pairs, dtype=np.int64)
        self._check(names)
        self.size = self.clips[0].crops_thwc.shape[1]
        self._crops = np.empty((0, self.size, self.size, 3), np.uint8)
        self._flow = np.empty((0, 2, self.size, self.size), np.float16)

    def __len__(self) -> int:
        return len(self.pair_of_row)

    def gather(
        self, rows: npt.NDArray[np.integer[Any]]
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float16]]:
        """Return crops (B, S, S, 3) and flow (B, 2, S, S) of some pairs, by their position in this reader.

        Both are views of buffers that the next call overwrites.
        """
        count = len(rows)
        if count > len(self._crops):
            self._crops = np.empty((count, *self._crops.shape[1:]), np.uint8)
            self._flow = np.empty((count, *self._flow.shape[1:]), np.float16)
        clips, pairs = self.clip_of_row[rows].tolist(), self.pair_of_row[rows].tolist()
        for slot, (clip, pair) in enumerate(zip(clips, pairs, strict=True)):
            self._crops[slot] = self.clips[clip].crops_thwc[pair]
            self._flow[slot] = self.clips[clip].flow_t2hw[pair]
        return self._crops[:count], self._flow[:count]

    def gather_windows(
        self, rows: npt.NDArray[np.integer[Any]], *, frames: int, step: int, curves: bool = False
    ) -> npt.NDArray[np.uint8] | npt.NDArray[np.float32]:
        """Return the windows that end at some pairs, by their position.

        Args:
            rows: The pairs (B,).
            frames: Crops of a window, or its rows.
            step: From each crop to the next, in frames.
            curves: Whether the windows are of action curves, (B, frames, CURVE_COLUMNS), and not of crops,
                (B, frames, S, S, 3).
        """
        if curves:
            return self._gather_curves(rows, frames=frames)
        windows = np.empty((len(rows), frames, self.size, self.size, 3), np.uint8)
        clips, pairs = self.clip_of_row[rows].tolist(), self.pair_of_row[rows].tolist()
        for window, clip, pair in zip(windows, clips, pairs, strict=True):
            first = self.clips[clip].run_starts[pair]
            window[:] = self.clips[clip].crops_thwc[
                window_indices(pair, first=first, frames=frames, step=step)
            ]
        return windows

    def _gather_curves(self, rows: npt.NDArray[np.integer[Any]], *, frames: int) -> npt.NDArray[np.float32]:
        windows = np.empty((len(rows), frames, CURVE_COLUMNS), np.float32)
        clips, pairs = self.clip_of_row[rows], self.pair_of_row[rows]
        for index in np.unique(clips):
            clip, here = self.clips[index], clips == index
            first = clip.run_starts[pairs[here]]
            windows[here] = clip.curves.windows(pairs[here], first=first, rows=frames)
        return windows

    def _check(self, names: Sequence[str]) -> None:
        if not len(self):
            raise DatasetError("There is no pair to read; prepare a dataset in which a face is found")
        sizes = sorted({clip.crops_thwc.shape[1] for clip in self.clips})
        if len(sizes) > 1:
            raise DatasetError(f"The clips have crops of different sizes: {sizes}; {_ALL_AGAIN}")
        lengths = np.array([len(clip.flow_t2hw) for clip in self.clips])
        outside = (self.pair_of_row < 0) | (self.pair_of_row >= lengths[self.clip_of_row])
        if outside.any():
            row = int(outside.argmax())
            clip = self.clip_of_row[row]
            raise DatasetError(
                f"Pair {self.pair_of_row[row]} is outside clip {names[clip]!r}, which has "
                f"{counted(int(lengths[clip]), 'pair')}; the table and the clips come from "
                f"different runs of prepare; {_ALL_AGAIN}"
            )
