"""Keep the faces of a video while it is read, in little memory however long it is."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from os import SEEK_END
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from ferfusion.faces.boxes import Box
from ferfusion.preparation.frame_preparer import PreparedFrame

_ROWS_IN_MEMORY = 2_048
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


class RowFile:
    """Rows of one shape; the latest are in memory, those before them in a temporary file.

    Args:
        folder: Where the file goes, if there are many rows.
        dtype: Type of every row.
        shape: Shape of every row.
    """

    def __init__(self, folder: Path, dtype: type[np.generic], shape: tuple[int, ...]) -> None:
        self._folder, self._dtype, self._shape = folder, np.dtype(dtype), shape
        self._file: IO[bytes] | None = None
        self._in_file = 0
        self._latest: list[NDArray[Any]] = []

    def add(self, row: NDArray[Any]) -> None:
        """Keep a row."""
        self._latest.append(row)
        if len(self._latest) == _ROWS_IN_MEMORY:
            self._file = self._file or TemporaryFile(dir=self._folder)  # noqa: SIM115
            self._file.seek(0, SEEK_END)
            self._file.write(np.stack(self._latest).data)
            self._in_file += len(self._latest)
            self._latest.clear()

    def read(self, rows: Sequence[int]) -> Iterator[NDArray[Any]]:
        """Yield the rows (n, *shape), some at a time."""
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            yield np.stack([self._row(row) for row in rows[start : start + _ROWS_AT_ONCE]])

    def _row(self, row: int) -> NDArray[Any]:
        if row >= self._in_file:
            return self._latest[row - self._in_file]
        assert self._file is not None
        count = int(np.prod(self._shape))
        self._file.seek(row * count * self._dtype.itemsize)
        content = self._file.read(count * self._dtype.itemsize)
        return np.frombuffer(content, self._dtype).reshape(self._shape)

    def close(self) -> None:
        """Drop all rows."""
        self._latest.clear()
        if self._file is not None:
            self._file.close()


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
        self._crops = RowFile(self.folder, np.uint8, (self.size, self.size, 3))
        self._flows = RowFile(self.folder, np.float16, (2, self.size, self.size))
        self._no_flow = np.zeros((2, self.size, self.size), np.float16)

    def add(self, frame: PreparedFrame) -> None:
        """Keep the faces of a frame."""
        for face in frame.faces:
            self._crops.add(face.crop)
            self._flows.add(self._no_flow if face.flow is None else face.flow)
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
        return self._crops.read(rows)

    def flows(self, rows: Sequence[int]) -> Iterator[NDArray[np.float16]]:
        """Yield the flows (n, 2, S, S) of the rows, some at a time; zeros where there was none."""
        return self._flows.read(rows)

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
