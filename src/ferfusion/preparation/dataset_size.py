"""The disk space of a dataset of videos, before it is prepared."""

from collections.abc import Sequence

from ferfusion.corpora.entries import VideoEntry
from ferfusion.errors import VideoError
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.images import list_images
from ferfusion.video.reader import read_info

_READ = 20
"""Videos whose length is read; the others count as long as these on average."""
_CROP_AND_FLOW = 3 + 2 * 2
"""Bytes of each pixel: three colours of 8 bits, two directions of 16 bits."""
_PNG = 1.8
"""Bytes of each pixel of a PNG file: the mean of the sample corpus at 48 pixels, crops and flow."""
_ROW_BYTES = 100
"""Of each frame in the tables."""
LEAST_SHARE = 0.25
"""Share of the estimate that a dataset takes in any case: few corpora show a face in less than every fourth
frame."""


def dataset_bytes(entries: Sequence[VideoEntry], recipe: PrepareRecipe, *, images: bool) -> float | None:
    """Return about how much the dataset of some videos takes if each frame shows a face.

    Args:
        entries: The videos.
        recipe: Settings of preparation.
        images: Whether every kept pair is written as two PNG files too.

    Returns:
        The number of bytes; None if the length of no video can be read.
    """
    step = max(1, len(entries) // _READ)
    known = [number for entry in entries[::step][:_READ] if (number := _frames(entry)) is not None]
    if not known:
        return None
    a_pixel = _CROP_AND_FLOW + (2 * _PNG / recipe.keep_every if images else 0)
    return len(entries) * sum(known) / len(known) * (recipe.size**2 * a_pixel + _ROW_BYTES)


def _frames(entry: VideoEntry) -> float | None:
    """Return the number of frames that the header of a video states; None if it cannot be read."""
    try:
        if entry.path.is_dir():
            rate, images = entry.images_per_second, len(list_images(entry.path))
            seconds: float | None = images / rate
        else:
            info = read_info(entry.path)
            rate, seconds = float(info.rate), info.seconds
    except (OSError, VideoError):
        return None
    if seconds is None:
        return None
    start = entry.start_seconds or 0.0
    end = seconds if entry.end_seconds is None else min(entry.end_seconds, seconds)
    return max(end - start, 0.0) * rate
