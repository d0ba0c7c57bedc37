"""Read video frames one by one, with their true times; nothing that a decoder gives is dropped in silence."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import av
import cv2
import numpy as np
from av.codec.context import Flags
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ferfusion.errors import VideoError

Plane = NDArray[np.uint8]


@dataclass(frozen=True)
class VideoInfo:
    """What a file says of its first video track, before a frame is decoded.

    ``width`` and ``height`` are the stored picture's, in pixels, before any rotation; ``rate`` is the mean
    frame rate; ``seconds`` is the track's length where the file tells it.
    """

    width: int
    height: int
    rate: Fraction
    seconds: float | None
    has_sound: bool


class Frame:
    """One decoded frame, or the place of one that could not be decoded.

    Attributes:
        index: Place of the frame in the video, from 0.
        seconds: Time at which it is shown, from the file's own timestamps.
        error: Why there is no picture; empty where there is one.
    """

    def __init__(
        self,
        index: int,
        seconds: float,
        picture: av.VideoFrame | None,
        error: str = "",
        *,
        rotation_degrees: int = 0,
    ) -> None:
        self.index, self.seconds, self.error = index, seconds, error
        self._picture = picture
        turn = 0 if picture is None else round(picture.rotation / 90)
        self._quarter_turns = (turn - rotation_degrees // 90) % 4  # counter-clockwise, as numpy turns

    @cached_property
    def planes(self) -> tuple[Plane, Plane, Plane]:
        """Luma (H, W) and the two colour planes (H/2, W/2), upright, in limited range (16 to 235)."""
        if self._picture is None:
            raise VideoError(f"Frame {self.index} has no picture: {self.error}")
        picture = _to_yuv420p(self._picture)
        width, height = picture.width, picture.height
        sizes = ((height, width), *(((height + 1) // 2, (width + 1) // 2),) * 2)
        planes = tuple(
            np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:rows, :columns]
            for plane, (rows, columns) in zip(picture.planes, sizes, strict=True)
        )
        if self._picture.interlaced_frame:
            planes = tuple(_one_field(plane) for plane in planes)
        if self._quarter_turns:
            planes = tuple(np.ascontiguousarray(np.rot90(plane, self._quarter_turns)) for plane in planes)
        return planes[0], planes[1], planes[2]

    @property
    def luma(self) -> Plane:
        """Brightness (H, W), as decoded: 16 is black, 235 is white."""
        return self.planes[0]

    @property
    def is_bt709(self) -> bool:
        """Whether the colours are coded by BT.709 (high definition) and not by BT.601."""
        return self._picture is not None and self._picture.colorspace == Colorspace.ITU709

    def rgb(self) -> NDArray[np.uint8]:
        """Return the whole upright picture, (H, W, 3)."""
        if self._picture is None:
            raise VideoError(f"Frame {self.index} has no picture: {self.error}")
        picture = self._picture.to_ndarray(format="rgb24")
        return np.ascontiguousarray(np.rot90(picture, self._quarter_turns))


def _one_field(plane: Plane) -> Plane:
    """Return the upper field of an interlaced plane at full height: a comb of two moments misleads flow."""
    size = (plane.shape[1], plane.shape[0])
    return np.asarray(cv2.resize(plane[::2], size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _to_yuv420p(picture: av.VideoFrame) -> av.VideoFrame:
    if picture.format.name == "yuv420p" and picture.color_range != ColorRange.JPEG:
        return picture
    return picture.reformat(format="yuv420p", dst_color_range=ColorRange.MPEG)


def read_info(path: Path) -> VideoInfo:
    """Read what the file says of its first video track.

    Raises:
        VideoError: the file is missing, no video, or has no video track.
    """
    with _open(path) as container:
        track = _video_track(container, path)
        length = track.duration and float(track.duration * (track.time_base or 0))
        if length is None and container.duration is not None:
            length = container.duration / av.time_base
        rate = track.average_rate or track.guessed_rate or Fraction(25)
        return VideoInfo(track.width, track.height, rate, length, bool(container.streams.audio))


def read_frames(
    path: Path,
    *,
    start_seconds: float | None = None,
    end_seconds: float | None = None,
    rotation_degrees: int = 0,
) -> Iterator[Frame]:
    """Yield every frame of the first video track in the order it is shown.

    A stretch of the video that cannot be decoded is yielded as a frame with ``error`` set and no picture.
    ``start_seconds`` and ``end_seconds`` limit the frames to those shown in that half-open interval; their
    indices still count from the start of the file. ``rotation_degrees`` turns pictures clockwise that lie on
    their side without the file saying so.

    Raises:
        VideoError: the file is missing, no video, or has no video track.
    """
    start = -np.inf if start_seconds is None else start_seconds
    end = np.inf if end_seconds is None else end_seconds
    with _open(path) as container:
        track = _video_track(container, path)
        step = float(1 / (track.average_rate or track.guessed_rate or 25))
        seconds = -step
        for index, (picture, error, shown) in enumerate(decode(container, track)):
            # a frame without a timestamp, or one that goes back, is shown one frame after the one before it
            seconds = shown if shown is not None and (shown > seconds or index == 0) else seconds + step
            if seconds >= end:
                return
            if seconds >= start:
                yield Frame(index, seconds, picture, error, rotation_degrees=rotation_degrees)


Decoded = tuple[av.VideoFrame | None, str, float | None]
"""A picture or why there is none, and when it is shown."""


def decode(container: av.container.InputContainer, track: VideoStream) -> Iterator[Decoded]:
    """Yield all that a decoder gives for a track, in the order it is shown."""
    # frames that lack what they are predicted from are given too, marked as corrupt, and not kept back
    track.codec_context.flags |= Flags.output_corrupt
    lost: list[Decoded] = []
    try:
        for packet in container.demux(track):
            try:
                pictures = packet.decode()
            except av.FFmpegError as error:
                lost.append((None, _reason(error), _packet_seconds(packet)))
                lost.sort(key=_shown)
                continue
            for picture in pictures:
                # packets come in the order of decoding: earlier pictures may still follow a lost one
                while lost and (picture.time is None or _shown(lost[0]) < picture.time):
                    yield lost.pop(0)
                damaged = picture.is_corrupt
                yield None if damaged else picture, "the frame is damaged" if damaged else "", picture.time
    except av.FFmpegError as error:  # the container itself breaks off
        lost.append((None, _reason(error), None))
    yield from lost


def _packet_seconds(packet: "av.Packet[VideoStream]") -> float | None:
    ticks = packet.pts if packet.pts is not None else packet.dts
    return None if ticks is None or packet.time_base is None else float(ticks * packet.time_base)


def _shown(decoded: Decoded) -> float:
    return -np.inf if decoded[2] is None else decoded[2]


def _reason(error: av.FFmpegError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _open(path: Path) -> av.container.InputContainer:
    if not path.is_file():
        raise VideoError(f"There is no file {path}")
    try:
        return av.open(str(path), metadata_errors="replace")
    except (av.FFmpegError, OSError) as error:
        reason = error.strerror or type(error).__name__
        raise VideoError(f"Cannot open {path.name} as a video: {reason}") from error


def _video_track(container: av.container.InputContainer, path: Path) -> VideoStream:
    if not container.streams.video:
        raise VideoError(f"{path.name} has no video track")
    track = container.streams.video[0]
    if getattr(track, "codec_context", None) is None:
        raise VideoError(f"{path.name} has a video track of an unknown codec")
    return track
