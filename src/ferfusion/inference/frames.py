"""Predict every face of every frame of a video; the frame table."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.inference.predictor import Predictor
from ferfusion.inference.timeline import FRAME_COLUMNS
from ferfusion.prepare.clip import PreparedFace, PreparedFrame

_BATCH_FACES = 64
_NO_BOX = (None, None, None, None)


@dataclass(frozen=True)
class FrameRow:
    """One row of the frame table: a face of a frame, or a frame without one (then ``face`` is None)."""

    frame: int
    seconds: float
    face: int | None
    box: tuple[float | None, ...]
    status: str
    probabilities: NDArray[np.float32] | None


def predict_frames(frames: Iterable[PreparedFrame], predictor: Predictor) -> Iterator[FrameRow]:
    """Yield a row for every frame and face, in order, running the model on batches of faces.

    A face whose next frame does not show it (the last before a gap) is read with the motion that led to it,
    and a face seen in one frame only with no motion.
    """
    waiting: list[tuple[PreparedFrame, PreparedFace | None]] = []
    flows: list[NDArray[np.float16]] = []
    last_flow: dict[int, NDArray[np.float16]] = {}
    for frame in frames:
        waiting += [(frame, face) for face in frame.faces] or [(frame, None)]
        now = {face.track: _flow(face, last_flow) for face in frame.faces}
        flows += [now[face.track] for face in frame.faces]
        last_flow = now
        if len(flows) >= _BATCH_FACES:
            yield from _rows(waiting, flows, predictor)
            waiting, flows = [], []
    yield from _rows(waiting, flows, predictor)


def _flow(face: PreparedFace, last_flow: dict[int, NDArray[np.float16]]) -> NDArray[np.float16]:
    if face.flow is not None:
        return face.flow
    if face.track in last_flow:
        return last_flow[face.track]
    return np.zeros((2, *face.luma.shape), np.float16)


def _rows(
    waiting: list[tuple[PreparedFrame, PreparedFace | None]],
    flows: list[NDArray[np.float16]],
    predictor: Predictor,
) -> Iterator[FrameRow]:
    crops = [face.crop for _, face in waiting if face is not None]
    answers = iter(predictor.predict(np.stack(crops), np.stack(flows)) if crops else ())
    for frame, face in waiting:
        if face is not None:
            box = tuple(float(value) for value in face.box)
            yield FrameRow(frame.index, frame.seconds, face.track, box, frame.status, next(answers))
        else:
            rejected = tuple(float(v) for v in frame.rejected.box) if frame.rejected else _NO_BOX
            yield FrameRow(frame.index, frame.seconds, None, rejected, frame.status, None)


def frame_table(rows: Iterable[FrameRow], predictor: Predictor) -> pd.DataFrame:
    """Return the rows as the frame table; face 0 is the one that fills the most of the video."""
    labels = predictor.labels
    columns = [*FRAME_COLUMNS, *labels.probability_columns, "expression"]
    table = pd.DataFrame((_values(row, labels.names) for row in rows), columns=columns)
    areas = (table["w"] * table["h"])[table["status"] == "ok"].groupby(table["face"]).sum()
    numbers = {track: number for number, track in enumerate(areas.sort_values(ascending=False).index)}
    return table.assign(face=table["face"].map(numbers).astype("Int64")).astype({"frame": "int64"})


def _values(row: FrameRow, names: tuple[str, ...]) -> list[Any]:
    if row.probabilities is None:
        answer: list[Any] = [None] * (len(names) + 1)
    else:
        answer = [*row.probabilities.tolist(), names[int(row.probabilities.argmax())]]
    return [row.frame, row.seconds, row.face, *row.box, row.status, *answer]
