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
from ferfusion.faces.boxes import Box, iou


@dataclass(frozen=True)
class Detection:
    """A face found in one picture: its box in pixels and the detector's score (higher is surer)."""

    box: Box
    score: float


class FaceDetector(Protocol):
    """Finds faces in the brightness plane of a picture."""

    min_score: float
    """A find below it is kept in the tables as ``low_score`` and not used."""

    def detect(self, luma: NDArray[np.uint8], *, min_side_px: float) -> list[Detection]:
        """Return the faces of ``luma`` (H, W) that are at least ``min_side_px`` wide, best first."""


_WORKING_SIDE_PX = 360


class HaarDetector:
    """OpenCV's frontal face cascades in turn: the next one is asked only where those before it found nothing.

    The picture is searched at a reduced size (longer side 360 px), which the boxes are scaled back from.
    Source: Viola & Jones 2001; the cascade files come with OpenCV.
    """

    cascades = ("haarcascade_frontalface_default.xml", "haarcascade_frontalface_alt2.xml")
    min_score = 1.0

    def __init__(self) -> None:
        self._cascades = [_load_cascade(name) for name in self.cascades]

    def detect(self, luma: NDArray[np.uint8], *, min_side_px: float) -> list[Detection]:
        """Return the faces of ``luma`` (H, W), surest first; the score is the cascade's last stage sum."""
        scale = min(1.0, _WORKING_SIDE_PX / max(luma.shape))
        size = (max(1, round(luma.shape[1] * scale)), max(1, round(luma.shape[0] * scale)))
        picture = cv2.resize(luma, size, interpolation=cv2.INTER_AREA) if scale < 1 else luma
        least = max(20, int(min_side_px * scale))
        for cascade in self._cascades:
            boxes, _, weights = cascade.detectMultiScale3(
                picture,
                scaleFactor=1.1,
                minNeighbors=4,
                minSize=(least, least),
                outputRejectLevels=True,
            )
            if len(boxes):
                return _without_overlaps(
                    [
                        Detection(np.asarray(box, np.float64) / scale, float(weight))
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
