"""Search pictures for faces, and the table of detectors."""

from collections.abc import Callable
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.faces.boxes import Box, grow_to_square, iou
from ferfusion.faces.detection import Detection, FaceDetector
from ferfusion.faces.haar import HaarDetector
from ferfusion.faces.mtcnn import MtcnnDetector
from ferfusion.faces.whole import WholePicture
from ferfusion.faces.yunet import YuNetDetector

__all__ = ["DETECTORS", "Detection", "FaceDetector", "search_everywhere", "search_near"]

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


DETECTORS: MappingProxyType[str, Callable[..., FaceDetector]] = MappingProxyType(
    {"haar": HaarDetector, "mtcnn": MtcnnDetector, "yunet": YuNetDetector, "none": WholePicture}
)
WITH_MODEL_FILE = frozenset({"yunet"})
"""Detectors that are made with the path of a model file, and else take the one named for this machine."""
