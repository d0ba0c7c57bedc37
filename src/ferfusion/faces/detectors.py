"""Find faces in one picture."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import ConfigError
from ferfusion.faces.boxes import Box, grow_to_square, iou


@dataclass(frozen=True)
class Detection:
    """A face found in one picture: its box in pixels and the detector's score (higher is surer)."""

    box: Box
    score: float


class FaceDetector(Protocol):
    """Finds faces in the brightness plane of a picture.

    Attributes:
        min_score: A find below it is kept in the tables as ``low_score`` and not used.
        near_side_px: Width that a face is brought to before the surroundings of its last place are searched.
    """

    min_score: float
    near_side_px: float

    def detect(
        self, luma: NDArray[np.uint8], *, min_side_px: float, max_side_px: float = np.inf
    ) -> list[Detection]:
        """Return the faces of ``luma`` (H, W) whose width is in the range, best first."""


_WORKING_SIDE_PX = 360
_NEAR_REACH = 0.25
_NEAR_SIZES = (0.75, 1.33)  # narrower ones cut off windows that OpenCV averages, and shift the box


def search_everywhere(
    detector: FaceDetector, luma: NDArray[np.uint8], *, min_side_px: float
) -> list[Detection]:
    """Return the faces of a whole picture, searched at a reduced size (longer side 360 px)."""
    scale = min(1.0, _WORKING_SIDE_PX / max(luma.shape))
    size = (max(1, round(luma.shape[1] * scale)), max(1, round(luma.shape[0] * scale)))
    picture = cv2.resize(luma, size, interpolation=cv2.INTER_AREA) if scale < 1 else luma
    found = detector.detect(np.asarray(picture, np.uint8), min_side_px=min_side_px * scale)
    return [Detection(each.box / scale, each.score) for each in found]


def search_near(detector: FaceDetector, luma: NDArray[np.uint8], last: Box) -> Detection | None:
    """Return the face at or near ``last``, a quarter of its width around, of about the same size."""
    rows, columns = luma.shape
    x, y, width, height = grow_to_square(last, margin=_NEAR_REACH)
    left, top = max(round(x), 0), max(round(y), 0)
    right, bottom = min(round(x + width), columns), min(round(y + height), rows)
    if right - left < 8 or bottom - top < 8:
        return None
    side = float(last[2:].max())
    scale = min(1.0, detector.near_side_px / side)
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    picture = cv2.resize(luma[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
    found = detector.detect(
        np.asarray(picture, np.uint8),
        min_side_px=_NEAR_SIZES[0] * side * scale,
        max_side_px=_NEAR_SIZES[1] * side * scale,
    )
    if not found:
        return None
    nearby = [Detection(each.box / scale + (left, top, 0, 0), each.score) for each in found]
    return max(nearby, key=lambda each: iou(each.box, last))


class HaarDetector:
    """OpenCV's frontal face cascades in turn: the next one is asked only where those before it found nothing.

    Source: Viola & Jones 2001; the cascade files come with OpenCV.
    """

    cascades = ("haarcascade_frontalface_default.xml", "haarcascade_frontalface_alt2.xml")
    min_score = 1.0
    near_side_px = 80.0

    def __init__(self) -> None:
        self._cascades = [_load_cascade(name) for name in self.cascades]

    def detect(
        self, luma: NDArray[np.uint8], *, min_side_px: float, max_side_px: float = np.inf
    ) -> list[Detection]:
        """Return the faces of ``luma`` (H, W), surest first; the score is the cascade's last stage sum."""
        whole_picture = max_side_px == np.inf
        least = max(20, int(min_side_px))
        most = round(min(max_side_px, max(luma.shape)))
        for cascade in self._cascades:
            boxes, _, weights = cascade.detectMultiScale3(
                luma,
                scaleFactor=1.1 if whole_picture else 1.2,
                minNeighbors=4 if whole_picture else 3,
                minSize=(least, least),
                maxSize=(most, most),
                outputRejectLevels=True,
            )
            if len(boxes):
                return _without_overlaps(
                    [
                        Detection(np.asarray(box, np.float64), float(weight))
                        for box, weight in zip(boxes, np.ravel(weights), strict=True)
                    ]
                )
        return []


def _load_cascade(name: str) -> cv2.CascadeClassifier:
    path = Path(cv2.data.haarcascades) / name  # type: ignore[attr-defined]
    cascade = cv2.CascadeClassifier(str(path))
    if cascade.empty():
        raise ConfigError(
            f"OpenCV has no cascade file {path}; install opencv-contrib-python-headless below version 5"
        )
    return cascade


def _without_overlaps(found: list[Detection]) -> list[Detection]:
    """Keep the surest of every set of boxes that overlap by more than a third."""
    kept: list[Detection] = []
    for detection in sorted(found, key=lambda each: -each.score):
        if all(iou(detection.box, other.box) < 1 / 3 for other in kept):
            kept.append(detection)
    return kept


DETECTORS: MappingProxyType[str, Callable[[], FaceDetector]] = MappingProxyType({"haar": HaarDetector})
