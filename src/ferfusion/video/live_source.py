"""Read a camera, a stream, or a file played at its own pace, and always give the newest picture.

A thread reads on whether or not anybody looks. It keeps two pictures: the newest and its neighbour before,
since motion is that between neighbours. What is not looked at in time is dropped, and counted.
"""

import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np

from ferfusion.errors import VideoError
from ferfusion.video.reader import decode

_TIME_LIMIT_SECONDS = 10.0
"""A stream that is silent for so long has ended."""


@dataclass(frozen=True)
class LivePicture:
    """One decoded picture.

    Attributes:
        index: Number of the picture, from 0, dropped ones included.
        seconds: Time from the first picture on, by the source's own clock.
        arrived: When it was decoded, by this machine's clock (``time.monotonic``).
        picture: The picture.
    """

    index: int
    seconds: float
    arrived: float
    picture: av.VideoFrame


class LiveSource:
    """A source that goes on by itself; use it with ``with``.

    Attributes:
        name: What was named.
        decoded: Pictures that were decoded so far.
        dropped: Pictures that came and went without being looked at.

    Args:
        source: Number of a camera (``0``), a URL, or a file, which is played at its own pace.
        input_format: FFmpeg's name of the input's format, where its name does not tell: x11grab, lavfi.
    """

    def __init__(self, source: str, *, input_format: str | None = None) -> None:
        self.name = source
        self._input_format = input_format
        self._changed = threading.Condition()
        self._newest: tuple[LivePicture, LivePicture] | None = None
        self._stopping = threading.Event()
        self._has_ended = False
        self.decoded = self.dropped = 0
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live source")

    def pairs(self) -> Iterator[tuple[LivePicture, LivePicture]]:
        """Yield the newest picture after the one right before it, each pair once, until the source ends.

        Raises:
            VideoError: the source cannot be opened, or shows nothing.
        """
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._newest is not None or self._has_ended)
                pair, self._newest = self._newest, None
            if pair is None:
                self._reading.result()  # raises what ended it
                if not self.decoded:
                    raise VideoError(f"{self.name} gave no picture")
                return
            yield pair

    def _read(self) -> None:
        before: LivePicture | None = None
        try:
            with closing(_pictures(self.name, self._input_format, self._stopping)) as pictures:
                for picture in pictures:
                    if self._stopping.is_set():
                        return
                    self._put(before, picture)
                    before = picture
        finally:
            with self._changed:
                self._has_ended = True
                self._changed.notify()

    def _put(self, before: LivePicture | None, picture: LivePicture) -> None:
        with self._changed:
            self.decoded += 1
            if before is None or before.index + 1 != picture.index:
                return
            self.dropped += self._newest is not None
            self._newest = (before, picture)
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


def _pictures(
    source: str, input_format: str | None, stopping: threading.Event
) -> Generator[LivePicture, None, None]:
    if source.isdecimal() and input_format is None:
        return _camera(int(source))
    if Path(source).is_file():
        return _at_its_pace(_ffmpeg_input(source, input_format), stopping)
    return _ffmpeg_input(source, input_format)


def _camera(number: int) -> Generator[LivePicture, None, None]:
    """Yield the pictures of a camera, by OpenCV: the FFmpeg that comes with PyAV knows none on Linux."""
    camera = cv2.VideoCapture(number)
    if not camera.isOpened():
        raise VideoError(f"There is no camera {number}, or another program has it; name a URL or a file")
    first = time.monotonic()
    try:
        index = 0
        while True:
            there, pixels = camera.read()
            arrived = time.monotonic()
            if not there:
                return
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels, np.uint8), format="bgr24")
            yield LivePicture(index, arrived - first, arrived, picture)
            index += 1
    finally:
        camera.release()


def _ffmpeg_input(source: str, input_format: str | None) -> Generator[LivePicture, None, None]:
    """Yield the pictures of all that FFmpeg reads."""
    try:
        container = av.open(source, format=input_format, timeout=_TIME_LIMIT_SECONDS)
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise VideoError(f"Cannot open {source} as a live source: {reason}") from error
    with container:
        if not container.streams.video:
            raise VideoError(f"{source} has no video track")
        track = container.streams.video[0]
        step = float(1 / (track.average_rate or track.guessed_rate or 25))
        first, seconds = None, -step
        for index, (picture, _, shown) in enumerate(decode(container, track)):
            if shown is not None and first is None:
                first = shown
            at = None if shown is None or first is None else shown - first
            seconds = at if at is not None and at > seconds else seconds + step
            if picture is not None:
                yield LivePicture(index, seconds, time.monotonic(), picture)


def _at_its_pace(
    pictures: Generator[LivePicture, None, None], stopping: threading.Event
) -> Generator[LivePicture, None, None]:
    """Yield each picture at its time, as a camera would."""
    with closing(pictures):
        begun = time.monotonic()
        for picture in pictures:
            stopping.wait(max(0.0, begun + picture.seconds - time.monotonic()))
            yield replace(picture, arrived=time.monotonic())
