"""Read a camera, a URL, or a file at its own frame rate, and always return the newest frame.

A thread decodes all the time. It keeps two frames: the newest and the one right before it, since flow is
between consecutive frames. A pair that is not used before the next one comes is dropped and counted.
"""

import re
import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
from av.container import InputContainer

from ferfusion.errors import VideoError
from ferfusion.video.container import open_file, pixel_aspect, stated_rate, video_track
from ferfusion.video.reader import decode

_TIMEOUT_SECONDS = 10.0
"""A source that sends nothing for so long has ended."""
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.I)
"""Every other source is a file, also one with a colon in its name."""


@dataclass(frozen=True)
class LiveFrame:
    """One decoded frame of a live source.

    Attributes:
        index: Index of the frame, from 0; dropped frames are counted.
        seconds: Time since the first frame, by the clock of the source.
        arrived: Time at which it was decoded, by the clock of the host (``time.monotonic``).
        image: The decoded image.
        pixel_aspect: Width of its pixels, divided by their height.
    """

    index: int
    seconds: float
    arrived: float
    image: av.VideoFrame
    pixel_aspect: Fraction = Fraction(1)


class LiveSource:
    """A source that runs in another thread while its ``with`` block does.

    Attributes:
        name: The source, as it was named.
        decoded: Number of frames that were decoded so far.
        dropped: Number of frames that were replaced by a newer one before they were used.

    Args:
        source: Number of a camera (``0``), a URL, or a file, which is read at its own frame rate.
        input_format: FFmpeg's name of the input format, if the source does not imply it: x11grab, lavfi.
    """

    def __init__(self, source: str, *, input_format: str | None = None) -> None:
        self.name = source
        self._input_format = input_format
        self._changed = threading.Condition()
        self._newest: tuple[LiveFrame, LiveFrame] | None = None
        self._stopping = threading.Event()
        self._has_ended = False
        self.decoded = self.dropped = 0
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live source")

    def pairs(self) -> Iterator[tuple[LiveFrame, LiveFrame]]:
        """Yield the newest frame and the one right before it, each pair once, until the source ends.

        Raises:
            VideoError: the source cannot be opened, or has no frame.
        """
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._newest is not None or self._has_ended)
                pair, self._newest = self._newest, None
            if pair is None:
                self._reading.result()  # raises the error that ended it
                if not self.decoded:
                    raise VideoError(f"{self.name} has no frame")
                return
            yield pair

    def _read(self) -> None:
        before: LiveFrame | None = None
        try:
            with closing(_live_frames(self.name, self._input_format, self._stopping)) as frames:
                for frame in frames:
                    if self._stopping.is_set():
                        return
                    self._put(before, frame)
                    before = frame
        finally:
            with self._changed:
                self._has_ended = True
                self._changed.notify()

    def _put(self, before: LiveFrame | None, frame: LiveFrame) -> None:
        with self._changed:
            self.decoded += 1
            # flow between images of two sizes would be no motion
            if before is None or before.index + 1 != frame.index or size_of(before) != size_of(frame):
                return
            self.dropped += self._newest is not None
            self._newest = (before, frame)
            self._changed.notify()

    def __enter__(self) -> Self:
        self._reading = self._threads.submit(self._read)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._threads.shutdown()


def size_of(frame: LiveFrame) -> tuple[int, int, Fraction]:
    """Return width, height and pixel aspect of a frame."""
    return frame.image.width, frame.image.height, frame.pixel_aspect


def _live_frames(
    source: str, input_format: str | None, stopping: threading.Event
) -> Generator[LiveFrame, None, None]:
    if source.isdecimal() and input_format is None:
        return _camera(int(source))
    path = Path(source)
    if path.is_file() and not _URL.match(source):
        return _at_frame_rate(_frames_of(open_file(path, input_format=input_format), source), stopping)
    if path.is_fifo():
        raise VideoError(f"{source} is a pipe; name a camera, a URL or a file")  # it may wait forever
    if input_format is None and not path.exists() and not _URL.match(source):
        raise VideoError(f"There is no file {source}, and it is no URL such as rtsp://host/stream")
    return _frames_of(_open_address(source, input_format), source)


def _camera(number: int) -> Generator[LiveFrame, None, None]:
    """Yield the frames of a camera, by OpenCV: the FFmpeg of PyAV reads no camera on Linux."""
    camera = cv2.VideoCapture(number)
    if not camera.isOpened():
        raise VideoError(f"There is no camera {number}, or another program has it; name a URL or a file")
    first = time.monotonic()
    try:
        index = 0
        while True:
            ok, pixels = camera.read()
            arrived = time.monotonic()
            if not ok:
                return
            image = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels, np.uint8), format="bgr24")
            yield LiveFrame(index, arrived - first, arrived, image)
            index += 1
    finally:
        camera.release()


def _open_address(source: str, input_format: str | None) -> InputContainer:
    """Open a URL, or a device of FFmpeg."""
    try:
        return av.open(source, format=input_format, timeout=_TIMEOUT_SECONDS, metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise VideoError(f"Cannot open {source} as a live source: {reason}") from error


def _frames_of(container: InputContainer, source: str) -> Generator[LiveFrame, None, None]:
    with container:
        track = video_track(container, source)
        step = float(1 / stated_rate(container, track))
        aspect = pixel_aspect(track)
        first, seconds = None, -step
        for index, (image, _, shown) in enumerate(decode(container, track)):
            if shown is not None and first is None:
                first = shown
            at = None if shown is None or first is None else shown - first
            seconds = at if at is not None and at > seconds else seconds + step
            if image is not None:
                yield LiveFrame(index, seconds, time.monotonic(), image, aspect)


def _at_frame_rate(
    frames: Generator[LiveFrame, None, None], stopping: threading.Event
) -> Generator[LiveFrame, None, None]:
    """Yield each frame at its time, as a camera does."""
    with closing(frames):
        begun = time.monotonic()
        for frame in frames:
            stopping.wait(max(0.0, begun + frame.seconds - time.monotonic()))
            yield replace(frame, arrived=time.monotonic())
