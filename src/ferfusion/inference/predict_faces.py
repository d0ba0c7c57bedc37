"""Predict every face of every frame of a video."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferfusion.data.inputs import FaceInput
from ferfusion.inference.crop_history import CropHistory
from ferfusion.inference.curve_history import CurveHistory
from ferfusion.inference.network_inputs import zero_flow
from ferfusion.inference.predictor import Predictor
from ferfusion.preparation.frame_preparer import PreparedFace, PreparedFrame

_BATCH_FACES = 32
"""Faces of a batch, at most: larger ones are hardly faster, and let more frames wait."""
_MAX_WAITING = _BATCH_FACES
"""Rows at which a batch ends: its faces, and its frames without one."""
_NO_BOX = (None, None, None, None)


@dataclass(frozen=True)
class FrameRow:
    """One row of the frame table: a face of a frame, or a frame without a face.

    Attributes:
        frame: Index of the frame.
        seconds: Time of the frame.
        face: Number of the face's track; None if the frame has no face.
        box: Box of the face (x, y, w, h) in pixels; without a face, the box of a rejected detection, if any.
        status: Status of the frame, one of ``STATUSES``.
        probabilities: Class probabilities (C,); None without a face.
        crop: Face crop (S, S, 3) that the model read.
        flow: Optical flow (2, S, S) that the model read; None if the model reads no flow.
        window: Crops of the window that the model read, or rows of its action curves; empty if the model has
            no windows.
        actions: Facial actions and head pose, (55,), as ``ACTION_COLUMNS``; None if there are none.
    """

    frame: int
    seconds: float
    face: int | None
    box: tuple[float | None, ...]
    status: str
    probabilities: NDArray[np.float32] | None
    crop: NDArray[np.uint8] | None = None
    flow: NDArray[np.float16] | None = None
    window: Sequence[NDArray[np.uint8]] | NDArray[np.float32] = ()
    actions: NDArray[np.float32] | None = None

    def face_input(self) -> FaceInput:
        """Return what the model read, for a row with a crop; without flow, the face does not move."""
        assert self.crop is not None
        flow = zero_flow(self.crop[None])[0] if self.flow is None else self.flow
        window: NDArray[Any] | None = np.asarray(self.window) if len(self.window) else None
        return FaceInput(self.crop, flow, window)


@dataclass(frozen=True)
class _Batch:
    """Frames and faces that wait for their rows, with the flow and the window of each face."""

    waiting: list[tuple[PreparedFrame, PreparedFace | None]] = field(default_factory=list)
    flows: list[NDArray[np.float16] | None] = field(default_factory=list)
    windows: list[list[NDArray[np.uint8]] | NDArray[np.float32]] = field(default_factory=list)


def predict_frames(
    frames: Iterable[PreparedFrame], predictor: Predictor, *, at_once: bool = False
) -> Iterator[FrameRow]:
    """Yield a row for every chosen frame and face, in order, running the model on batches of faces.

    A face that the next frame does not show has no flow of its own: its prediction uses the flow of the frame
    before. The prediction of a face that only one frame shows uses zero flow.

    Args:
        frames: The frames of a video, in order.
        predictor: The model.
        at_once: Yield the rows of each frame before taking the next frame. Otherwise the model predicts a
            batch while the frames of the next batch are prepared.
    """
    batches = _batches(frames, predictor, at_once=at_once)
    if at_once:
        for batch in batches:
            yield from _rows(batch, _predict(predictor, batch))
        return
    with ThreadPoolExecutor(1) as thread:
        before = None
        for batch in batches:
            pending = thread.submit(_predict, predictor, batch)
            if before is not None:
                yield from _rows(before[0], before[1].result())
            before = (batch, pending)
        if before is not None:
            yield from _rows(before[0], before[1].result())


def _batches(frames: Iterable[PreparedFrame], predictor: Predictor, *, at_once: bool) -> Iterator[_Batch]:
    info = predictor.info
    batch = _Batch()
    last_flow: dict[int, NDArray[np.float16]] = {}
    history = (
        CurveHistory(rows=info.window)
        if info.reads_actions
        else CropHistory(frames=info.window, step=info.frame_step)
    )
    crops = 1 if info.reads_actions else max(1, info.window)
    batch_faces = max(1, _BATCH_FACES // crops)  # as many crops, whatever the window
    for frame in frames:
        if info.reads_flow:
            last_flow = {face.track: _flow(face, last_flow) for face in frame.faces}
        history.add(frame)
        if not frame.chosen:
            continue
        batch.waiting.extend([(frame, face) for face in frame.faces] or [(frame, None)])
        batch.flows.extend(last_flow.get(face.track) for face in frame.faces)
        batch.windows.extend(history.window(face.track) for face in frame.faces)
        if at_once or len(batch.flows) >= batch_faces or len(batch.waiting) >= _MAX_WAITING:
            yield batch
            batch = _Batch()
    yield batch


def _flow(face: PreparedFace, last_flow: dict[int, NDArray[np.float16]]) -> NDArray[np.float16]:
    if face.flow is not None:
        return face.flow
    if face.track in last_flow:
        return last_flow[face.track]
    return np.zeros((2, *face.luma.shape), np.float16)


def _predict(predictor: Predictor, batch: _Batch) -> Iterable[NDArray[np.float32]]:
    crops = [face.crop for _, face in batch.waiting if face is not None]
    if not crops:
        return ()
    flows = [flow for flow in batch.flows if flow is not None]
    windows = (np.array(batch.windows),) if predictor.info.window else ()
    return predictor.predict(np.stack(crops), np.stack(flows) if flows else None, *windows)


def _rows(batch: _Batch, probabilities: Iterable[NDArray[np.float32]]) -> Iterator[FrameRow]:
    predictions = iter(zip(probabilities, batch.flows, batch.windows, strict=True))
    for frame, face in batch.waiting:
        if face is not None:
            box = tuple(float(value) for value in face.box)
            of_face, flow, window = next(predictions)
            yield FrameRow(
                frame.index,
                frame.seconds,
                face.track,
                box,
                frame.status,
                of_face,
                face.crop,
                flow,
                window,
                None if face.actions is None else face.actions.row,
            )
        else:
            rejected = tuple(float(v) for v in frame.rejected.box) if frame.rejected else _NO_BOX
            yield FrameRow(frame.index, frame.seconds, None, rejected, frame.status, None)
