"""What a file is, before it is predicted."""

from dataclasses import dataclass
from pathlib import Path

from ferfusion.api.settings import PathOrText, as_path
from ferfusion.errors import VideoError

VIDEO, PHOTOGRAPH, BUNDLE, UNREADABLE = "video", "photograph", "bundle", "unreadable"


@dataclass(frozen=True)
class Probe:
    """What a file is; made by ``probe``.

    Attributes:
        kind: ``video``, ``photograph``, ``bundle`` (a model file) or ``unreadable``.
        reason: Why it is unreadable; empty if it is not.
        width: Width of the upright image in pixels; 0 for a model file.
        height: Its height.
        frames_per_second: Mean frame rate of a video; 0 for anything else.
        seconds: Duration of a video; None if the file does not have it.
    """

    kind: str
    reason: str = ""
    width: int = 0
    height: int = 0
    frames_per_second: float = 0.0
    seconds: float | None = None


def probe(file: PathOrText) -> Probe:
    """Look at a file: the header and first frame of a video, a whole photograph, the name of a model.

    Args:
        file: The file.

    Returns:
        What it is; a file that cannot be read is ``unreadable``, with the reason.

    Raises:
        ConfigError: the path is empty, or an address.

    >>> seen = fer.probe(fer.sample_corpus() / "s01/fear/s01_fear_1.mp4")
    >>> seen.kind, seen.width, seen.height, seen.frames_per_second
    ('video', 176, 176, 25.0)
    """
    path = as_path(file)
    if path.suffix.lower() in (".safetensors", ".onnx") and path.is_file():
        return Probe(BUNDLE)
    from ferfusion.video.footage import open_footage  # noqa: PLC0415 OpenCV

    try:
        footage = open_footage(path)
        frame = next((one for one in footage.read() if not one.error), None)
        if frame is None:
            return Probe(UNREADABLE, f"{path.name}: no frame can be decoded")
        height, width = frame.rgb().shape[:2]
    except VideoError as error:
        return Probe(UNREADABLE, str(error))
    if footage.info is None:
        return Probe(PHOTOGRAPH, width=width, height=height)
    return Probe(
        VIDEO,
        width=width,
        height=height,
        frames_per_second=float(footage.info.rate),
        seconds=footage.info.seconds,
    )


def find_videos(place: PathOrText) -> list[Path]:
    """Return the videos and photographs that ``predict`` reads for a path, in the order of their paths.

    Args:
        place: A folder, which is searched at every depth; or a file, which is returned as it is.

    Raises:
        ConfigError: the folder has no video and no photograph, or the path is an address.

    >>> [video.name for video in fer.find_videos(fer.sample_corpus() / "s01/fear")][:1]
    ['s01_fear_1.mp4']
    """
    from ferfusion.inference import video_search  # noqa: PLC0415 takes time

    return [found for found in video_search.find_videos([as_path(place)]) if isinstance(found, Path)]
