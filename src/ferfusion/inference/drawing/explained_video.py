"""A video explained: every frame beside what the model saw of the face, where it looked, and what counted."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.bundle import Bundle
from ferfusion.data.inputs import FaceInput
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.explanation.explainer import Explainer, Explanation
from ferfusion.explanation.pairs import images_of
from ferfusion.explanation.recipe import DEFAULT_METHOD
from ferfusion.files import write_table
from ferfusion.inference.drawing.overlay import FaceReading, Overlay
from ferfusion.inference.drawing.panel import Panel
from ferfusion.inference.predict_faces import FrameRow, predict_frames
from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.reporting.style import RgbImage
from ferfusion.video.reader import read_frames, read_info
from ferfusion.video.writer import VideoWriter

_LEAST_HEIGHT, _MOST_HEIGHT = 480, 1080
"""A picture is enlarged or reduced to lie between them, so that the words beside it can be read."""
_LINE_COLUMNS = ("frame", "seconds", "track", "expression", "probability", "baseline")


class ExplainingPredictor:
    """Predicts a bundle's model and keeps the reasons, for who reads on: one for every row, in order.

    Args:
        bundle: The trained model.
        method: How maps are made, a name of ``CAM_METHODS``.
    """

    def __init__(self, bundle: Bundle, *, method: str = DEFAULT_METHOD) -> None:
        self.name = ""
        self.labels, self.recipe = bundle.labels, bundle.recipe
        self.calibration = Calibration.of(bundle.metrics)
        self.window, self.frame_step = bundle.model_config.window, bundle.model_config.frame_step
        self.reasons: deque[tuple[FaceInput, Explanation]] = deque()
        self._explainer = explainer = Explainer(
            bundle, method=method, temperature=self.calibration.temperature
        )
        self.streams = tuple(explainer.inputs)

    def predict(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]],
        windows_bkhwc: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.float32]:
        """Return probabilities (B, C), and put what was seen and why into ``reasons``."""
        windows = [None] * len(crops_bhwc) if windows_bkhwc is None else list(windows_bkhwc)
        seen = [FaceInput(*one) for one in zip(crops_bhwc, flow_b2hw, windows, strict=True)]
        explanations = self._explainer.explain(images_of(self._explainer, seen))
        self.reasons.extend(zip(seen, explanations, strict=True))
        return np.stack([explanation.probabilities for explanation in explanations])


@dataclass(frozen=True)
class ExplainedFace:
    """One face of one frame, with its reasons."""

    row: FrameRow
    seen: FaceInput
    explanation: Explanation


def explain_video(
    video: Path,
    bundle: Bundle,
    folder: Path,
    *,
    method: str = DEFAULT_METHOD,
    on_frame: Callable[[int], None] = lambda frame: None,
) -> Path:
    """Write ``explained.mp4``, and ``contributions.csv`` with a row for every frame and face.

    The video has the frames, times and sound of the original. Where several faces are in view, the panel
    stays with one as long as it is there, then takes the largest. Of a frame that is done, only its row is
    kept.

    Args:
        video: The file.
        bundle: The trained model.
        folder: Where the files are written.
        method: How maps are made, a name of ``CAM_METHODS``.
        on_frame: Told the number of frames that are done.

    Raises:
        VideoError: the file is no video that can be read.
    """
    predictor = ExplainingPredictor(bundle, method=method)
    rate = read_info(video).rate
    path = folder / "explained.mp4"
    lines: list[dict[str, Any]] = []
    artist: _Artist | None = None
    shown = -1
    with ExitStack() as opened:
        explained = _explained_frames(video, predictor)
        for number, (frame, (status, faces)) in enumerate(
            zip(read_frames(video), explained, strict=True), start=1
        ):
            lines += [_line(face, predictor) for face in faces]
            shown = choose_face(faces, before=shown)
            if not frame.error:
                picture = frame.rgb()
                if artist is None:
                    artist = opened.enter_context(_Artist(path, picture, predictor, rate, sound_from=video))
                artist.draw(picture, frame.seconds, faces, shown=shown, status=status)
            on_frame(number)
    columns = [*_LINE_COLUMNS, *predictor.streams]
    write_table(folder / "contributions.csv", pd.DataFrame(lines, columns=columns))
    return path


def _explained_frames(
    video: Path, predictor: ExplainingPredictor
) -> Iterator[tuple[str, list[ExplainedFace]]]:
    """Yield the status and the faces of every frame, in order."""
    prepared = FramePreparer(predictor.recipe).prepare(read_frames(video))
    for _, rows in groupby(predict_frames(prepared, predictor), key=lambda row: row.frame):
        faces, status = [], ""
        for row in rows:
            status = row.status
            if row.face is not None:
                faces.append(ExplainedFace(row, *predictor.reasons.popleft()))
        yield status, faces


def choose_face(faces: list[ExplainedFace], *, before: int) -> int:
    """Return the track that is shown: the one before while it is in view, else the largest; -1 for none."""
    areas = {int(face.row.face or 0): (face.row.box[2] or 0) * (face.row.box[3] or 0) for face in faces}
    if before in areas or not areas:
        return before if areas else -1
    return max(areas, key=areas.__getitem__)


def _line(face: ExplainedFace, predictor: ExplainingPredictor) -> dict[str, Any]:
    row, explanation = face.row, face.explanation
    code = explanation.code
    name, probability = predictor.labels.names[code], float(explanation.probabilities[code])
    values = (row.frame, row.seconds, row.face, name, probability, explanation.baseline)
    return {**dict(zip(_LINE_COLUMNS, values, strict=True)), **explanation.contributions}


class _Artist:
    """Draws the frames of one video beside their reasons and writes them."""

    def __init__(
        self, path: Path, first: RgbImage, predictor: ExplainingPredictor, rate: Fraction, *, sound_from: Path
    ) -> None:
        height, width = first.shape[:2]
        self._scale = min(max(height, _LEAST_HEIGHT), _MOST_HEIGHT) / height
        self._size = (round(width * self._scale), round(height * self._scale))
        self._names = predictor.labels.names
        self._overlay = Overlay(width=self._size[0], height=self._size[1], labels=predictor.labels)
        self._panel = Panel(height=self._overlay.height, labels=predictor.labels)
        self._writer = VideoWriter(
            path,
            width=self._overlay.width + self._panel.width,
            height=self._overlay.height,
            rate=rate,
            audio_from=sound_from,
            threads=0,
        )

    def draw(
        self, picture: RgbImage, seconds: float, faces: list[ExplainedFace], *, shown: int, status: str
    ) -> None:
        """Write one picture."""
        shrinks = self._scale < 1
        scaled = cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
        readings = [self._reading(face) for face in faces]
        left = self._overlay.draw(np.asarray(scaled, np.uint8), readings, status=status.replace("_", " "))
        chosen = next((face for face in faces if face.row.face == shown), None)
        right = self._panel.draw(None if chosen is None else (chosen.seen, chosen.explanation))
        self._writer.write(np.concatenate([left, right], axis=1), seconds=seconds)

    def _reading(self, face: ExplainedFace) -> FaceReading:
        x, y, w, h = (float(value or 0) * self._scale for value in face.row.box)
        explanation = face.explanation
        return FaceReading(
            int(face.row.face or 0), (x, y, w, h), self._names[explanation.code], explanation.probabilities
        )

    def __enter__(self) -> "_Artist":
        return self

    def __exit__(self, *error: Any) -> None:
        self._writer.__exit__(*error)
