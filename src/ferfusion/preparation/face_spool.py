"""Keep the faces of a video while it is read, in memory that does not grow with its length."""

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

from ferfusion.actions.estimator import FaceActions
from ferfusion.corpora.entries import LabelledFace
from ferfusion.errors import file_errors
from ferfusion.faces.boxes import Box, iou
from ferfusion.preparation.frame_preparer import PreparedFrame

_ROWS_IN_MEMORY = 2_048
_ROWS_AT_ONCE = 512
_SAME_TIME_SECONDS = 0.25
"""Distance to the frame in which a labelled face is looked for; the boxes of a label project are closer."""
_SAME_FACE_IOU = 0.3
"""Least overlap with the box of a label; the square with 40 % more on each side overlaps by 0.31."""


@dataclass(frozen=True)
class SpooledFace:
    """A face of a video; its crop and its flow are row ``row`` of the spool."""

    row: int
    frame: int
    seconds: float
    track: int
    box: Box
    score: float
    has_flow: bool
    actions: FaceActions | None = None


class RowFile:
    """Arrays of one shape; the latest are in memory, all before them in a temporary file.

    Args:
        folder: Folder of the file, which is made when there are many rows.
        dtype: Type of a row.
        shape: Shape of a row.
    """

    def __init__(self, folder: Path, dtype: type[np.generic], shape: tuple[int, ...]) -> None:
        self._folder, self._dtype, self._shape = folder, np.dtype(dtype), shape
        self._file: IO[bytes] | None = None
        self._in_file = 0
        self._latest: list[NDArray[Any]] = []

    def add(self, row: NDArray[Any]) -> None:
        """Append a row."""
        self._latest.append(row)
        if len(self._latest) == _ROWS_IN_MEMORY:
            with file_errors(self._folder):
                self._file = self._file or TemporaryFile(dir=self._folder)  # noqa: SIM115
                self._file.seek(0, SEEK_END)
                self._file.write(np.stack(self._latest).data)
            self._in_file += len(self._latest)
            self._latest.clear()

    def read(self, rows: Sequence[int]) -> Iterator[NDArray[Any]]:
        """Yield rows in batches, (n, *shape)."""
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
        """Delete all rows."""
        self._latest.clear()
        if self._file is not None:
            self._file.close()


@dataclass
class FaceSpool:
    """Stores the faces of frame after frame, and returns the crops and flows of any of them.

    Attributes:
        folder: Folder of the temporary files of a long video.
        size: Side of crops and flows, in pixels.
        faces: The faces so far, in the order of their rows.
    """

    folder: Path
    size: int
    faces: list[SpooledFace] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._crops = RowFile(self.folder, np.uint8, (self.size, self.size, 3))
        self._flows = RowFile(self.folder, np.float16, (2, self.size, self.size))
        self._zero_flow = np.zeros((2, self.size, self.size), np.float16)

    def add(self, frame: PreparedFrame) -> None:
        """Append the faces of a frame."""
        for face in frame.faces:
            self._crops.add(face.crop)
            self._flows.add(self._zero_flow if face.flow is None else face.flow)
            self.faces.append(
                SpooledFace(
                    row=len(self.faces),
                    frame=frame.index,
                    seconds=frame.seconds,
                    track=face.track,
                    box=face.box,
                    score=face.score,
                    has_flow=face.flow is not None,
                    actions=face.actions,
                )
            )

    def crops(self, rows: Sequence[int]) -> Iterator[NDArray[np.uint8]]:
        """Yield the crops of rows in batches, (n, S, S, 3)."""
        return self._crops.read(rows)

    def flows(self, rows: Sequence[int]) -> Iterator[NDArray[np.float16]]:
        """Yield the flows of rows in batches, (n, 2, S, S); a face without flow has zeros."""
        return self._flows.read(rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._crops.close()
        self._flows.close()


def main_face(faces: Sequence[SpooledFace]) -> list[SpooledFace]:
    """Return the main face of a video, one ``SpooledFace`` per frame, in order.

    The main face is the track with the largest area, summed over its frames. A track that shares no frame
    with it is joined to it: the face was away for long and came back.
    """
    tracks: dict[int, list[SpooledFace]] = defaultdict(list)
    for face in faces:
        tracks[face.track].append(face)
    clip: dict[int, SpooledFace] = {}
    for track in sorted(tracks.values(), key=_total_area, reverse=True):
        if not any(face.frame in clip for face in track):
            clip |= {face.frame: face for face in track}
    return [clip[frame] for frame in sorted(clip)]


def labelled_face(faces: Sequence[SpooledFace], face: LabelledFace) -> list[SpooledFace]:
    """Return the face that a label is of, one ``SpooledFace`` per frame, in order; empty if it is not there.

    It is the track whose box overlaps that of the label most, at the frame that is nearest to its second.
    """
    tracks: dict[int, list[SpooledFace]] = defaultdict(list)
    for each in faces:
        tracks[each.track].append(each)
    overlap: dict[int, float] = {}
    for number, track in tracks.items():
        nearest = min(track, key=lambda each: abs(each.seconds - face.seconds))
        if abs(nearest.seconds - face.seconds) <= _SAME_TIME_SECONDS:
            overlap[number] = iou(nearest.box, np.array(face.box))
    best = max(overlap, key=lambda number: overlap[number], default=None)
    if best is None or overlap[best] < _SAME_FACE_IOU:
        return []
    return tracks[best]


def _total_area(track: Sequence[SpooledFace]) -> float:
    return sum(float(face.box[2:].prod()) for face in track)
