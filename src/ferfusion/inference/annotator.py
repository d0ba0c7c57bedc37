"""Write the annotated video beside the prediction: each frame as soon as its predictions are final."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from ferfusion.environment import release_free_memory
from ferfusion.inference.drawing.annotated_video import AnnotatedVideo, PredictionsByFrame
from ferfusion.inference.drawing.overlay import DrawnFace
from ferfusion.inference.final_predictions import FinalPredictions
from ferfusion.inference.predict_faces import FrameRow
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.prediction_folder import PredictionFolder
from ferfusion.inference.predictor import Predictor
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.video.footage import Video
from ferfusion.video.reader import Frame

_MOST_PIXELS_BESIDE = 2**21
"""Pixels of a frame, 1920 x 1080 and some, above which drawing waits for the end: both at a time need twice
the memory."""
_MOST_PIXELS_KEPT = 2**26
"""Pixels of the frames that wait to be drawn, of 96 MiB: 129 frames of 960 x 540. About 110 wait, for the
tracker, two batches of faces and the smoothing."""


class _StoppedError(Exception):
    """The prediction has failed, or was stopped: nobody needs its annotated video."""


class Annotator:
    """Draws and encodes the frames of a video close behind its prediction.

    A thread draws while later frames are predicted. It waits for the end of the prediction where a frame has
    several faces, since their numbers are known only then. The prediction hands over the frames that it has
    decoded; if too many wait, the video is decoded a second time from there on. Use it with ``with``: what is
    not finished is discarded.

    Args:
        folder: A new folder to write it into.
        footage: The video.
        predictor: The model.
        recipe: Settings of the prediction.
    """

    def __init__(self, folder: Path, footage: Video, predictor: Predictor, recipe: PredictRecipe) -> None:
        self._path = PredictionFolder(folder).annotated_file
        self._footage, self._recipe = footage, recipe
        self._labels, calibration = predictor.info.labels, predictor.info.calibration
        self._so_far = FinalPredictions(
            self._labels,
            window_seconds=recipe.window,
            smoothing=recipe.smoothing,
            abstain_below=calibration.abstain_below_pair,
        )
        self._all: PredictionsByFrame | None = None
        self._changed = threading.Condition()
        self._kept: deque[Frame] = deque()
        self._kept_pixels = 0
        self._keeps, self._waits_for_rows = True, False
        self._read = 0
        self._is_stopped = self._has_ended = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="annotator")
        self._drawing: Future[str] | None = None

    def keep(self, frame: Frame) -> None:
        """Take the next decoded frame. If too many wait because drawing is slow, wait for one to be drawn."""
        with self._changed:
            self._keeps = self._keeps and self._drawing is not None
            while self._keeps and self._kept_pixels + frame.num_pixels > _MOST_PIXELS_KEPT:
                if not self._kept or self._waits_for_rows or self._has_ended:  # none will be drawn soon
                    self._keeps = False
                else:
                    self._changed.wait()
            if self._keeps:
                self._kept.append(frame)
                self._kept_pixels += frame.num_pixels
            self._changed.notify_all()

    def add(self, row: FrameRow) -> None:
        """Add the next row of the prediction."""
        with self._changed:
            self._so_far.add(row)
            self._changed.notify_all()

    def finish(self, prediction: VideoPrediction, on_frame: Callable[[int], None]) -> str:
        """Draw the remaining frames, close the file, and return why the sound is left out, if it is.

        Nothing is written if no frame can be decoded.

        Args:
            prediction: The whole prediction.
            on_frame: Called with the number of frames that are done, for each frame.

        Raises:
            FileError: the file cannot be written.
            VideoError: the images cannot be encoded.
        """
        with self._changed:
            self._all = PredictionsByFrame(prediction.table, prediction.smoothed)
            self._changed.notify_all()
        if self._drawing is None:
            release_free_memory()  # before the frames are decoded again, at the same time as they are encoded
            self._drawing = self._start()
        for number in self._drawn_frames():
            on_frame(number)
        return self._drawing.result()

    def _drawn_frames(self) -> Iterator[int]:
        """Yield 1, 2 and so on, a number for each frame that is drawn, until the drawing has ended."""
        number = 0
        while True:
            with self._changed:
                while self._read == number and not self._has_ended:
                    self._changed.wait()
                read = self._read
            if read == number:
                return
            yield from range(number + 1, read + 1)
            number = read

    def _start(self) -> "Future[str]":
        drawing = self._thread.submit(self._draw)
        drawing.add_done_callback(self._end)
        return drawing

    def _end(self, _: "Future[str]") -> None:
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def _draw(self) -> str:
        recipe, footage = self._recipe, self._footage
        with AnnotatedVideo(
            self._path,
            self._labels,
            rate=footage.info.rate,
            sound_from=footage.sound,
            start=recipe.start,
            end=recipe.end,
            threads=1 if self._keeps else 0,  # beside the prediction, more threads only take processor time
        ) as video:
            for number, frame in enumerate(self._frames(), start=1):
                if not frame.error:
                    faces, status = self._wait_for(frame.index)
                    video.write(frame, faces, status=status)
                with self._changed:
                    self._read = number
                    self._changed.notify_all()
        return video.sound_left_out

    def _frames(self) -> Iterator[Frame]:
        """Yield every frame: those that are handed over, then the others, which are decoded again."""
        last = -1
        while (frame := self._next_kept()) is not None:
            last = frame.index
            yield frame
        if self._keeps and last >= 0:  # the prediction has handed over all of them
            return
        for frame in self._footage.read(self._recipe.start or None, self._recipe.end):
            if frame.index > last:
                yield frame

    def _next_kept(self) -> Frame | None:
        with self._changed:
            while not self._kept and self._keeps and self._all is None and not self._is_stopped:
                self._changed.wait()
            if self._is_stopped:
                raise _StoppedError
            if not self._kept:
                return None
            frame = self._kept.popleft()
            self._kept_pixels -= frame.num_pixels
            self._changed.notify_all()
            return frame

    def _wait_for(self, frame: int) -> tuple[Sequence[DrawnFace], str]:
        with self._changed:
            while True:
                if self._is_stopped:
                    raise _StoppedError
                if self._all is not None:
                    return self._all.at(frame)
                if (found := self._so_far.at(frame)) is not None:
                    return found
                self._waits_for_rows = True
                self._changed.notify_all()
                self._changed.wait()
                self._waits_for_rows = False

    def __enter__(self) -> Self:
        info = self._footage.info
        if info.width * info.height <= _MOST_PIXELS_BESIDE:
            self._drawing = self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
        self._thread.shutdown()
