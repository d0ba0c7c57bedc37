"""Read video frames one by one, with their timestamps; no frame of a decoder is dropped silently."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from av.codec.context import Flags
from av.sidedata.sidedata import SideData
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ferfusion.errors import VideoError

Plane = NDArray[np.uint8]


@dataclass(frozen=True)
class VideoInfo:
    """The header of a file's first video track.

    Attributes:
        width: Width of the stored image in pixels, before any rotation or reflection.
        height: Its height.
        rate: Mean frame rate, in frames per second.
        seconds: Duration; None if the file does not have it.
        has_sound: Whether the file has a sound track.
    """

    width: int
    height: int
    rate: Fraction
    seconds: float | None
    has_sound: bool


@dataclass(frozen=True)
class Orientation:
    """How a stored image becomes the shown one: transposed, then flipped up and down, left and right."""

    transposed: bool = False
    flipped_vertically: bool = False
    flipped_horizontally: bool = False

    def apply(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the shown image (H, W) or (H, W, 3) as a view of the stored one."""
        if self.transposed:
            pixels = np.swapaxes(pixels, 0, 1)
        rows = slice(None, None, -1 if self.flipped_vertically else 1)
        columns = slice(None, None, -1 if self.flipped_horizontally else 1)
        return pixels[rows, columns]


_AS_STORED = Orientation()


def _orientation(image: av.VideoFrame) -> Orientation:
    """Return the orientation by the display matrix of the file, reflections included, to the nearest quarter.

    Source: ISO/IEC 14496-12, section 6.2.2: the pixel (x, y) is shown at (a x + c y, b x + d y), but for a
    shift.
    """
    side_data = cast("Mapping[str, SideData]", image.side_data)  # PyAV's own type lacks this key
    if "DISPLAYMATRIX" not in side_data:
        return _AS_STORED
    matrix = bytes(side_data["DISPLAYMATRIX"])
    a, b, _, c, d = np.frombuffer(matrix, np.int32, 5).astype(np.int64)
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(False, bool(d < 0), bool(a < 0))
    return Orientation(True, bool(b < 0), bool(c < 0))


class Frame:
    """One decoded frame, or one that could not be decoded.

    Attributes:
        index: Index of the frame in the video, from 0.
        seconds: Time at which it is shown, by the file's timestamps.
        error: Why the frame has no pixels; empty if it has.

    Args:
        image: The image as the decoder returns it; None if it could not be decoded.
        rotation_degrees: Clockwise rotation to apply beside that of the file.
    """

    def __init__(
        self,
        index: int,
        seconds: float,
        image: av.VideoFrame | None,
        error: str = "",
        *,
        rotation_degrees: int = 0,
    ) -> None:
        self.index, self.seconds, self.error = index, seconds, error
        self._image = image
        self._orientation = _AS_STORED if image is None else _orientation(image)
        self._quarter_turns = -rotation_degrees // 90 % 4  # counter-clockwise, as numpy rotates

    @cached_property
    def planes(self) -> tuple[Plane, Plane, Plane]:
        """Luma (H, W) and the two chroma planes (H/2, W/2), upright, in limited range (16 to 235).

        Raises:
            VideoError: the frame could not be decoded.
        """
        if self._image is None:
            raise VideoError(f"Frame {self.index} has no pixels: {self.error}")
        image = _to_yuv420p(self._image)
        width, height = image.width, image.height
        sizes = ((height, width), *(((height + 1) // 2, (width + 1) // 2),) * 2)
        planes = tuple(
            np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:rows, :columns]
            for plane, (rows, columns) in zip(image.planes, sizes, strict=True)
        )
        if self._image.interlaced_frame:
            planes = tuple(_one_field(plane) for plane in planes)
        if self._quarter_turns or self._orientation != _AS_STORED:
            planes = tuple(np.ascontiguousarray(self._upright(plane)) for plane in planes)
        return planes[0], planes[1], planes[2]

    @property
    def luma(self) -> Plane:
        """Luma (H, W), as decoded: 16 is black, 235 is white."""
        return self.planes[0]

    @property
    def is_bt709(self) -> bool:
        """Whether the colours are encoded by BT.709 (high definition), not by BT.601."""
        return self._image is not None and self._image.colorspace == Colorspace.ITU709

    def rgb(self) -> NDArray[np.uint8]:
        """Return the whole upright image, (H, W, 3) uint8.

        Raises:
            VideoError: the frame could not be decoded.
        """
        if self._image is None:
            raise VideoError(f"Frame {self.index} has no pixels: {self.error}")
        rgb = np.asarray(self._image.to_ndarray(format="rgb24"), np.uint8)
        return np.ascontiguousarray(self._upright(rgb))

    def _upright(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.rot90(self._orientation.apply(pixels), self._quarter_turns)


def _one_field(plane: Plane) -> Plane:
    """Return the upper field of an interlaced plane at full height; the two fields show different times."""
    size = (plane.shape[1], plane.shape[0])
    return np.asarray(cv2.resize(plane[::2], size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _to_yuv420p(image: av.VideoFrame) -> av.VideoFrame:
    if image.format.name == "yuv420p" and image.color_range != ColorRange.JPEG:
        return image
    return image.reformat(format="yuv420p", dst_color_range=ColorRange.MPEG)


def read_info(path: Path) -> VideoInfo:
    """Read the header of a file's first video track.

    Raises:
        VideoError: the file is missing, is no video, or has no video track.
    """
    with _open(path) as container:
        track = _video_track(container, path)
        duration = track.duration and float(track.duration * (track.time_base or 0))
        if duration is None and container.duration is not None:
            duration = container.duration / av.time_base
        rate = track.average_rate or track.guessed_rate or Fraction(25)
        return VideoInfo(track.width, track.height, rate, duration, bool(container.streams.audio))


def read_frames(
    path: Path,
    *,
    start_seconds: float | None = None,
    end_seconds: float | None = None,
    rotation_degrees: int = 0,
) -> Iterator[Frame]:
    """Yield every frame of the first video track in the order it is shown.

    A packet that cannot be decoded is yielded as a frame with ``error`` set and no pixels.

    Args:
        path: The video file.
        start_seconds: Time of the first frame that is read; indices still count from the start of the file.
        end_seconds: Time of the first frame after those that are read.
        rotation_degrees: Clockwise rotation to apply, for a file that does not have its own rotation.

    Raises:
        VideoError: the file is missing, is no video, or has no video track.
    """
    start = -np.inf if start_seconds is None else start_seconds
    end = np.inf if end_seconds is None else end_seconds
    with _open(path) as container:
        track = _video_track(container, path)
        step = float(1 / (track.average_rate or track.guessed_rate or 25))
        seconds = -step
        for index, (image, error, shown) in enumerate(decode(container, track)):
            # a frame without a timestamp, or with an earlier one, is shown one step after the frame before it
            seconds = shown if shown is not None and (shown > seconds or index == 0) else seconds + step
            if seconds >= end:
                return
            if seconds >= start:
                yield Frame(index, seconds, image, error, rotation_degrees=rotation_degrees)


Decoded = tuple[av.VideoFrame | None, str, float | None]
"""An image or None, the reason if None, and the time at which it is shown."""


def decode(container: av.container.InputContainer, track: VideoStream) -> Iterator[Decoded]:
    """Yield everything that a decoder returns for a track, in the order in which it is shown."""
    # frames whose reference frames are missing are returned too, marked as corrupt
    track.codec_context.flags |= Flags.output_corrupt
    lost: list[Decoded] = []
    try:
        for packet in container.demux(track):
            try:
                images = packet.decode()
            except av.FFmpegError as error:
                lost.append((None, _reason(error), _packet_seconds(packet)))
                lost.sort(key=_shown)
                continue
            for image in images:
                # packets come in the order of decoding: earlier images may still follow a lost one
                while lost and (image.time is None or _shown(lost[0]) < image.time):
                    yield lost.pop(0)
                damaged = image.is_corrupt
                yield None if damaged else image, "the frame is damaged" if damaged else "", image.time
    except av.FFmpegError as error:  # the file is cut short
        lost.append((None, _reason(error), None))
    yield from lost


def _packet_seconds(packet: "av.Packet[VideoStream]") -> float | None:
    ticks = packet.pts if packet.pts is not None else packet.dts
    return None if ticks is None or packet.time_base is None else float(ticks * packet.time_base)


def _shown(decoded: Decoded) -> float:
    return -np.inf if decoded[2] is None else decoded[2]


def _reason(error: av.FFmpegError) -> str:
    return (error.strerror or type(error).__name__).lower()


def file_address(path: Path) -> str:
    """Return FFmpeg's address of a file, without which a name such as ``http:/a.mp4`` would be a URL."""
    return f"file:{path}"


def _open(path: Path) -> av.container.InputContainer:
    if not path.is_file():
        raise VideoError(f"There is no file {path}")
    try:
        return av.open(file_address(path), metadata_errors="replace")
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
