"""The explained video: every frame beside the model's input, the class activation maps and contributions."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import BinaryIO, Self, cast

import cv2
import numpy as np
import pandas as pd

from ferfusion.explanation.recipe import DEFAULT_METHOD
from ferfusion.files import write_bytes
from ferfusion.inference.drawing.annotated_image import jpeg_bytes
from ferfusion.inference.drawing.annotated_video import PredictionsByFrame, fitted
from ferfusion.inference.drawing.overlay import DrawnFace, Overlay
from ferfusion.inference.drawing.panel import Panel
from ferfusion.inference.explain_faces import (
    LINE_COLUMNS,
    ExplainedFace,
    RecordingPredictor,
    contribution_lines,
    explain_faces,
)
from ferfusion.inference.explained_folder import SOURCE, write_source
from ferfusion.inference.predict_video import OnFrame, predict_footage
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.predictor import TorchPredictor
from ferfusion.outputs import only_writer, replaced_result
from ferfusion.reporting.colours import RgbImage
from ferfusion.tables import write_table
from ferfusion.video.colour import Colour
from ferfusion.video.footage import Footage, Photograph
from ferfusion.video.writer import VideoWriter

_VIDEO, _PHOTOGRAPH, _TABLE = "explained.mp4", "explained.jpg", "contributions.csv"
_MIN_HEIGHT, _MAX_HEIGHT = 480, 1080
"""A frame is resized to a height between them, so that the text beside it can be read."""
_JPEG_QUALITY = 92


def explain_footage(
    footage: Footage,
    source: Path,
    predictor: TorchPredictor,
    folder: Path,
    *,
    method: str = DEFAULT_METHOD,
    why_not: str = "",
    on_frame: OnFrame = lambda stage, frame: None,
) -> Path:
    """Write ``explained.mp4`` or ``explained.jpg``, and ``contributions.csv``.

    The faces are predicted first, as ``predict_footage`` does, so that faces and expressions have the same
    numbers and names. The video has the frames, times and sound of the original. If several faces are in
    view, the panel shows one of them as long as it is in view, and then the largest face.

    Args:
        footage: The video or photograph.
        source: Its file.
        predictor: The model.
        folder: Folder to write.
        method: Method of the maps, a name of ``CAM_METHODS``.
        why_not: Class that is explained beside the top class of each frame; empty for none.
        on_frame: Called after every frame of both stages.

    Raises:
        ConfigError: the model has no class ``why_not``.
        VideoError: the file cannot be decoded.
        FileError: the explained video cannot be written.
    """
    code = predictor.info.labels.code(why_not) if why_not else None
    explainer = predictor.explainer(method)
    name = _PHOTOGRAPH if isinstance(footage, Photograph) else _VIDEO
    with only_writer(folder), replaced_result(folder, earlier=(_VIDEO, _PHOTOGRAPH, _TABLE, SOURCE)) as new:
        with TemporaryFile(dir=new) as file:
            recorded = RecordingPredictor(predictor, cast(BinaryIO, file), folder)
            prediction = predict_footage(footage, recorded, on_frame=on_frame)
            faces = explain_faces(prediction, recorded, explainer, why_not=code)
            lines: list[dict[str, object]] = []
            with _Artist(new / name, footage, prediction, panels=1 if code is None else 2) as artist:
                for number, of_frame in enumerate(artist.draw(faces), start=1):
                    for face in of_frame:
                        lines += contribution_lines(face, prediction.table, prediction.info)
                    on_frame("Explaining", number)
        columns = [*LINE_COLUMNS, *explainer.inputs]
        write_table(new / _TABLE, pd.DataFrame(lines, columns=columns))
        write_source(new, source)
    return folder / name


def choose_face(faces: Sequence[DrawnFace], *, before: int) -> int:
    """Return the face to show: the one before if it is in view, else the largest; -1 without a face."""
    areas = {each.face: each.box[2] * each.box[3] for each in faces}
    if before in areas or not areas:
        return before if areas else -1
    return max(areas, key=areas.__getitem__)


def _scaled(box: tuple[float, float, float, float], scale: float) -> tuple[float, float, float, float]:
    x, y, width, height = box
    return scale * x, scale * y, scale * width, scale * height


class _Artist:
    """Draws the frames of one video or photograph beside their explanations and writes them.

    Args:
        path: The file to write.
        footage: The video or photograph.
        prediction: Its prediction.
        panels: Panels beside the frame: one for each explained class.
    """

    def __init__(self, path: Path, footage: Footage, prediction: VideoPrediction, *, panels: int) -> None:
        self._path, self._footage, self._prediction, self._panels = path, footage, prediction, panels
        self._by_frame = PredictionsByFrame(prediction.table, prediction.smoothed)
        self._overlay: Overlay | None = None
        self._writer: VideoWriter | None = None

    def draw(self, faces: Iterator[ExplainedFace]) -> Iterator[list[ExplainedFace]]:
        """Draw and write every frame that can be decoded; yield the faces of every frame.

        Args:
            faces: The explained faces of all frames, in order.
        """
        table = self._prediction.table
        numbers = table["face"].fillna(-1).to_numpy(np.int64)
        counts = table[table["face"].notna()].groupby("frame").size()
        shown = -1
        for frame in self._footage.read():
            of_frame = list(islice(faces, int(counts.get(frame.index, 0))))
            drawn, status = self._by_frame.at(frame.index)
            shown = choose_face(drawn, before=shown)
            if not frame.error:
                chosen = next((face for face in of_frame if numbers[face.row] == shown), None)
                image = self._drawn(frame.rgb(), drawn, chosen, status=status.replace("_", " "))
                self._write(image, frame.seconds, frame.colour)
            yield of_frame

    def _drawn(
        self, image: RgbImage, faces: Sequence[DrawnFace], chosen: ExplainedFace | None, *, status: str
    ) -> RgbImage:
        """Return a frame, the bars below it and the panels; one of another size than the first is scaled."""
        labels = self._prediction.info.labels
        if self._overlay is None:
            self._first_hw = height, width = image.shape[0], image.shape[1]
            self._scale = min(max(height, _MIN_HEIGHT), _MAX_HEIGHT) / height
            self._size = (round(width * self._scale), round(height * self._scale))
            self._overlay = Overlay(width=self._size[0], height=self._size[1], labels=labels)
            # the number at the face is smoothed over time, that of the panel is not
            after = "" if self._prediction.is_photograph else " in this frame"
            self._panel = Panel(height=self._overlay.height, labels=labels, after=after)
        image, faces = fitted(image, faces, self._first_hw)
        shrinks = self._scale < 1
        scaled = cv2.resize(image, self._size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
        large = [replace(face, box=_scaled(face.box, self._scale)) for face in faces]
        left = self._overlay.draw(np.asarray(scaled, np.uint8), large, status=status)
        return np.concatenate([left, *self._panel_images(chosen)], axis=1)

    def _panel_images(self, face: ExplainedFace | None) -> list[RgbImage]:
        empty = [self._panel.draw(None)] * self._panels
        if face is None:
            return empty
        labels = self._prediction.info.labels
        smoothed = self._prediction.table["smoothed"].iloc[face.row]
        # the overlay shows the smoothed name; the panel explains the top class of this frame alone
        named = smoothed == labels.names[face.explanation.code]
        words = "why" if named else "top class", "why not"
        images = [
            self._panel.draw((face.face_input, one), words=word)
            for one, word in zip(face.explanations, words, strict=False)
        ]
        return (images + empty)[: self._panels]

    def _write(self, image: RgbImage, seconds: float, colour: Colour) -> None:
        if isinstance(self._footage, Photograph):
            write_bytes(self._path, jpeg_bytes(image, quality=_JPEG_QUALITY))
            return
        if self._writer is None:
            self._writer = VideoWriter(
                self._path,
                width=image.shape[1],
                height=image.shape[0],
                rate=self._footage.info.rate,
                colour=colour,
                audio_from=self._footage.sound,
                threads=0,
            ).__enter__()
        self._writer.write(image, seconds=seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.__exit__(kind, error, trace)
