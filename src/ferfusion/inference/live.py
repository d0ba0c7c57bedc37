"""Predict a live source: causal smoothing, a bounded delay, and frames are dropped if they come too fast."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import file_errors
from ferfusion.inference.drawing.annotated_video import AnnotatedVideo
from ferfusion.inference.drawing.overlay import DrawnFace
from ferfusion.inference.predict_faces import FrameRow, predict_frames
from ferfusion.inference.prediction_folder import PREDICTION_FILES, PredictionFolder
from ferfusion.inference.predictor import Predictor
from ferfusion.inference.timeline import FRAME_COLUMNS, name_predictions
from ferfusion.label_set import LabelSet
from ferfusion.outputs import only_writer
from ferfusion.preparation.frame_preparer import FramePreparer, PreparedFrame
from ferfusion.reporting.words import counted
from ferfusion.tables import CellWriter
from ferfusion.video.given_frames import GivenFrames
from ferfusion.video.live_source import LiveFrame, LiveSource
from ferfusion.video.reader import Frame
from ferfusion.video.timestamps import SLACK_SECONDS


@dataclass(frozen=True)
class LiveFace:
    """One face of one frame.

    Attributes:
        row: The prediction of the face; its face is the number of its track, in the order of appearance.
        smoothed: Mean probabilities over the smoothing window up to this frame, (C,).
        expression: Name of the smoothed prediction.
        top_class: Top class of the smoothed prediction.
    """

    row: FrameRow
    smoothed: NDArray[np.float32]
    expression: str
    top_class: str

    @property
    def number(self) -> int:
        """Number of the face's track."""
        return int(self.row.face or 0)

    @property
    def words(self) -> str:
        """The expression with its probability; if no class is named, the top class follows in brackets."""
        probability = f"{self.smoothed.max():.2f}"
        if self.top_class == self.expression:
            return f"{self.top_class} {probability}"
        return f"{self.expression} ({self.top_class} {probability})"


@dataclass(frozen=True)
class LivePrediction:
    """The prediction of one frame of a live source.

    Attributes:
        index: Index of the frame; dropped frames are counted.
        frame: The frame, upright.
        status: Status of the frame, as in a frame table.
        faces: Faces of the frame.
        delay_seconds: Time from the arrival of the frame to its prediction. Optical flow needs the next
            frame, so the delay is at least the time between two frames.
    """

    index: int
    frame: Frame
    status: str
    faces: list[LiveFace]
    delay_seconds: float


class CausalMeans:
    """Computes the mean probabilities of each face over a window of time that ends now.

    Args:
        window_seconds: Length of the window.
    """

    def __init__(self, window_seconds: float) -> None:
        self._window = window_seconds
        self._held: dict[int, deque[tuple[float, NDArray[np.float32]]]] = {}

    def add(self, face: int, seconds: float, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """Add the probabilities (C,) of a face and return its mean, (C,)."""
        oldest = seconds - self._window - SLACK_SECONDS
        for number, held in list(self._held.items()):
            while held and held[0][0] < oldest:
                held.popleft()
            if not held:
                del self._held[number]
        of_face = self._held.setdefault(face, deque())
        of_face.append((seconds, probabilities))
        return np.asarray(np.mean([each for _, each in of_face], axis=0, dtype=float), np.float32)

    @property
    def num_faces(self) -> int:
        """Number of faces in memory."""
        return len(self._held)


def predict_live(
    source: LiveSource | GivenFrames,
    predictor: Predictor,
    *,
    window_seconds: float,
    detector_model: Path | None = None,
) -> Iterator[LivePrediction]:
    """Yield the prediction of the newest frame, again and again, until the source ends.

    Frames that arrive during a prediction are dropped, except the newest. Optical flow is computed from a
    frame to the next frame of the source, as in training. Boxes and probabilities are smoothed over earlier
    frames only. The window of a model with windows has the crops, or the actions, of frames that got a
    prediction.

    Args:
        source: A source that was started.
        predictor: The model.
        window_seconds: Length of the causal mean over the probabilities.
        detector_model: Model file of the face detector, if the detector needs one.

    Raises:
        VideoError: the source cannot be opened, or has no frame.
        ConfigError: the detector's model file is missing or has another hash.
    """
    info = predictor.info
    taken: deque[tuple[LiveFrame, Frame]] = deque()
    sizes: deque[int] = deque()
    preparer = FramePreparer(
        info.prepare_recipe, detector_model=detector_model, flow=info.reads_flow, actions=info.actions
    )

    def pairs() -> Iterator[tuple[Frame, Frame]]:
        for number, (live, after) in enumerate(source.pairs()):
            frame = Frame(number, live.seconds, live.image, pixel_aspect=live.pixel_aspect)
            taken.append((live, frame))
            yield frame, Frame(number + 1, after.seconds, after.image, pixel_aspect=after.pixel_aspect)

    def prepared() -> Iterator[PreparedFrame]:
        for frame in preparer.prepare_live(pairs()):
            sizes.append(max(1, len(frame.faces)))
            yield frame

    means = CausalMeans(window_seconds)
    rows = predict_frames(prepared(), predictor, at_once=True)
    for first in rows:
        live, frame = taken.popleft()
        faces = []
        for row in (first, *islice(rows, sizes.popleft() - 1)):
            if row.face is not None and row.probabilities is not None:
                smoothed = means.add(row.face, row.seconds, row.probabilities)
                top_class = info.labels.names[int(smoothed.argmax())]
                faces.append(LiveFace(row, smoothed, _name(smoothed, predictor), top_class))
        delay = time.monotonic() - live.arrived
        yield LivePrediction(live.index, frame, first.status, faces, delay)


def _name(smoothed: NDArray[np.float32], predictor: Predictor) -> str:
    info = predictor.info
    threshold = info.calibration.abstain_below_pair
    [name] = name_predictions(smoothed[None], info.labels, abstain_below=threshold)
    return str(name)


@dataclass
class Pace:
    """Number of predictions of a live source, and their delays in seconds."""

    predicted: int = 0
    total_delay: float = 0.0
    longest_delay: float = 0.0

    def count(self, prediction: LivePrediction) -> None:
        """Count a prediction."""
        self.predicted += 1
        self.total_delay += prediction.delay_seconds
        self.longest_delay = max(self.longest_delay, prediction.delay_seconds)

    def describe(self, source: LiveSource | GivenFrames) -> str:
        """Return it as text."""
        mean = 1000 * self.total_delay / max(self.predicted, 1)
        return (
            f"{self.predicted} of {counted(source.decoded, 'frame')} predicted, {source.dropped} dropped; "
            f"mean delay {mean:.0f} ms, longest delay {1000 * self.longest_delay:.0f} ms"
        )


class LiveFiles:
    """Writes predictions as they come: ``frames.csv`` line by line, and ``annotated.mp4`` on request.

    ``frames.csv`` can be read at any time and is complete up to its last line; ``annotated.mp4`` appears at
    the end. Earlier predictions in the folder are removed, and no other process can write it meanwhile.

    Args:
        folder: Folder to write.
        labels: Classes of the predictions.
        annotate: Also write the annotated video: the frames that got a prediction, without sound.
    """

    def __init__(self, folder: Path, labels: LabelSet, *, annotate: bool) -> None:
        self._labels = labels
        self._opened = ExitStack()
        self._path = PredictionFolder(folder).frames_file
        columns = (*FRAME_COLUMNS, *labels.probability_columns, "expression", "smoothed", "delay_ms")
        with file_errors(self._path):
            self._opened.enter_context(only_writer(folder))
            for pattern in PREDICTION_FILES:
                for earlier in folder.glob(pattern):
                    earlier.unlink()
            self._file = self._opened.enter_context(self._path.open("w", encoding="utf-8", newline=""))
            self._lines = CellWriter(self._file)
            self._lines.write(columns)
        self._video: AnnotatedVideo | None = None
        if annotate:
            self._video = self._opened.enter_context(
                AnnotatedVideo(PredictionFolder(folder).annotated_file, labels)
            )

    def add(self, prediction: LivePrediction) -> None:
        """Write one prediction.

        Raises:
            FileError: the table or the annotated video cannot be written.
        """
        when = [prediction.index, f"{prediction.frame.seconds:.6f}"]
        delay = f"{1000 * prediction.delay_seconds:.1f}"
        with file_errors(self._path):
            for face in prediction.faces:
                self._lines.write([*when, *self._values(face, prediction.status), delay])
            if not prediction.faces:
                nothing = [""] * (len(self._labels) + 2)
                self._lines.write([*when, *[""] * 5, prediction.status, *nothing, delay])
            self._file.flush()
        if self._video is not None:
            faces = [
                DrawnFace(face.number, _box(face.row), face.expression, face.smoothed)
                for face in prediction.faces
            ]
            self._video.write(prediction.frame, faces, status=prediction.status)

    def _values(self, face: LiveFace, status: str) -> list[Any]:
        row, names = face.row, self._labels.names
        probabilities = [] if row.probabilities is None else row.probabilities.tolist()
        box = [f"{value or 0:.2f}" for value in row.box]
        numbers = [f"{value:.6f}" for value in probabilities]
        return [row.face, *box, status, *numbers, names[int(np.argmax(probabilities))], face.expression]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with file_errors(self._path):  # what was not written before is written again
            self._opened.__exit__(kind, error, trace)


def _box(row: FrameRow) -> tuple[float, float, float, float]:
    x, y, w, h = (float(value or 0) for value in row.box)
    return x, y, w, h
