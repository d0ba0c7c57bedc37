"""Videos with one face in view, made of the sample corpus."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np

from ferfusion.video.reader import read_frames
from helpers.videos import decode_plainly, write_video


def sample_video(number: int = 0) -> Path:
    """A video of the sample corpus, in the order of their paths."""
    return sorted(Path(str(files("ferfusion") / "sample")).rglob("*.mp4"))[number]


def face_images(count: int) -> list[np.ndarray]:
    """The first images (H, W, 3) of the first sample video; beyond its end, it is played backwards."""
    images = [frame.to_ndarray(format="rgb24") for frame in decode_plainly(sample_video())]
    return (images + images[::-1])[:count]


def uneven_times(count: int) -> list[float]:
    """Times in seconds of frames with a pause in the middle and a higher rate after it."""
    return [0.04 * k if k < count // 2 else 0.5 + 0.03 * k for k in range(count)]


def face_video(
    path: Path, count: int, *, seconds: Sequence[float] | None = None, sound_seconds: float | None = None
) -> Path:
    """Write ``face_images`` as a video; without ``seconds``, 25 frames per second."""
    return write_video(path, face_images(count), seconds=seconds, sound_seconds=sound_seconds)


def frame_times(path: Path) -> list[float]:
    """The time of every frame of a video, in seconds."""
    return [frame.seconds for frame in read_frames(path)]
