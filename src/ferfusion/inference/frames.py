"""Predict every face of every frame of a video."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ferfusion.inference.predictor import Predictor
from ferfusion.inference.windows import CropHistory
from ferfusion.prepare.clip import PreparedFace, PreparedFrame

_BATCH_FACES = 64
_LONGEST_WAIT = 8 * _BATCH_FACES
"""Frames that wait for a batch of faces to be full, at most."""
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


def predict_frames(
    frames: Iterable[PreparedFrame], predictor: Predictor, *, at_once: bool = False
) -> Iterator[FrameRow]:
    """Yield a row for every chosen frame and face, in order, running the model on batches of faces.

    A face whose next frame does not show it (the last before a gap) is read with the motion that led to it,
    and a face seen in one frame only with no motion. ``at_once`` gives the rows of each frame before the next
    one is taken.
    """
    waiting: list[tuple[PreparedFrame, PreparedFace | None]] = []
    flows: list[NDArray[np.float16]] = []
    windows: list[list[NDArray[np.uint8]]] = []
    last_flow: dict[int, NDArray[np.float16]] = {}
    history = CropHistory(frames=predictor.window, step=predictor.frame_step)
    batch_faces = max(1, _BATCH_FACES // max(1, predictor.window))  # so many crops, however many a window has
    for frame in frames:
        now = {face.track: _flow(face, last_flow) for face in frame.faces}
        last_flow = now
        history.see(frame)
        if not frame.chosen:
            continue
        waiting += [(frame, face) for face in frame.faces] or [(frame, None)]
        flows += [now[face.track] for face in frame.faces]
        windows += [history.window(face.track) for face in frame.faces]
        if at_once or len(flows) >= batch_faces or len(waiting) >= _LONGEST_WAIT:
            yield from _rows(waiting, flows, windows, predictor)
            waiting, flows, windows = [], [], []
    yield from _rows(waiting, flows, windows, predictor)


def _flow(face: PreparedFace, last_flow: dict[int, NDArray[np.float16]]) -> NDArray[np.float16]:
    if face.flow is not None:
        return face.flow
    if face.track in last_flow:
        return last_flow[face.track]
    return np.zeros((2, *face.luma.shape), np.float16)


def _ask(
    predictor: Predictor,
    crops: list[NDArray[np.uint8]],
    flows: list[NDArray[np.float16]],
    windows: list[list[NDArray[np.uint8]]],
) -> Iterable[NDArray[np.float32]]:
    if not crops:
        return ()
    if not predictor.window:
        return predictor.predict(np.stack(crops), np.stack(flows))
    return predictor.predict(np.stack(crops), np.stack(flows), np.array(windows))


def _rows(
    waiting: list[tuple[PreparedFrame, PreparedFace | None]],
    flows: list[NDArray[np.float16]],
    windows: list[list[NDArray[np.uint8]]],
    predictor: Predictor,
) -> Iterator[FrameRow]:
    crops = [face.crop for _, face in waiting if face is not None]
    answers = iter(zip(_ask(predictor, crops, flows, windows), flows, windows, strict=True))
    for frame, face in waiting:
        if face is not None:
            box = tuple(float(value) for value in face.box)
            probabilities, flow, window = next(answers)
            yield FrameRow(
                frame.index,
                frame.seconds,
                face.track,
                box,
                frame.status,
                probabilities,
                face.crop,
                flow,
                window,
            )
        else:
            rejected = tuple(float(v) for v in frame.rejected.box) if frame.rejected else _NO_BOX
            yield FrameRow(frame.index, frame.seconds, None, rejected, frame.status, None)
