"""Write H.264 video that plays in a browser, with timestamps and the sound of another file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from numpy.typing import NDArray

from ferfusion.errors import VideoError
from ferfusion.video.reader import file_address

_TICKS = 90_000  # per second; the clock of MPEG, fine enough for any frame rate
if TYPE_CHECKING:
    _SoundPacket = av.Packet[AudioStream]

_COPIED_SOUND = ("aac",)  # in MP4, other codecs do not play in every browser


class VideoWriter:
    """Writes images as H.264 (yuv420p) in MP4.

    Until the video is whole, the file has a temporary name of this process.

    A side of odd length is padded by one pixel, since yuv420p halves the chroma planes.

    Args:
        path: The file to write.
        width: Width of the images in pixels.
        height: Height of the images in pixels.
        rate: Nominal frame rate; images written without a time are shown at this rate.
        crf: x264's constant quality, 0 (lossless) to 51.
        preset: x264's preset, a compromise between speed and size.
        audio_from: A file whose first sound track is copied.
        audio_start: Time in that file, in seconds, of the time 0 of this one.
        audio_end: Time in that file, in seconds, at which the sound ends; by default, its end.
        threads: Encoder threads; 1 gives the same bytes on every run, 0 lets FFmpeg choose.

    Raises:
        VideoError: the file cannot be written, or the sound cannot be read.
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        rate: Fraction | int = 25,
        crf: int = 20,
        preset: str = "veryfast",
        audio_from: Path | None = None,
        audio_start: float = 0.0,
        audio_end: float | None = None,
        threads: int = 1,
    ) -> None:
        self.path = path
        self._partial = path.with_name(f".{path.stem}.{os.getpid()}.partial.mp4")
        self._rate = Fraction(rate)
        self._pad = (height % 2, width % 2)
        self._next_tick = 0
        self._last_tick = -1
        with _named_error(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._container: OutputContainer = av.open(
                file_address(self._partial), "w", options={"movflags": "+faststart"}
            )
        stream = self._container.add_stream("libx264", rate=self._rate)
        stream.width, stream.height = width + self._pad[1], height + self._pad[0]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TICKS)
        stream.codec_context.thread_count = threads
        stream.options = {"crf": str(crf), "preset": preset}
        if threads == 1:
            # x264's macroblock-tree rate control varies from run to run on processors with AVX-512
            stream.options |= {"x264-params": "mbtree=0"}
        self._stream = stream
        try:
            self._sound = (
                _SoundTrack(audio_from, self._container, start=audio_start, end=audio_end)
                if audio_from
                else None
            )
        except (av.FFmpegError, OSError) as error:
            self._discard()
            raise VideoError(f"Cannot read the sound of {audio_from}: {error}") from error

    def write(self, image_rgb: NDArray[np.uint8], *, seconds: float | None = None) -> None:
        """Append one image.

        Args:
            image_rgb: The image, (H, W, 3).
            seconds: Time at which it is shown, later than the image before it; by default, one step later.

        Raises:
            VideoError: the file cannot be written.
        """
        tick = self._next_tick if seconds is None else max(self._last_tick + 1, round(seconds * _TICKS))
        if any(self._pad):
            image_rgb = np.pad(image_rgb, ((0, self._pad[0]), (0, self._pad[1]), (0, 0)), mode="edge")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image_rgb), format="rgb24")
        frame.pts, frame.time_base = tick, Fraction(1, _TICKS)
        duration = round(_TICKS / self._rate)
        frame.duration = duration
        with _named_error(self.path):
            if self._sound:
                self._sound.copy_until(tick / _TICKS)
            self._container.mux(self._stream.encode(frame))
        self._last_tick = tick
        self._next_tick = tick + duration

    def close(self) -> None:
        """Finish the file and rename it to its name.

        Raises:
            VideoError: no image was written, or the file cannot be written.
        """
        try:
            if self._last_tick < 0:
                raise VideoError(f"No image was written to {self.path}")
            with _named_error(self.path):
                self._container.mux(self._stream.encode(None))
                if self._sound:
                    self._sound.copy_until(None)
                self._container.close()
                self._partial.replace(self.path)
        finally:
            self._discard()

    def _discard(self) -> None:
        with suppress(av.FFmpegError, OSError):  # the error is raised already
            self._container.close()
        self._partial.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
            return
        self._discard()


@contextmanager
def _named_error(path: Path) -> Iterator[None]:
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        raise VideoError(f"Cannot write {path}: {error.strerror or type(error).__name__}") from error


class _SoundTrack:
    """Copies the first sound track of a file into a container; other codecs than AAC are encoded as AAC.

    Sound that cannot be decoded is left out: the images are still written.

    Args:
        source: The file with the sound.
        target: The container.
        start: Time in the file, in seconds, of the time 0 of the container.
        end: Time in the file at which the sound ends; by default, its end.
    """

    def __init__(
        self, source: Path, target: OutputContainer, *, start: float = 0.0, end: float | None = None
    ) -> None:
        self._source = av.open(file_address(source), metadata_errors="replace")
        self._target = target
        self._start, self._end = start, end
        self._pending: _SoundPacket | None = None
        self._packets: Iterator[_SoundPacket] = iter(())
        self._resampler: av.AudioResampler | None = None
        track = next(iter(self._source.streams.audio), None)
        if track is None or track.codec_context is None:
            return
        codec = track.codec_context
        self._copies = codec.name in _COPIED_SOUND
        if self._copies:
            self._stream = target.add_stream_from_template(track)
        else:
            rates = av.Codec("aac", "w").audio_rates or ()
            self._stream = target.add_stream(
                "aac", rate=codec.sample_rate if codec.sample_rate in rates else 48_000
            )
            # AVI has a number of channels and no layout, which the encoder needs
            self._stream.codec_context.layout = "mono" if codec.layout.nb_channels == 1 else "stereo"
            self._resampler = av.AudioResampler(
                format="fltp",
                layout=self._stream.codec_context.layout,
                rate=self._stream.codec_context.sample_rate,
            )
        self._packets = self._source.demux(track)

    def copy_until(self, seconds: float | None) -> None:
        """Mux the sound up to ``seconds`` of the target; all the rest for None."""
        while packet := (self._pending or self._next_packet()):
            self._pending = None
            at = None if packet.pts is None else float(packet.pts * packet.time_base)
            if at is not None and at < self._start:
                continue
            if at is not None and self._end is not None and at >= self._end:
                break
            if seconds is not None and at is not None and at > seconds + self._start:
                self._pending = packet
                return
            self._mux(packet)
        if seconds is None:
            self._flush()
            self._source.close()

    def _next_packet(self) -> "_SoundPacket | None":
        try:
            return next(self._packets, None)
        except av.FFmpegError:  # the file is cut short
            return None

    def _mux(self, packet: "_SoundPacket") -> None:
        earlier = round(self._start / packet.time_base)
        if self._copies:
            if packet.dts is not None:
                packet.stream = self._stream
                packet.dts -= earlier
                packet.pts = None if packet.pts is None else packet.pts - earlier
                self._target.mux(packet)
            return
        for frame in _decode_or_skip(packet):
            if frame.pts is not None and frame.time_base is not None:
                frame.pts -= round(self._start / frame.time_base)
            self._encode(frame)

    def _flush(self) -> None:
        """Mux what the encoder still holds; that is nothing if packets are copied or there is no sound."""
        if self._resampler is not None:
            self._encode(None)
            self._target.mux(self._stream.encode(None))

    def _encode(self, frame: av.AudioFrame | None) -> None:
        for even in self._resampler.resample(frame) if self._resampler else ():
            self._target.mux(self._stream.encode(even))


def _decode_or_skip(packet: "_SoundPacket") -> list[av.AudioFrame]:
    try:
        return packet.decode()
    except av.FFmpegError:
        return []
