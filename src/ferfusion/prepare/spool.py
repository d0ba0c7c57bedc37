"""Keep the faces of a video while it is read, in little memory however long it is."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ferfusion.faces.boxes import Box
from ferfusion.prepare.clip import PreparedFrame

_IN_MEMORY_BYTES = 48 * 1024 * 1024  # about 3,000 faces of 48 px; longer videos go to a temporary file
_ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class SpooledFace:
    """What is kept in memory of a face: all but its pixels and its flow, which are in row ``row``."""

    row: int
    frame: int
    seconds: float
    track: int
    box: Box
    score: float
    has_flow: bool


@dataclass
class FaceSpool:
    """Takes the faces of frame after frame, and gives back the crops and flows of those that are asked for.

    Args:
        folder: Where the temporary files go if they grow beyond memory's share.
        size: Side of crops and flows, in pixels.
    """

    folder: Path
    size: int
    faces: list[SpooledFace] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._crops = SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES, dir=str(self.folder))  # noqa: SIM115
        self._flows = SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES, dir=str(self.folder))  # noqa: SIM115

    def add(self, frame: PreparedFrame) -> None:
        """Keep the faces of a frame."""
        for face in frame.faces:
            flow = face.flow if face.flow is not None else np.zeros((2, self.size, self.size), np.float16)
            self._crops.write(face.crop.data)
            self._flows.write(flow.data)
            self.faces.append(
                SpooledFace(
                    row=len(self.faces),
                    frame=frame.index,
                    seconds=frame.seconds,
                    track=face.track,
                    box=face.box,
                    score=face.score,
                    has_flow=face.flow is not None,
                )
            )

    def crops(self, rows: Sequence[int]) -> Iterator[NDArray[np.uint8]]:
        """Yield the crops (n, S, S, 3) of the rows, some at a time."""
        return self._read(self._crops, rows, np.dtype(np.uint8), (self.size, self.size, 3))

    def flows(self, rows: Sequence[int]) -> Iterator[NDArray[np.float16]]:
        """Yield the flows (n, 2, S, S) of the rows, some at a time; zeros where there was none."""
        return self._read(self._flows, rows, np.dtype(np.float16), (2, self.size, self.size))

    def _read(
        self,
        file: "SpooledTemporaryFile[bytes]",
        rows: Sequence[int],
        dtype: np.dtype[Any],
        shape: tuple[int, ...],
    ) -> Iterator[NDArray[Any]]:
        row_bytes = dtype.itemsize * int(np.prod(shape))
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            chunk = rows[start : start + _ROWS_AT_ONCE]
            block = bytearray()
            for row in chunk:
                file.seek(row * row_bytes)
                block += file.read(row_bytes)
            yield np.frombuffer(bytes(block), dtype).reshape(len(chunk), *shape)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._crops.close()
        self._flows.close()


def main_face(faces: Sequence[SpooledFace]) -> list[SpooledFace]:
    """Return the frames of the face that fills the most of the video, in order.

    A track that never shares a frame with it (the face was away for long and came back) is joined to it.
    """
    tracks: dict[int, list[SpooledFace]] = defaultdict(list)
    for face in faces:
        tracks[face.track].append(face)
    clip: dict[int, SpooledFace] = {}
    for track in sorted(tracks.values(), key=_filled_area, reverse=True):
        if not any(face.frame in clip for face in track):
            clip |= {face.frame: face for face in track}
    return [clip[frame] for frame in sorted(clip)]


def _filled_area(track: Sequence[SpooledFace]) -> float:
    return sum(float(face.box[2:].prod()) for face in track)


@dataclass(frozen=True)
class Stream:
    """An array that is written piece by piece along its first axis."""

    dtype: str
    shape: tuple[int, ...]
    pieces: Iterator[NDArray[Any]]


_SAFETENSORS_TYPES = {"U8": 1, "F16": 2, "BOOL": 1, "I32": 4, "F64": 8, "F32": 4}


def write_safetensors(path: Path, streams: Mapping[str, Stream]) -> None:
    """Write arrays to one safetensors file without ever holding them whole.

    Source: the format's description in the safetensors project: eight bytes with the header's length, the
    header in JSON, then the arrays. The widest types come first, so that every array is aligned.
    """
    order = sorted(streams, key=lambda name: (-_SAFETENSORS_TYPES[streams[name].dtype], name))
    header: dict[str, Any] = {}
    end = 0
    for name in order:
        stream = streams[name]
        start, end = end, end + _SAFETENSORS_TYPES[stream.dtype] * int(np.prod(stream.shape))
        header[name] = {"dtype": stream.dtype, "shape": stream.shape, "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            for piece in streams[name].pieces:
                file.write(piece.tobytes())
