"""Frames that a program gives one by one, in place of a camera or a file."""

import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import VideoError
from ferfusion.video.live_source import LiveFrame, size_of


class GivenFrames:
    """A live source whose frames a program gives; no frame is dropped.

    Attributes:
        decoded: Number of frames that were taken so far.
        dropped: 0.

    Args:
        frames: Time in seconds and image (H, W, 3) uint8 RGB of each frame; the times increase.
    """

    dropped = 0

    def __init__(self, frames: Iterable[tuple[float, NDArray[np.uint8]]]) -> None:
        self._frames = frames
        self.decoded = 0

    def pairs(self) -> Iterator[tuple[LiveFrame, LiveFrame]]:
        """Yield each frame with the one right before it; a frame of another size begins again.

        Raises:
            VideoError: a frame is no RGB image, or a time does not increase.
        """
        before: LiveFrame | None = None
        for index, (seconds, pixels) in enumerate(self._frames):
            if before is not None and not seconds > before.seconds:
                raise VideoError(
                    f"Frame {index} is at {seconds:g} s, and the one before it at {before.seconds:g} s; "
                    "times must increase"
                )
            frame = LiveFrame(index, seconds, time.monotonic(), _image(index, pixels))
            self.decoded += 1
            if before is not None and size_of(before) == size_of(frame):
                yield before, frame
            before = frame

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is open."""


def _image(index: int, pixels: NDArray[Any]) -> av.VideoFrame:
    shape, kind = getattr(pixels, "shape", None), getattr(pixels, "dtype", None)
    if kind != np.uint8 or shape is None or len(shape) != 3 or shape[2] != 3 or 0 in shape:
        raise VideoError(f"Frame {index} must be an RGB image, (H, W, 3) uint8, got {shape} {kind}")
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
