"""Scenes with faces in known places: bright squares on a soft background, and a detector of them."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np

from ferfusion.faces.detectors import Detection
from ferfusion.preparation.frame_preparer import FramePreparer, PreparedFrame
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.reader import Frame

SURE, UNSURE = 225, 180
"""Brightness of a face with a high score, and of one with a low score."""
_EDGE = 150


class SquareDetector:
    """Detects bright squares; a darker one scores below ``min_score``."""

    min_score = 1.0
    searched_face_px, border_px = np.inf, 0
    reduced_face_px = quick_reduced_face_px = 40.0

    def detect(
        self, luma: np.ndarray, *, min_side_px: float, max_side_px: float = np.inf, quick: bool = False
    ) -> list[Detection]:
        _, _, areas, _ = cv2.connectedComponentsWithStats((luma > _EDGE).astype(np.uint8))
        detections = []
        for x, y, width, height, _ in areas[1:]:
            # a square that the border cuts is no whole face
            whole = x > 0 and y > 0 and x + width < luma.shape[1] and y + height < luma.shape[0]
            if whole and min_side_px <= width + 0.5 and width - 0.5 <= max_side_px:
                middle = luma[y + height // 2, x + width // 2]
                score = 5.0 if middle > (SURE + UNSURE) / 2 else 0.2
                detections.append(Detection(np.array([x, y, width, height], np.float64), score))
        return sorted(detections, key=lambda each: (-each.score, each.box[0]))


def paint(
    faces: Iterable[Sequence[float]] = (),
    *,
    height: int = 96,
    width: int = 160,
    brightness: int = SURE,
    seed: int = 0,
) -> np.ndarray:
    """A grey image (H, W) with a square (x, y, side) for every face."""
    rng = np.random.default_rng(seed)
    ground = rng.uniform(40, 110, (height // 8, width // 8)).astype(np.float32)
    image = cv2.resize(ground, (width, height), interpolation=cv2.INTER_LINEAR)
    for x, y, side in faces:
        top, left, size = round(y), round(x), round(side)
        image[top : top + size, left : left + size] = brightness
    return np.clip(image, 16, 235).astype(np.uint8)


def frame_of(index: int, image: np.ndarray | None, *, rate: float = 25) -> Frame:
    """A decoded frame that shows a grey image (H, W), or one that could not be decoded."""
    if image is None:
        return Frame(index, index / rate, None, "the frame is damaged")
    return Frame(index, index / rate, _grey_frame(image))


def frames_of(images: Iterable[np.ndarray | None]) -> Iterator[Frame]:
    """The images as decoded frames."""
    for index, image in enumerate(images):
        yield frame_of(index, image)


def prepare_scene(
    monkeypatch, images: Iterable[np.ndarray | None], *, detector=SquareDetector, **settings
) -> list[PreparedFrame]:
    """The prepared frames of a scene."""
    monkeypatch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": detector})
    preparer = FramePreparer(PrepareRecipe(detector="squares", **settings))
    return list(preparer.prepare(frames_of(images)))


def grey_video(path: Path, images: Sequence[np.ndarray]) -> Path:
    """Write grey images (H, W) without loss, each frame on its own."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width = images[0].shape
        stream.pix_fmt, stream.options = "yuv420p", {"qp": "0", "preset": "ultrafast", "g": "1"}
        for image in images:
            container.mux(stream.encode(_grey_frame(image)))
        container.mux(stream.encode(None))
    return path


def _grey_frame(image: np.ndarray) -> av.VideoFrame:
    height, width = image.shape
    planes = np.full((height + height // 2, width), 128, np.uint8)
    planes[:height] = image
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")
