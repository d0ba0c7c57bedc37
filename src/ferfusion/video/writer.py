"""Write H.264 video that plays in a browser, with timestamps and the sound of another file."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.container import OutputContainer
from numpy.typing import NDArray

from ferfusion.errors import VideoError, file_errors
from ferfusion.temporary import final_path, temporary_path
from ferfusion.video.colour import Colour
from ferfusion.video.container import file_address
from ferfusion.video.sound import SoundTrack

_LARGE_PIXELS = 2560 * 1600
_TICKS = 90_000  # per second; the clock of MPEG, fine enough for any frame rate


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
        colour: Colours in which the images are stored, and which the file is tagged with.
        audio_from: A file whose first sound track is written too.
        audio_start: Time in that file, in seconds, of the time 0 of this one.
        audio_end: Time in that file, in seconds, at which the sound ends; by default, its end.
        threads: Encoder threads; 1 gives the same bytes on every run, 0 lets FFmpeg choose.

    Raises:
        FileError: the file cannot be written, such as on a full disk.
        VideoError: the images cannot be encoded, or the sound cannot be read.
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
        colour: Colour = Colour(),  # noqa: B008 frozen
        audio_from: Path | None = None,
        audio_start: float = 0.0,
        audio_end: float | None = None,
        threads: int = 1,
    ) -> None:
        self.path = path
        self._partial = temporary_path(path, suffix=".mp4")
        self._rate = Fraction(rate)
        self._colour = colour
        self._pad = (height % 2, width % 2)
        self._next_tick = 0
        self._last_tick = -1
        self._settings = {"crf": str(crf), "preset": preset}
        if threads == 1:
            # x264's macroblock-tree rate control varies from run to run on processors with AVX-512
            self._settings |= {"x264-params": "mbtree=0"}
        if width * height > _LARGE_PIXELS:
            # each frame that x264 looks ahead is kept in memory; it keeps about 25
            self._settings |= {"bf": "0", "rc-lookahead": "0"}
        self._threads, self._size = threads, (width + self._pad[1], height + self._pad[0])
        self._sound: SoundTrack | None = None
        self._open()
        if audio_from:
            self._add_sound(audio_from, audio_start, audio_end)

    def _open(self) -> None:
        with _named_error(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._container: OutputContainer = av.open(
                file_address(self._partial), "w", options={"movflags": "+faststart"}
            )
        stream = self._container.add_stream("libx264", rate=self._rate)
        stream.width, stream.height = self._size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TICKS)
        stream.codec_context.thread_count = self._threads
        self._colour.tag(stream.codec_context)
        stream.options = dict(self._settings)
        self._stream = stream

    def _add_sound(self, source: Path, start: float, end: float | None) -> None:
        try:
            self._sound = SoundTrack(source, self._container, start=start, end=end)
        except (VideoError, av.FFmpegError) as error:
            self._discard()
            raise VideoError(f"Cannot read the sound of {source}: {error}") from error
        if not self._sound.is_written:
            return
        try:
            self._container.start_encoding()
        except av.FFmpegError as error:  # the file has only images then
            self._discard()
            self._sound.leave_out(error)
            self._open()

    def write(self, image_rgb: NDArray[np.uint8], *, seconds: float | None = None) -> None:
        """Append one image.

        Args:
            image_rgb: The image, (H, W, 3).
            seconds: Time at which it is shown, later than the image before it; by default, one step later.

        Raises:
            FileError: the file cannot be written.
            VideoError: the image cannot be encoded.
        """
        if any(self._pad):
            image_rgb = np.pad(image_rgb, ((0, self._pad[0]), (0, self._pad[1]), (0, 0)), mode="edge")
        self.write_yuv420p(self._colour.to_yuv420p(image_rgb), seconds=seconds)

    def write_yuv420p(self, frame: av.VideoFrame, *, seconds: float | None = None) -> None:
        """Append one image that has the colours and the size of the video already, both sides even.

        Args:
            frame: The image.
            seconds: Time at which it is shown, as in ``write``.

        Raises:
            FileError: the file cannot be written.
            VideoError: the image cannot be encoded.
        """
        tick = self._next_tick if seconds is None else max(self._last_tick + 1, round(seconds * _TICKS))
        frame.pts, frame.time_base = tick, Fraction(1, _TICKS)
        duration = round(_TICKS / self._rate)
        frame.duration = duration
        with _named_error(self.path):
            if self._sound:
                self._sound.copy_until(tick / _TICKS)
            self._container.mux(self._stream.encode(frame))
        self._last_tick = tick
        self._next_tick = tick + duration

    @property
    def sound_left_out(self) -> str:
        """Why the sound is missing, once the file is finished; empty if it is there or there is none."""
        return self._sound.left_out if self._sound else ""

    def close(self) -> None:
        """Finish the file and rename it to its name.

        Raises:
            FileError: the file cannot be written.
            VideoError: no image was written, or the last ones cannot be encoded.
        """
        try:
            if self._last_tick < 0:
                raise VideoError(f"No image was written to {final_path(self.path)}")
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
        with file_errors(path):  # many of FFmpeg's errors are OSErrors
            yield
    except av.FFmpegError as error:
        raise VideoError(
            f"Cannot encode {final_path(path)}: {error.strerror or type(error).__name__}"
        ) from error
