"""Footage is read frame by frame: a video file, frames in memory, or a photograph, which has one frame."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import VideoError
from ferfusion.files import check_is_file, printable
from ferfusion.video.images import read_image
from ferfusion.video.reader import Frame, VideoInfo, read_frames, read_info
from ferfusion.video.suffixes import IMAGE_SUFFIXES, UNREAD_IMAGE_SUFFIXES

_WANTED = "uint8 RGB of shape (T, H, W, 3), or grey of shape (T, H, W)"


@dataclass(frozen=True)
class VideoFile:
    """A video file and its header."""

    path: Path
    info: VideoInfo

    @property
    def name(self) -> str:
        """Name of the file."""
        return printable(self.path.name)

    @property
    def sound(self) -> Path | None:
        """File with its sound."""
        return self.path

    def read(self, start: float | None = None, end: float | None = None) -> Iterator[Frame]:
        """Yield the frames from ``start`` to ``end``, in seconds; ``end`` is not included."""
        return read_frames(self.path, start_seconds=start, end_seconds=end)


@dataclass(frozen=True, repr=False)
class ImageSequence:
    """Images in memory as the frames of a video.

    Attributes:
        name: Its name in messages and folders.
        images: RGB images of one size, each (H, W, 3) uint8.
        rate: Images per second.
    """

    name: str
    images: Sequence[NDArray[np.uint8]]
    rate: Fraction

    @property
    def info(self) -> VideoInfo:
        """The header that a video file of these images would have."""
        height, width = self.images[0].shape[:2]
        return VideoInfo(width, height, self.rate, float(len(self.images) / self.rate), has_sound=False)

    @property
    def sound(self) -> Path | None:
        """None: images have no sound."""
        return None

    def read(self, start: float | None = None, end: float | None = None) -> Iterator[Frame]:
        """Yield the frames from ``start`` to ``end``, in seconds; ``end`` is not included."""
        for index, image in enumerate(self.images):
            seconds = float(index / self.rate)
            if (start is None or seconds >= start) and (end is None or seconds < end):
                decoded = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
                yield Frame(index, seconds, decoded)


@dataclass(frozen=True, repr=False)
class Photograph:
    """A photograph: a file, which is read when it is needed, or an image in memory.

    Attributes:
        name: Its name in messages and folders.
        source: The file, or the upright RGB image (H, W, 3) uint8.
    """

    name: str
    source: Path | NDArray[np.uint8]

    @property
    def info(self) -> None:
        """None: a photograph has no rate and no duration."""
        return None

    def image(self) -> NDArray[np.uint8]:
        """Return the upright RGB image (H, W, 3).

        Raises:
            VideoError: the file cannot be read.
        """
        return read_image(self.source) if isinstance(self.source, Path) else self.source

    def read(self, start: float | None = None, end: float | None = None) -> Iterator[Frame]:
        """Yield the one frame; a photograph has no time, so ``start`` and ``end`` do not leave it out."""
        del start, end
        image = av.VideoFrame.from_ndarray(np.ascontiguousarray(self.image()), format="rgb24")
        yield Frame(0, 0.0, image)


Video = VideoFile | ImageSequence
Footage = Video | Photograph


def open_video(path: Path) -> VideoFile:
    """Open a video file.

    Raises:
        VideoError: the file cannot be read.
    """
    return VideoFile(path, read_info(path))


def open_footage(path: Path) -> Footage:
    """Open a video or a photograph; the pixels of a photograph are read later.

    Raises:
        VideoError: there is no such file, or it is no video.
    """
    suffix = path.suffix.lower()
    if suffix in UNREAD_IMAGE_SUFFIXES:  # the video decoder would return each tile of a .heic as an image
        raise VideoError(f"{path.name}: {suffix} photographs cannot be read; convert it to .jpg or .png")
    if suffix not in IMAGE_SUFFIXES:
        return open_video(path)
    check_is_file(path, error=VideoError)
    return Photograph(printable(path.name), path)


def frames_in_memory(frames_thwc: NDArray[Any], *, fps: float, name: str = "frames") -> ImageSequence:
    """Return an array of frames as footage.

    Args:
        frames_thwc: Frames, uint8, RGB (T, H, W, 3) or grey (T, H, W).
        fps: Frames per second.
        name: Its name in messages and folders.

    Raises:
        VideoError: the array is of another shape or type, or fps is not above 0.
    """
    if frames_thwc.dtype != np.uint8 or not _is_video(frames_thwc):
        raise VideoError(
            f"Frames must be {_WANTED}, T at least 1; got {frames_thwc.dtype} of shape {frames_thwc.shape}"
        )
    try:
        rate = Fraction(float(fps)).limit_denominator(100_000)
    except (TypeError, ValueError, OverflowError):
        rate = Fraction(0)
    if isinstance(fps, str) or rate <= 0:
        raise VideoError(f"fps must be a number of frames per second above 0, got {fps!r}")
    return ImageSequence(name, [_rgb(frame) for frame in frames_thwc], rate)


def image_in_memory(image: NDArray[Any], *, name: str = "image") -> Photograph:
    """Return one image, RGB (H, W, 3) or grey (H, W), uint8, as a photograph.

    Raises:
        VideoError: the array is of another shape or type.
    """
    if image.dtype != np.uint8 or not _is_image(image):
        raise VideoError(
            "An image must be uint8 RGB of shape (H, W, 3), or grey of shape (H, W); "
            f"got {image.dtype} of shape {image.shape}"
        )
    return Photograph(name, _rgb(image))


def _is_image(array: NDArray[Any]) -> bool:
    return array.size > 0 and (array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3))


def _is_video(array: NDArray[Any]) -> bool:
    return array.size > 0 and (array.ndim == 3 or (array.ndim == 4 and array.shape[3] == 3))


def _rgb(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
