"""Read a folder of images as the frames of a video."""

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import reduce
from io import BytesIO
from itertools import pairwise
from math import gcd
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ferfusion.errors import VideoError
from ferfusion.files import check_is_file, no_such
from ferfusion.video.image_size import (
    MAX_PIXELS,
    count_pages,
    encoded_size,
    is_avif,
    why_too_large,
    why_too_many_channels,
)
from ferfusion.video.reader import Frame
from ferfusion.video.suffixes import IMAGE_SUFFIXES

_MAX_BYTES = 4 * MAX_PIXELS
"""Bytes of the largest image file that is read."""


def read_image_frames(
    folder: Path,
    *,
    rate: float = 25,
    start_seconds: float | None = None,
    end_seconds: float | None = None,
) -> Iterator[Frame]:
    """Yield every image of a folder as a frame, in the order of the numbers in their names.

    An image that cannot be read is yielded as a frame with ``error`` set and no pixels. A number that is
    missing among the names leaves its index out, so frames on both sides of a gap are not consecutive. All
    frames have the size of the first image that can be read: an image of another size, such as a crop of a
    face that came nearer, is resized with its aspect ratio, and its edges are repeated where it does not fill
    the frame.

    Args:
        folder: Folder of the images; other files and subfolders are ignored.
        rate: Images per second.
        start_seconds: Time of the first frame that is read; indices still count from the first image.
        end_seconds: Time of the first frame after those that are read.

    Raises:
        VideoError: there is no such folder, or no image in it.
    """
    images = list_images(folder)
    if not images:
        raise VideoError(f"There is no image in {folder}")
    size_hw: tuple[int, int] | None = None
    for index, path in zip(frame_indices([path.stem for path in images]), images, strict=True):
        seconds = index / rate
        if (start_seconds or 0) <= seconds and (end_seconds is None or seconds < end_seconds):
            pixels_bgr, reason = _read(path)
            if pixels_bgr is None:
                yield Frame(index, seconds, None, reason)
                continue
            size_hw = size_hw or pixels_bgr.shape[:2]
            yield Frame(index, seconds, _as_frame(_fitted(pixels_bgr, size_hw)))


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read an image file upright: RGB (H, W, 3).

    Raises:
        VideoError: it cannot be read; the message says why.
    """
    check_is_file(path, error=VideoError)
    pixels_bgr, reason = _read(path)
    if pixels_bgr is None:
        raise VideoError(reason)
    return np.ascontiguousarray(pixels_bgr[..., ::-1])


def list_images(folder: Path) -> list[Path]:
    """Return the image files of a folder in natural order: 2.jpg comes before 10.jpg.

    Raises:
        VideoError: there is no such folder.
    """
    if not folder.is_dir():
        raise VideoError(no_such(folder, wanted="folder"))
    images = (path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    return sorted((path for path in images if not path.name.startswith(".")), key=_natural)


def _natural(path: Path) -> tuple[list[tuple[int, str]], str]:
    """Return a sorting key in which runs of digits count as numbers."""
    pieces = re.findall(r"\d+|\D+", path.stem.lower())
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in pieces], path.name


def frame_indices(stems: list[str]) -> list[int]:
    """Return the index of each image, from 0, by the last number in its name.

    Numbers that rise in equal steps are consecutive frames. Names without rising numbers get the indices
    0, 1, 2 and so on.

    >>> frame_indices(["a_001", "a_002", "a_004"]), frame_indices(["5", "10", "15"])
    ([0, 1, 3], [0, 1, 2])
    >>> frame_indices(["onset", "apex", "offset"])
    [0, 1, 2]
    """
    last_numbers = [re.findall(r"\d+", stem)[-1:] for stem in stems]
    numbers = [int(found[0]) for found in last_numbers if found]
    steps = [after - before for before, after in pairwise(numbers)]
    if len(numbers) < len(stems) or any(step <= 0 for step in steps):
        return list(range(len(stems)))
    step = reduce(gcd, steps, 0) or 1
    return [(number - numbers[0]) // step for number in numbers]


def _fitted(pixels: NDArray[np.uint8], size_hw: tuple[int, int]) -> NDArray[np.uint8]:
    """Return an image (H, W, 3) at another size, with its aspect ratio; its edges fill what it leaves."""
    rows, columns = pixels.shape[:2]
    if (rows, columns) == size_hw:
        return pixels
    scale = min(size_hw[0] / rows, size_hw[1] / columns)
    height, width = (max(1, round(length * scale)) for length in (rows, columns))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(pixels, (width, height), interpolation=method)
    above, before = (size_hw[0] - height) // 2, (size_hw[1] - width) // 2
    borders = above, size_hw[0] - height - above, before, size_hw[1] - width - before
    return np.asarray(cv2.copyMakeBorder(resized, *borders, cv2.BORDER_REPLICATE), np.uint8)


def _as_frame(pixels_bgr: NDArray[np.uint8]) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels_bgr), format="bgr24")


def _read(path: Path) -> tuple[NDArray[np.uint8] | None, str]:
    """Return the upright image, BGR (H, W, 3), and an empty reason, or None and the reason."""
    try:
        check_is_file(path, error=VideoError)
        if path.stat().st_size > _MAX_BYTES:
            raise VideoError(f"the file has more than {_MAX_BYTES >> 20} MiB; make the image smaller")
        encoded = path.read_bytes()
        _check_is_photograph(encoded)
        return decode_image(encoded, cv2.IMREAD_COLOR), ""  # it applies EXIF's rotation
    except OSError as error:
        return None, f"{path.name}: {(error.strerror or type(error).__name__).lower()}"
    except VideoError as error:
        return None, f"{path.name}: {error}"


def _check_is_photograph(encoded: bytes) -> None:
    is_cut_short = encoded.startswith(b"\xff\xd8") and encoded.rfind(b"\xff\xd9") < encoded.rfind(b"\xff\xda")
    if not encoded or is_cut_short:
        raise VideoError(f"the image is {'cut short' if encoded else 'empty'}")
    if _is_animated(encoded):
        raise VideoError("an animation, not a photograph; convert it to a video, such as .mp4 or .gif")
    if (pages := count_pages(encoded)) > 1:
        raise VideoError(f"{pages} pages, not a photograph; save each page as a file of its own")


def decode_image(encoded: bytes, flags: int) -> NDArray[np.uint8]:
    """Return the pixels of an image file by OpenCV's ``flags``.

    Raises:
        VideoError: it cannot be read, or is too large by its header; the message is the reason.
    """
    size = encoded_size(encoded)
    if size is not None and (reason := why_too_large(*size) or why_too_many_channels(encoded)):
        raise VideoError(reason)
    pixels: NDArray[Any] | None = None
    with suppress(cv2.error), _quiet:  # such as a side of more than a million pixels
        if size is not None:
            is_turned = is_avif(encoded)  # which OpenCV ignores
            pixels = (_decode_avif if is_turned else _decode)(encoded, flags)
    if pixels is None:
        raise VideoError("not an image that can be read")
    return np.asarray(pixels, np.uint8)


def _decode(encoded: bytes, flags: int) -> NDArray[Any] | None:
    return cv2.imdecode(np.frombuffer(encoded, np.uint8), flags)


def _decode_avif(encoded: bytes, flags: int) -> NDArray[Any] | None:
    """Return the upright pixels of an AVIF file; None if it is damaged, or this Pillow has no decoder."""
    pixels = _avif_pixels(encoded)
    if pixels is None:
        return None
    return cv2.cvtColor(pixels, _FROM_AVIF[pixels.shape[2], flags == cv2.IMREAD_GRAYSCALE])


def _avif_pixels(encoded: bytes) -> NDArray[Any] | None:
    """Return the upright pixels, RGB or RGBA (H, W, C), with as few copies as Pillow allows."""
    try:
        with Image.open(BytesIO(encoded), formats=["AVIF"]) as image:
            if why_too_large(*image.size):
                return None
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            return np.asarray(image if image.mode in ("RGB", "RGBA") else image.convert("RGB"))
    except (OSError, KeyError, SyntaxError, ValueError, RuntimeError, Image.DecompressionBombError):
        return None


_FROM_AVIF = MappingProxyType(
    {
        (3, False): cv2.COLOR_RGB2BGR,
        (3, True): cv2.COLOR_RGB2GRAY,
        (4, False): cv2.COLOR_RGBA2BGR,
        (4, True): cv2.COLOR_RGBA2GRAY,
    }
)
"""OpenCV's conversion of AVIF by the number of channels and whether it is read as grey."""


class _Quiet:
    """OpenCV logs nothing inside ``with``, in any thread; its level is as before after the last one."""

    def __init__(self) -> None:
        self._lock, self._inside, self._level = Lock(), 0, 0

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                cv2.utils.logging.setLogLevel(self._level)


_quiet = _Quiet()


def _is_animated(encoded: bytes) -> bool:
    """Return whether a PNG, WebP or AVIF file has several images; its first one would stand for all.

    Sources: PNG specification, third edition, section 11.3.6; WebP container specification, section VP8X.
    """
    if encoded.startswith(b"\x89PNG"):
        return 0 <= encoded.find(b"acTL") < encoded.find(b"IDAT")
    if is_avif(encoded):
        return encoded[8:12] == b"avis"
    return encoded[8:16] == b"WEBPVP8X" and bool(encoded[20:] and encoded[20] & 0b10)
