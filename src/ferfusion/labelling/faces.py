"""The faces of a video that is to be labelled, by the detector and the tracker of preparation."""

from dataclasses import dataclass
from pathlib import Path

from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.footage import open_footage

BOX_SECONDS = 0.1
SHORTEST_SECONDS = 0.4
"""A face that is seen for less is no item of its own."""
Box = tuple[float, float, float, float, float]


@dataclass(frozen=True)
class SeenFace:
    """A face of a video.

    Attributes:
        face: Number of its track.
        boxes: Second, x, y, width and height in pixels, at most ten of them a second.
        seen: First and last second.
    """

    face: int
    boxes: tuple[Box, ...]
    seen: tuple[float, float]


@dataclass(frozen=True)
class SeenVideo:
    """What a video shows.

    Attributes:
        seconds: Its length.
        faces: Its faces, in the order of their tracks.
    """

    seconds: float
    faces: tuple[SeenFace, ...]


def length_of(video: Path) -> float:
    """Return the length of a video in seconds; that of a photograph is 0.

    Raises:
        VideoError: it cannot be read.
    """
    footage = open_footage(video)
    if footage.info is None:
        return 0.0
    end, step = 0.0, 0.0
    for frame in footage.read():
        step = frame.seconds - end if frame.seconds > end else step
        end = frame.seconds
    return end + step


def faces_of(video: Path, recipe: PrepareRecipe) -> SeenVideo:
    """Return the length and the faces of a video.

    Raises:
        VideoError: the video cannot be read.
    """
    preparer = FramePreparer(recipe, flow=False)
    boxes: dict[int, list[Box]] = {}
    seen: dict[int, tuple[float, float]] = {}
    end, step = 0.0, 0.0
    for frame in preparer.prepare(open_footage(video).read()):
        step = frame.seconds - end if frame.seconds > end else step
        end = frame.seconds
        for face in frame.faces:
            first, _ = seen.get(face.track, (frame.seconds, frame.seconds))
            seen[face.track] = (first, frame.seconds)
            kept = boxes.setdefault(face.track, [])
            if not kept or frame.seconds - kept[-1][0] > BOX_SECONDS - step / 2:
                x, y, w, h = (round(float(value), 1) for value in face.box)
                kept.append((round(frame.seconds, 3), x, y, w, h))
    faces = [
        SeenFace(track, tuple(boxes[track]), times)
        for track, times in sorted(seen.items())
        if times[1] - times[0] >= min(SHORTEST_SECONDS, end / 2)
    ]
    return SeenVideo(end + step, tuple(faces))
