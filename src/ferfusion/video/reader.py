"""Read video frames one by one, with their timestamps; no frame of a decoder is dropped silently."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from av.codec.context import Flags
from av.container import InputContainer
from av.sidedata.sidedata import SideData, SideDataContainer
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ferfusion.errors import VideoError
from ferfusion.video.colour import Colour, colour_of_image
from ferfusion.video.container import (
    clock_may_restart,
    has_timestamps,
    open_file,
    pixel_aspect,
    start_of,
    stated_rate,
    video_track,
)
from ferfusion.video.planes import Plane, Planes, planes_of
from ferfusion.video.timestamps import SLACK_SECONDS, BestEffort, rising_times


@dataclass(frozen=True)
class VideoInfo:
    """The header of a file's first video track.

    Attributes:
        width: Width of the stored image in pixels, before any rotation, reflection or change of aspect.
        height: Its height.
        rate: Mean frame rate, in frames per second; measured where the header is far from it.
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
_SQUARE = Fraction(1)
_TOLERANCE = 0.05
"""Share by which the frame rate of a header may be off before the measured one replaces it."""


def _orientation(image: av.VideoFrame) -> Orientation:
    """Return the orientation by the display matrix of the file, reflections included, to the nearest quarter.

    Source: ISO/IEC 14496-12, section 6.2.2: the pixel (x, y) is shown at (a x + c y, b x + d y), but for a
    shift.
    """
    # image.side_data would be kept by the image and keep it: a cycle, so that no image is freed in time
    container = SideDataContainer(image)  # type: ignore[call-arg] # PyAV's own type lacks the argument
    side_data = cast("Mapping[str, SideData]", container)  # and this key
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
        pixel_aspect: Width of a stored pixel, divided by its height. The image is made wider or higher until
            its pixels are square, never smaller.
    """

    def __init__(
        self,
        index: int,
        seconds: float,
        image: av.VideoFrame | None,
        error: str = "",
        *,
        rotation_degrees: int = 0,
        pixel_aspect: Fraction = _SQUARE,
    ) -> None:
        self.index, self.seconds, self.error = index, seconds, error
        self._image = image
        self._pixel_aspect = pixel_aspect
        self._orientation = _AS_STORED if image is None else _orientation(image)
        self._quarter_turns = -rotation_degrees // 90 % 4  # counter-clockwise, as numpy rotates

    @property
    def num_pixels(self) -> int:
        """Number of pixels as stored; 0 without an image."""
        return 0 if self._image is None else self._image.width * self._image.height

    @cached_property
    def planes(self) -> Planes:
        """Luma (H, W) and the two chroma planes (H/2, W/2), upright, in limited range (16 to 235).

        Pixels are square. Of an interlaced frame, they have the upper field at full height.

        Raises:
            VideoError: the frame could not be decoded.
        """
        planes = planes_of(self._yuv420p)
        return self._shown(tuple(map(_one_field, planes)) if self._is_interlaced else planes)

    @property
    def planes_with_both_fields(self) -> Planes:
        """The same, but with both fields of an interlaced frame, as they are stored.

        Raises:
            VideoError: the frame could not be decoded.
        """
        return self._shown(planes_of(self._yuv420p)) if self._is_interlaced else self.planes

    @property
    def _is_interlaced(self) -> bool:
        return self._image is not None and bool(self._image.interlaced_frame)

    @cached_property
    def _yuv420p(self) -> av.VideoFrame:
        if self._image is None:
            raise VideoError(f"Frame {self.index} has no pixels: {self.error}")
        return _to_yuv420p(self._image)

    def _shown(self, planes: Sequence[Plane]) -> Planes:
        """Return stored planes with square pixels, upright."""
        height, width = planes[0].shape
        shown = self._shown_size(width, height)
        if shown != (width, height):
            halves = ((shown[0] + 1) // 2, (shown[1] + 1) // 2)
            planes = tuple(map(_enlarge, planes, (shown, halves, halves)))
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
        rgb = _enlarge(
            self.colour.to_rgb(self._image), self._shown_size(self._image.width, self._image.height)
        )
        return np.ascontiguousarray(self._upright(rgb))

    @property
    def colour(self) -> Colour:
        """How a player turns the frame into colours.

        Raises:
            VideoError: the frame could not be decoded.
        """
        if self._image is None:
            raise VideoError(f"Frame {self.index} has no pixels: {self.error}")
        return colour_of_image(self._image)

    @property
    def colour_of_planes(self) -> Colour:
        """The colours of the planes; those of a frame that is stored as RGB are made by BT.601.

        Raises:
            VideoError: the frame could not be decoded.
        """
        colour = self.colour
        return Colour() if self._image is not None and self._image.format.is_rgb else colour

    def _shown_size(self, width: int, height: int) -> tuple[int, int]:
        """Return the size of the stored image once its pixels are square."""
        aspect = self._pixel_aspect
        return (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))

    def _upright(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.rot90(self._orientation.apply(pixels), self._quarter_turns)


def _one_field(plane: Plane) -> Plane:
    """Return the upper field of an interlaced plane at full height; the two fields show different times."""
    size = (plane.shape[1], plane.shape[0])
    return np.asarray(cv2.resize(plane[::2], size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _enlarge(pixels: Plane, size: tuple[int, int]) -> Plane:
    """Return pixels (H, W) or (H, W, 3) at a size (width, height)."""
    if pixels.shape[:2] == size[::-1]:
        return pixels
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _to_yuv420p(image: av.VideoFrame) -> av.VideoFrame:
    if image.format.name == "yuv420p" and image.color_range != ColorRange.JPEG:
        return image
    return image.reformat(format="yuv420p", dst_color_range=ColorRange.MPEG)


def read_info(path: Path) -> VideoInfo:
    """Read the header of a file's first video track.

    Raises:
        VideoError: the file is missing, is no video, or has no video track.
    """
    with open_file(path) as container:
        track = video_track(container, path.name)
        duration = track.duration and float(track.duration * (track.time_base or 0))
        if duration is None and container.duration is not None:
            duration = container.duration / av.time_base
        rate = stated_rate(container, track)
        sound = bool(container.streams.audio)
        size = (track.width, track.height)
        if has_timestamps(container) and not track.frames:  # without an index, the header guesses
            measured = _measured_rate(container, track, float(1 / rate))
            rate = rate if measured is None or abs(measured / rate - 1) <= _TOLERANCE else measured
        return VideoInfo(*size, rate, duration, sound)


def _measured_rate(container: InputContainer, track: VideoStream, step: float) -> Fraction | None:
    """Return the mean frame rate by the timestamps of all packets; None if there are too few."""
    times: list[float] = []
    start = start_of(container)
    try:
        packets = (
            (float(packet.dts * packet.time_base - start), None)  # these rise in the order of packets
            for packet in container.demux(track)
            if packet.dts is not None
        )
        restarts = clock_may_restart(container)
        times += (time for time, _ in rising_times(packets, step_seconds=step, clock_restarts=restarts))
    except av.FFmpegError:  # the file is cut short
        pass
    if len(times) < 2 or times[-1] <= times[0]:
        return None
    return Fraction((len(times) - 1) / (times[-1] - times[0])).limit_denominator(1001)


def read_frames(
    path: Path,
    *,
    start_seconds: float | None = None,
    end_seconds: float | None = None,
    rotation_degrees: int = 0,
) -> Iterator[Frame]:
    """Yield every frame of the first video track in the order it is shown.

    A packet that cannot be decoded is yielded as a frame with ``error`` set and no pixels. Times are those of
    a player: they count from the start of the file, whatever its first timestamp is.

    Args:
        path: The video file.
        start_seconds: Time of the first frame that is read; indices still count from the start of the file.
        end_seconds: Time of the first frame after those that are read.
        rotation_degrees: Clockwise rotation to apply, for a file that does not have its own rotation.

    Raises:
        VideoError: the file is missing, is no video, or has no video track.
    """
    start = -np.inf if start_seconds is None else start_seconds - SLACK_SECONDS
    end = np.inf if end_seconds is None else end_seconds - SLACK_SECONDS
    with open_file(path) as container:
        track = video_track(container, path.name)
        aspect = pixel_aspect(track)
        for index, (seconds, (image, error)) in enumerate(_at_times(container, track)):
            if seconds >= end:
                return
            if seconds >= start:
                yield Frame(
                    index,
                    seconds,
                    image,
                    error,
                    rotation_degrees=rotation_degrees,
                    pixel_aspect=aspect,
                )


def _at_times(
    container: InputContainer, track: VideoStream
) -> Iterator[tuple[float, tuple[av.VideoFrame | None, str]]]:
    """Yield the time of each image, and the image, or None and the reason."""
    step = float(1 / stated_rate(container, track))
    decoded = ((shown, (image, error)) for image, error, shown in decode(container, track))
    if has_timestamps(container):
        yield from rising_times(decoded, step_seconds=step, clock_restarts=clock_may_restart(container))
    else:
        yield from ((index * step, image) for index, (_, image) in enumerate(decoded))


Decoded = tuple[av.VideoFrame | None, str, float | None]
"""An image or None, the reason if None, and the time at which it is shown, from the start of the file."""


def decode(container: InputContainer, track: VideoStream) -> Iterator[Decoded]:
    """Yield everything that a decoder returns for a track, in the order in which it is shown."""
    # frames whose reference frames are missing are returned too, marked as corrupt
    track.codec_context.flags |= Flags.output_corrupt
    clock = _Clock(container, track)
    lost: list[Decoded] = []
    try:
        for packet in container.demux(track):
            try:
                images = packet.decode()
            except av.FFmpegError as error:
                lost.append((None, _reason(error), clock.packet_seconds(packet)))
                lost.sort(key=_shown)
                continue
            for image in images:
                # packets come in the order of decoding: earlier images may still follow a lost one
                seconds = clock.seconds(image)
                while lost and (seconds is None or _shown(lost[0]) < seconds):
                    yield lost.pop(0)
                damaged = image.is_corrupt
                yield None if damaged else image, "the frame is damaged" if damaged else "", seconds
    except av.FFmpegError as error:  # the file is cut short
        lost.append((None, _reason(error), None))
    yield from lost


class _Clock:
    """The times of a track's frames from the start of the file."""

    def __init__(self, container: InputContainer, track: VideoStream) -> None:
        self._start = start_of(container)
        self._base = track.time_base or Fraction(0)
        # AVI has times of decoding only; what FFmpeg derives from them is wrong where frames are reordered
        self._decoding_only = container.format.name == "avi"
        self._best = BestEffort()

    def seconds(self, image: av.VideoFrame) -> float | None:
        """Return the time of the next image in the order of display; None if it has none."""
        return self._seconds(self._best.choose(None if self._decoding_only else image.pts, image.dts))

    def packet_seconds(self, packet: "av.Packet[VideoStream]") -> float | None:
        """Return the time of a packet that cannot be decoded."""
        return self._seconds(packet.dts if self._decoding_only or packet.pts is None else packet.pts)

    def _seconds(self, ticks: int | None) -> float | None:
        return None if ticks is None or not self._base else float(ticks * self._base - self._start)


def _shown(decoded: Decoded) -> float:
    return -np.inf if decoded[2] is None else decoded[2]


def _reason(error: av.FFmpegError) -> str:
    return (error.strerror or type(error).__name__).lower()
