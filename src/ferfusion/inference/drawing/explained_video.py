"""The explained video: every frame beside the model's input, the class activation maps and contributions."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
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
from ferfusion.explanation.explainer import Explainer, Explanation
from ferfusion.explanation.pairs import images_of
from ferfusion.explanation.recipe import DEFAULT_METHOD
from ferfusion.inference.drawing.annotated_video import fitted
from ferfusion.inference.drawing.overlay import DrawnFace, Overlay
from ferfusion.inference.drawing.panel import Panel
from ferfusion.inference.explained_folder import SOURCE, write_source
from ferfusion.inference.network_inputs import zero_flow
from ferfusion.inference.predict_faces import FrameRow, predict_frames
from ferfusion.outputs import only_writer, replaced_result
from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.reporting.style import RgbImage
from ferfusion.tables import write_table
from ferfusion.video.colour import Colour
from ferfusion.video.reader import read_frames, read_info
from ferfusion.video.writer import VideoWriter

_VIDEO, _TABLE = "explained.mp4", "contributions.csv"
_MIN_HEIGHT, _MAX_HEIGHT = 480, 1080
"""A frame is resized to a height between them, so that the text beside it can be read."""
_LINE_COLUMNS = ("frame", "seconds", "track", "expression", "probability", "baseline")


class ExplainingPredictor:
    """Predicts with a bundle's model and keeps the explanation of every row, in order.

    Attributes:
        explained: Input and explanation of the faces that were predicted; the reader removes them.
        explained_streams: The streams that an explanation has contributions of.

    Args:
        bundle: The trained model.
        method: Method of the maps, a name of ``CAM_METHODS``.
    """

    explain: None = None
    """Predictions are explained already."""

    def __init__(self, bundle: Bundle, *, method: str = DEFAULT_METHOD) -> None:
        self.name = ""
        self.info = bundle.info
        self.explained: deque[tuple[FaceInput, Explanation]] = deque()
        self._explainer = Explainer(bundle, method=method, temperature=self.info.calibration.temperature)
        self.explained_streams = tuple(self._explainer.inputs)

    def predict(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]] | None,
        windows_bkhwc: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.float32]:
        """Return probabilities (B, C), and append inputs and explanations to ``explained``."""
        flows = zero_flow(crops_bhwc) if flow_b2hw is None else flow_b2hw
        windows = [None] * len(crops_bhwc) if windows_bkhwc is None else list(windows_bkhwc)
        face_inputs = [FaceInput(*one) for one in zip(crops_bhwc, flows, windows, strict=True)]
        explanations = self._explainer.explain(images_of(self._explainer, face_inputs))
        self.explained.extend(zip(face_inputs, explanations, strict=True))
        return np.stack([explanation.probabilities for explanation in explanations])


@dataclass(frozen=True)
class ExplainedFace:
    """One face of one frame.

    Attributes:
        row: Its prediction.
        face_input: The model's input.
        explanation: The explanation of its top class.
    """

    row: FrameRow
    face_input: FaceInput
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

    The video has the frames, times and sound of the original. If several faces are in view, the panel shows
    one of them as long as it is in view, and then the largest face.

    Args:
        video: The video file.
        bundle: The trained model.
        folder: Folder to write.
        method: Method of the maps, a name of ``CAM_METHODS``.
        on_frame: Called with the number of frames that are done.

    Raises:
        VideoError: the file is not a video that can be decoded.
        FileError: the explained video cannot be written.
    """
    predictor = ExplainingPredictor(bundle, method=method)
    rate = read_info(video).rate
    with only_writer(folder), replaced_result(folder, earlier=(_VIDEO, _TABLE, SOURCE)) as new:
        _write(video, predictor, rate, new, on_frame=on_frame)
        write_source(new, video)
    return folder / _VIDEO


def _write(
    video: Path,
    predictor: ExplainingPredictor,
    rate: Fraction,
    folder: Path,
    *,
    on_frame: Callable[[int], None],
) -> None:
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
                image = frame.rgb()
                if artist is None:
                    artist = _Artist(folder / _VIDEO, image, frame.colour, predictor, rate, sound_from=video)
                    opened.enter_context(artist)
                artist.draw(image, frame.seconds, faces, shown=shown, status=status)
            on_frame(number)
    columns = [*_LINE_COLUMNS, *predictor.explained_streams]
    write_table(folder / _TABLE, pd.DataFrame(lines, columns=columns))


def _explained_frames(
    video: Path, predictor: ExplainingPredictor
) -> Iterator[tuple[str, list[ExplainedFace]]]:
    """Yield the status and the faces of every frame, in order."""
    info = predictor.info
    prepared = FramePreparer(info.prepare_recipe, flow=info.reads_flow).prepare(read_frames(video))
    for _, rows in groupby(predict_frames(prepared, predictor), key=lambda row: row.frame):
        faces, status = [], ""
        for row in rows:
            status = row.status
            if row.face is not None:
                faces.append(ExplainedFace(row, *predictor.explained.popleft()))
        yield status, faces


def choose_face(faces: list[ExplainedFace], *, before: int) -> int:
    """Return the track to show: the track before if it is in view, else the largest; -1 without a face."""
    areas = {int(face.row.face or 0): (face.row.box[2] or 0) * (face.row.box[3] or 0) for face in faces}
    if before in areas or not areas:
        return before if areas else -1
    return max(areas, key=areas.__getitem__)


def _line(face: ExplainedFace, predictor: ExplainingPredictor) -> dict[str, Any]:
    row, explanation = face.row, face.explanation
    code = explanation.code
    name, probability = predictor.info.labels.names[code], float(explanation.probabilities[code])
    values = (row.frame, row.seconds, row.face, name, probability, explanation.baseline)
    return {**dict(zip(_LINE_COLUMNS, values, strict=True)), **explanation.contributions}


def _scaled(box: tuple[float, float, float, float], scale: float) -> tuple[float, float, float, float]:
    x, y, width, height = box
    return scale * x, scale * y, scale * width, scale * height


class _Artist:
    """Draws the frames of one video beside their explanations and writes them."""

    def __init__(
        self,
        path: Path,
        first: RgbImage,
        colour: Colour,
        predictor: ExplainingPredictor,
        rate: Fraction,
        *,
        sound_from: Path,
    ) -> None:
        self._first_hw = height, width = first.shape[0], first.shape[1]
        self._scale = min(max(height, _MIN_HEIGHT), _MAX_HEIGHT) / height
        self._size = (round(width * self._scale), round(height * self._scale))
        self._names = predictor.info.labels.names
        self._overlay = Overlay(width=self._size[0], height=self._size[1], labels=predictor.info.labels)
        self._panel = Panel(height=self._overlay.height, labels=predictor.info.labels)
        self._writer = VideoWriter(
            path,
            width=self._overlay.width + self._panel.width,
            height=self._overlay.height,
            rate=rate,
            colour=colour,
            audio_from=sound_from,
            threads=0,
        )

    def draw(
        self, image: RgbImage, seconds: float, faces: list[ExplainedFace], *, shown: int, status: str
    ) -> None:
        """Write one frame; one of another size than the first is scaled to fit."""
        image, drawn = fitted(image, [self._drawn_face(face) for face in faces], self._first_hw)
        shrinks = self._scale < 1
        scaled = cv2.resize(image, self._size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
        large = [replace(face, box=_scaled(face.box, self._scale)) for face in drawn]
        left = self._overlay.draw(np.asarray(scaled, np.uint8), large, status=status.replace("_", " "))
        chosen = next((face for face in faces if face.row.face == shown), None)
        right = self._panel.draw(None if chosen is None else (chosen.face_input, chosen.explanation))
        self._writer.write(np.concatenate([left, right], axis=1), seconds=seconds)

    def _drawn_face(self, face: ExplainedFace) -> DrawnFace:
        x, y, w, h = (float(value or 0) for value in face.row.box)
        explanation = face.explanation
        return DrawnFace(
            int(face.row.face or 0), (x, y, w, h), self._names[explanation.code], explanation.probabilities
        )

    def __enter__(self) -> "_Artist":
        return self

    def __exit__(self, *error: Any) -> None:
        self._writer.__exit__(*error)
