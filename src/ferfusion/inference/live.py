"""Read displayed expressions off a live source: causal, with a bounded delay; what is too much is dropped."""

import csv
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ferfusion.inference.drawing.overlay import FaceReading, Overlay
from ferfusion.inference.predict_faces import FrameRow, predict_frames
from ferfusion.inference.predictor import Predictor
from ferfusion.inference.timeline import FRAME_COLUMNS, name_readings
from ferfusion.labels import LabelSet
from ferfusion.preparation.frame_preparer import FramePreparer, PreparedFrame
from ferfusion.video.live_source import LivePicture, LiveSource
from ferfusion.video.reader import Frame
from ferfusion.video.writer import VideoWriter

_SLACK_SECONDS = 1e-6  # as in the smoothing of whole videos


@dataclass(frozen=True)
class LiveFace:
    """One face of one picture.

    Attributes:
        row: What was read of it; its face is the number of its track, in the order of appearance.
        smoothed: Mean probabilities over the window of time up to it, (C,).
        expression: What these are named.
        likeliest: The most probable class.
    """

    row: FrameRow
    smoothed: NDArray[np.float32]
    expression: str
    likeliest: str

    @property
    def number(self) -> int:
        """Number of the face's track."""
        return int(self.row.face or 0)

    @property
    def words(self) -> str:
        """The expression with its probability; where no class is named, the most probable one in brackets."""
        probability = f"{self.smoothed.max():.2f}"
        if self.likeliest == self.expression:
            return f"{self.likeliest} {probability}"
        return f"{self.expression} ({self.likeliest} {probability})"


@dataclass(frozen=True)
class LiveReading:
    """What was read of one picture.

    Attributes:
        index: Number of the picture, dropped ones included.
        frame: The picture, upright.
        status: Its status, as in a frame table.
        faces: Its faces.
        delay_seconds: From the arrival of the picture to this reading; motion needs the next picture, so
            that it is a frame's time at least.
    """

    index: int
    frame: Frame
    status: str
    faces: list[LiveFace]
    delay_seconds: float


class CausalMeans:
    """Means of the readings of each face over a window of time that ends now."""

    def __init__(self, window_seconds: float) -> None:
        self._window = window_seconds
        self._held: dict[int, deque[tuple[float, NDArray[np.float32]]]] = {}

    def add(self, face: int, seconds: float, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take a reading of a face and return its mean, (C,)."""
        oldest = seconds - self._window - _SLACK_SECONDS
        for number, held in list(self._held.items()):
            while held and held[0][0] < oldest:
                held.popleft()
            if not held:
                del self._held[number]
        mine = self._held.setdefault(face, deque())
        mine.append((seconds, probabilities))
        return np.asarray(np.mean([reading for _, reading in mine], axis=0, dtype=float), np.float32)


def read_live(
    source: LiveSource, predictor: Predictor, *, window_seconds: float, detector_model: Path | None = None
) -> Iterator[LiveReading]:
    """Yield a reading for the newest picture, again and again, until the source ends.

    While a picture is read, others come and go: the next one that is read is the newest then. Motion is
    always that between two pictures that follow one another in the source, as in training. Smoothing, of the
    boxes and of the probabilities, uses what came before alone. A model that looks at a window of frames
    looks at those that were read.

    Args:
        source: A source that was started.
        predictor: The model.
        window_seconds: Length of the causal mean over the probabilities.
        detector_model: The face detector's model file, where the model's detector needs one.

    Raises:
        VideoError: the source cannot be opened, or shows nothing.
    """
    taken: deque[tuple[LivePicture, Frame]] = deque()
    sizes: deque[int] = deque()

    def pairs() -> Iterator[tuple[Frame, Frame]]:
        for number, (picture, after) in enumerate(source.pairs()):
            frame = Frame(number, picture.seconds, picture.picture)
            taken.append((picture, frame))
            yield frame, Frame(number + 1, after.seconds, after.picture)

    def prepared() -> Iterator[PreparedFrame]:
        for frame in FramePreparer(predictor.recipe, detector_model=detector_model).prepare_live(pairs()):
            sizes.append(max(1, len(frame.faces)))
            yield frame

    means = CausalMeans(window_seconds)
    rows = predict_frames(prepared(), predictor, at_once=True)
    for first in rows:
        picture, frame = taken.popleft()
        faces = []
        for row in (first, *islice(rows, sizes.popleft() - 1)):
            if row.face is not None and row.probabilities is not None:
                smoothed = means.add(row.face, row.seconds, row.probabilities)
                likeliest = predictor.labels.names[int(smoothed.argmax())]
                faces.append(LiveFace(row, smoothed, _name(smoothed, predictor), likeliest))
        delay = time.monotonic() - picture.arrived
        yield LiveReading(picture.index, frame, first.status, faces, delay)


def _name(smoothed: NDArray[np.float32], predictor: Predictor) -> str:
    threshold = predictor.calibration.abstain_below_pair
    [name] = name_readings(smoothed[None], predictor.labels, abstain_below=threshold)
    return str(name)


@dataclass
class Pace:
    """How a live reading went: pictures read, and their delays in seconds."""

    read: int = 0
    total_delay: float = 0.0
    longest_delay: float = 0.0

    def count(self, reading: LiveReading) -> None:
        """Count a reading."""
        self.read += 1
        self.total_delay += reading.delay_seconds
        self.longest_delay = max(self.longest_delay, reading.delay_seconds)

    def describe(self, source: LiveSource) -> str:
        """Return it in words."""
        mean = 1000 * self.total_delay / max(self.read, 1)
        return (
            f"{self.read} pictures read of {source.decoded} that came, {source.dropped} dropped; delay "
            f"{mean:.0f} ms in the mean, {1000 * self.longest_delay:.0f} ms at most"
        )


class LiveFiles:
    """Writes what is read, as it comes: ``frames.csv``, and ``annotated.mp4`` if that is wanted.

    Args:
        folder: Where to write.
        labels: Classes of the readings.
        annotate: Whether the annotated video is wanted; it has the pictures that were read, without sound.
    """

    def __init__(self, folder: Path, labels: LabelSet, *, annotate: bool) -> None:
        self._folder, self._labels, self._annotate = folder, labels, annotate
        self._opened = ExitStack()
        self._overlay: Overlay | None = None
        self._video: VideoWriter | None = None
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "frames.csv").open("w", encoding="utf-8", newline="")
        self._file = self._opened.enter_context(file)
        self._lines = csv.writer(file, lineterminator="\n")
        columns = (*FRAME_COLUMNS, *labels.probability_columns, "expression", "smoothed", "delay_ms")
        self._lines.writerow(columns)

    def add(self, reading: LiveReading) -> None:
        """Write one reading."""
        when = [reading.index, f"{reading.frame.seconds:.6f}"]
        delay = f"{1000 * reading.delay_seconds:.1f}"
        for face in reading.faces:
            self._lines.writerow([*when, *self._values(face, reading.status), delay])
        if not reading.faces:
            nothing = [""] * (len(self._labels) + 2)
            self._lines.writerow([*when, *[""] * 5, reading.status, *nothing, delay])
        self._file.flush()
        if self._annotate:
            self._draw(reading)

    def _values(self, face: LiveFace, status: str) -> list[Any]:
        row, names = face.row, self._labels.names
        readings = [] if row.probabilities is None else row.probabilities.tolist()
        box = [f"{value or 0:.2f}" for value in row.box]
        numbers = [f"{value:.6f}" for value in readings]
        return [row.face, *box, status, *numbers, names[int(np.argmax(readings))], face.expression]

    def _draw(self, reading: LiveReading) -> None:
        picture = reading.frame.rgb()
        if self._video is None or self._overlay is None:
            height, width = picture.shape[:2]
            self._overlay = Overlay(width=width, height=height, labels=self._labels)
            self._video = self._opened.enter_context(
                VideoWriter(
                    self._folder / "annotated.mp4",
                    width=self._overlay.width,
                    height=self._overlay.height,
                    preset="superfast",
                    crf=23,
                )
            )
        faces = [
            FaceReading(int(face.row.face or 0), _box(face.row), face.expression, face.smoothed)
            for face in reading.faces
        ]
        drawn = self._overlay.draw(picture, faces, status=reading.status.replace("_", " "))
        self._video.write(drawn, seconds=reading.frame.seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self._opened.__exit__(*error)


def _box(row: FrameRow) -> tuple[float, float, float, float]:
    x, y, w, h = (float(value or 0) for value in row.box)
    return x, y, w, h
