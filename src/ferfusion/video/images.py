"""Read a folder of images as the frames of a video."""

import re
from collections.abc import Iterator
from functools import reduce
from itertools import pairwise
from math import gcd
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import VideoError
from ferfusion.video.reader import Frame
from ferfusion.video.suffixes import IMAGE_SUFFIXES


def read_image_frames(
    folder: Path,
    *,
    rate: float = 25,
    start_seconds: float | None = None,
    end_seconds: float | None = None,
) -> Iterator[Frame]:
    """Yield every image of a folder as a frame, in the order of the numbers in their names.

    An image that cannot be read is yielded as a frame with ``error`` set and no pixels. A number that is
    missing among the names leaves its index out, so frames on both sides of a gap are not consecutive.

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
    for index, path in zip(frame_indices([path.stem for path in images]), images, strict=True):
        seconds = index / rate
        if (start_seconds or 0) <= seconds and (end_seconds is None or seconds < end_seconds):
            yield Frame(index, seconds, *_read(path))


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read an image file upright: RGB (H, W, 3).

    Raises:
        VideoError: it cannot be read; the message says why.
    """
    if not path.is_file():
        raise VideoError(f"There is no file {path}")
    image, reason = _read(path)
    if image is None:
        raise VideoError(reason)
    return np.asarray(image.to_ndarray(format="rgb24"), np.uint8)


def list_images(folder: Path) -> list[Path]:
    """Return the image files of a folder in natural order: 2.jpg comes before 10.jpg.

    Raises:
        VideoError: there is no such folder.
    """
    if not folder.is_dir():
        raise VideoError(f"There is no folder {folder}")
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


def _read(path: Path) -> tuple[av.VideoFrame | None, str]:
    """Return the image and an empty reason, or None and the reason."""
    try:
        encoded = path.read_bytes()
    except OSError as error:
        return None, f"{path.name}: {(error.strerror or type(error).__name__).lower()}"
    is_cut_short = encoded.startswith(b"\xff\xd8") and encoded.rfind(b"\xff\xd9") < encoded.rfind(b"\xff\xda")
    if not encoded or is_cut_short:
        return None, f"{path.name}: the image is {'cut short' if encoded else 'empty'}"
    pixels = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        return None, f"{path.name}: not an image that can be read"
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels, np.uint8), format="bgr24"), ""
