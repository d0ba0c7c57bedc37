"""The annotated video: every frame at its own time with its predictions, and the original sound."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.inference.drawing.canvas import PlanesCanvas, even
from ferfusion.inference.drawing.overlay import STRIP, DrawnFace, Overlay
from ferfusion.label_set import LabelSet
from ferfusion.reporting.colours import RgbImage
from ferfusion.video.colour import Colour
from ferfusion.video.planes import planes_of
from ferfusion.video.reader import Frame
from ferfusion.video.writer import VideoWriter

_MOST_PIXELS = 36_864 * 16 * 16
"""Pixels of a frame of H.264's level 5.1, 4,096 x 2,304; browsers and TVs play no more."""
_LONGEST_SIDE = 16 * int((8 * 36_864) ** 0.5)
"""Pixels of a side at that level: the square root of 8 times the macroblocks of a frame (H.264, A.3.1)."""

_PRESET, _CRF = "ultrafast", 26


class PredictionsByFrame:
    """Looks up the predictions of a frame; a frame without a prediction has the last one before it.

    Args:
        table: The frame table, with the column ``smoothed``.
        smoothed: The smoothed class probabilities of its rows, (rows, C).
    """

    def __init__(self, table: pd.DataFrame, smoothed: NDArray[np.float32]) -> None:
        self._frames, starts = np.unique(table["frame"].to_numpy(), return_index=True)
        self._starts = np.append(starts, len(table))
        self._status = table["status"].to_numpy(dtype=object)
        self._has_face = (table["status"] == "ok").to_numpy()
        self._faces = table["face"].to_numpy(dtype=np.int64, na_value=-1)
        self._boxes = table[list("xywh")].to_numpy(np.float32)
        self._names = table["smoothed"].to_numpy(dtype=object)
        self._smoothed = smoothed

    def at(self, frame: int) -> tuple[list[DrawnFace], str]:
        """Return the faces of a frame, the lowest number first, and its status."""
        index = int(np.searchsorted(self._frames, frame, side="right")) - 1
        rows = [row for row in range(self._starts[index], self._starts[index + 1]) if self._has_face[row]]
        faces = [self._face(row) for row in sorted(rows, key=lambda row: int(self._faces[row]))]
        return faces, str(self._status[self._starts[index]])

    def _face(self, row: int) -> DrawnFace:
        x, y, w, h = self._boxes[row].tolist()
        return DrawnFace(int(self._faces[row]), (x, y, w, h), str(self._names[row]), self._smoothed[row])


class AnnotatedVideo:
    """Draws frames with their predictions and writes them; use it with ``with``.

    The file is opened with the first frame, which gives its size: without a frame there is no file.

    Args:
        path: The file to write.
        labels: Classes of the predictions.
        rate: Nominal frame rate.
        sound_from: File of the original sound, if the video has sound.
        start: Second of that file at which the video starts.
        end: Second of that file at which the video ends; without it, the end of the file.
        threads: Encoder threads; 0 leaves the number to FFmpeg.
    """

    def __init__(
        self,
        path: Path,
        labels: LabelSet,
        *,
        rate: Fraction | int = 25,
        sound_from: Path | None = None,
        start: float = 0.0,
        end: float | None = None,
        threads: int = 1,
    ) -> None:
        self._path, self._labels, self._rate = path, labels, rate
        self._sound_from, self._start, self._end = sound_from, start, end
        self._threads = threads
        self._opened = ExitStack()
        self._files: tuple[Overlay, VideoWriter] | None = None

    def write(self, frame: Frame, faces: Sequence[DrawnFace], *, status: str) -> None:
        """Draw and write one frame; one of another size than the first, or above 4K, is scaled to fit.

        The pixels are not converted: the predictions are drawn onto copies of the frame's planes.

        Args:
            frame: The frame.
            faces: Its faces.
            status: Its status, one of ``STATUSES``.

        Raises:
            FileError: the file cannot be written.
            VideoError: the images cannot be encoded.
        """
        planes = frame.planes_with_both_fields
        if self._files is None:
            self._files = self._open(planes[0].shape, frame.colour_of_planes)
        overlay, writer = self._files
        if planes[0].shape != self._size_hw or frame.colour_of_planes.matrix != self._colour.matrix:
            image, faces = fitted(frame.rgb(), faces, self._size_hw)
            planes = planes_of(self._colour.to_yuv420p(image))
        drawn = av.VideoFrame(overlay.width, overlay.height, "yuv420p")
        canvas = PlanesCanvas(planes_of(drawn), self._colour)
        canvas.place(planes, ground=STRIP)
        overlay.draw_onto(canvas, faces, status=status.replace("_", " "))
        writer.write_yuv420p(drawn, seconds=frame.seconds - self._start)

    def _open(self, sides: tuple[int, ...], colour: Colour) -> tuple[Overlay, VideoWriter]:
        scale = min(1.0, (_MOST_PIXELS / (sides[0] * sides[1])) ** 0.5, _LONGEST_SIDE / max(sides))
        height, width = (max(1, int(scale * side)) for side in sides)
        self._size_hw, self._colour = (height, width), colour
        overlay = Overlay(width=even(width), height=even(height), labels=self._labels)
        writer = VideoWriter(
            self._path,
            width=overlay.width,
            height=overlay.height,
            rate=self._rate,
            crf=_CRF,
            preset=_PRESET,
            colour=colour,
            audio_from=self._sound_from,
            audio_start=self._start,
            audio_end=self._end,
            threads=self._threads,
        )
        return overlay, self._opened.enter_context(writer)

    @property
    def sound_left_out(self) -> str:
        """Why the original sound is missing, once the file is finished; empty if it is there."""
        return self._files[1].sound_left_out if self._files else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.__exit__(kind, error, trace)


def fitted(
    image: RgbImage, faces: Sequence[DrawnFace], size_hw: tuple[int, int]
) -> tuple[RgbImage, Sequence[DrawnFace]]:
    """Return an image (H, W, 3) with its faces at another size; what it does not fill is black."""
    rows, columns = image.shape[:2]
    if (rows, columns) == size_hw:
        return image, faces
    scale = min(size_hw[0] / rows, size_hw[1] / columns)
    height, width = (max(1, round(length * scale)) for length in (rows, columns))
    canvas = np.zeros((*size_hw, 3), np.uint8)
    canvas[:height, :width] = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    x_scale, y_scale = width / columns, height / rows
    return canvas, [
        replace(face, box=(x * x_scale, y * y_scale, w * x_scale, h * y_scale))
        for face in faces
        for x, y, w, h in [face.box]
    ]
