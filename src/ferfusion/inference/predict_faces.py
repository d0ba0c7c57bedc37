"""Predict every face of every frame of a video."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ferfusion.inference.crop_history import CropHistory
from ferfusion.inference.predictor import Predictor
from ferfusion.preparation.frame_preparer import PreparedFace, PreparedFrame

_BATCH_FACES = 64
_LONGEST_WAIT = 4 * _BATCH_FACES
"""Frames that wait for a batch of faces to be full, at most; as many again may wait for their answers."""
_NO_BOX = (None, None, None, None)


@dataclass(frozen=True)
class FrameRow:
    """One row of the frame table: a face of a frame, or a frame without one (then ``face`` is None).

    ``crop`` (S, S, 3), ``flow`` (2, S, S) and, for a model that looks at some, the crops of the ``window``
    are what was read.
    """

    frame: int
    seconds: float
    face: int | None
    box: tuple[float | None, ...]
    status: str
    probabilities: NDArray[np.float32] | None
    crop: NDArray[np.uint8] | None = None
    flow: NDArray[np.float16] | None = None
    window: Sequence[NDArray[np.uint8]] = ()


@dataclass(frozen=True)
class _Batch:
    """Frames and faces that wait for their rows; flows and windows of the faces that there are."""

    waiting: list[tuple[PreparedFrame, PreparedFace | None]] = field(default_factory=list)
    flows: list[NDArray[np.float16]] = field(default_factory=list)
    windows: list[list[NDArray[np.uint8]]] = field(default_factory=list)


def predict_frames(
    frames: Iterable[PreparedFrame], predictor: Predictor, *, at_once: bool = False
) -> Iterator[FrameRow]:
    """Yield a row for every chosen frame and face, in order, running the model on batches of faces.

    A face whose next frame does not show it (the last before a gap) is read with the motion that led to it,
    and a face seen in one frame only with no motion. ``at_once`` gives the rows of each frame before the next
    one is taken; else the model reads a batch while the frames of the next one are prepared.
    """
    batches = _batches(frames, predictor, at_once=at_once)
    if at_once:
        for batch in batches:
            yield from _rows(batch, _ask(predictor, batch))
        return
    with ThreadPoolExecutor(1) as thread:
        before = None
        for batch in batches:
            asked = thread.submit(_ask, predictor, batch)
            if before is not None:
                yield from _rows(before[0], before[1].result())
            before = (batch, asked)
        if before is not None:
            yield from _rows(before[0], before[1].result())


def _batches(frames: Iterable[PreparedFrame], predictor: Predictor, *, at_once: bool) -> Iterator[_Batch]:
    batch = _Batch()
    last_flow: dict[int, NDArray[np.float16]] = {}
    history = CropHistory(frames=predictor.window, step=predictor.frame_step)
    batch_faces = max(1, _BATCH_FACES // max(1, predictor.window))  # so many crops, however many a window has
    for frame in frames:
        now = {face.track: _flow(face, last_flow) for face in frame.faces}
        last_flow = now
        history.see(frame)
        if not frame.chosen:
            continue
        batch.waiting.extend([(frame, face) for face in frame.faces] or [(frame, None)])
        batch.flows.extend(now[face.track] for face in frame.faces)
        batch.windows.extend(history.window(face.track) for face in frame.faces)
        if at_once or len(batch.flows) >= batch_faces or len(batch.waiting) >= _LONGEST_WAIT:
            yield batch
            batch = _Batch()
    yield batch


def _flow(face: PreparedFace, last_flow: dict[int, NDArray[np.float16]]) -> NDArray[np.float16]:
    if face.flow is not None:
        return face.flow
    if face.track in last_flow:
        return last_flow[face.track]
    return np.zeros((2, *face.luma.shape), np.float16)


def _ask(predictor: Predictor, batch: _Batch) -> Iterable[NDArray[np.float32]]:
    crops = [face.crop for _, face in batch.waiting if face is not None]
    if not crops:
        return ()
    if not predictor.window:
        return predictor.predict(np.stack(crops), np.stack(batch.flows))
    return predictor.predict(np.stack(crops), np.stack(batch.flows), np.array(batch.windows))


def _rows(batch: _Batch, probabilities: Iterable[NDArray[np.float32]]) -> Iterator[FrameRow]:
    answers = iter(zip(probabilities, batch.flows, batch.windows, strict=True))
    for frame, face in batch.waiting:
        if face is not None:
            box = tuple(float(value) for value in face.box)
            answer, flow, window = next(answers)
            yield FrameRow(
                frame.index, frame.seconds, face.track, box, frame.status, answer, face.crop, flow, window
            )
        else:
            rejected = tuple(float(v) for v in frame.rejected.box) if frame.rejected else _NO_BOX
            yield FrameRow(frame.index, frame.seconds, None, rejected, frame.status, None)
