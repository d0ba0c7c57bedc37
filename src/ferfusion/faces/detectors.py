"""Search images for faces, and the table of detectors."""

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.faces.boxes import Box, grow_to_square, iou
from ferfusion.faces.detector import Detection, FaceDetector
from ferfusion.faces.haar import HaarDetector
from ferfusion.faces.mtcnn import MtcnnDetector
from ferfusion.faces.none import WholeImage
from ferfusion.faces.yunet import YuNetDetector

__all__ = ["DETECTORS", "Detection", "FaceDetector", "search_everywhere", "search_near"]

_WORKING_SIDE_PX, _QUICK_WORKING_SIDE_PX = 360, 240
_NEAR_REACH = 0.25
_NEAR_SIZES = (0.75, 1.33)  # a narrower range excludes windows that OpenCV averages, and shifts the box


def search_everywhere(
    detector: FaceDetector, luma: NDArray[np.uint8], *, min_side_px: float, quick: bool = False
) -> list[Detection]:
    """Return the faces of a whole image, in its own pixels; it is searched with its longer side at 360 px.

    Args:
        detector: The detector.
        luma: The luma plane of the image, (H, W).
        min_side_px: Least width of a face, in pixels of the image.
        quick: Whether the longer side is 240 px and the detector may use coarser steps. That is enough to
            notice that a face came.
    """
    scale = min(1.0, (_QUICK_WORKING_SIDE_PX if quick else _WORKING_SIDE_PX) / max(luma.shape))
    image, enlarge = _reduced(luma, scale)
    detections = detector.detect(image, min_side_px=min_side_px * scale, quick=quick)
    return [Detection(each.box * enlarge, each.score) for each in detections]


def search_near(
    detector: FaceDetector, luma: NDArray[np.uint8], last: Box, *, quick: bool = False
) -> Detection | None:
    """Return the face near a box, of about the same size, or None.

    Args:
        detector: The detector.
        luma: The luma plane of the image, (H, W).
        last: The box; a quarter of its width around it is searched.
        quick: Whether the image may be reduced further and the detector may use coarser steps.
    """
    rows, columns = luma.shape
    x, y, width, height = grow_to_square(last, margin=_NEAR_REACH)
    left, top = max(round(x), 0), max(round(y), 0)
    right, bottom = min(round(x + width), columns), min(round(y + height), rows)
    if right - left < 8 or bottom - top < 8:
        return None
    side = float(last[2:].max())
    is_large = side >= detector.reduced_face_px
    target_px = detector.quick_reduced_face_px if quick and is_large else detector.reduced_face_px
    scale = min(1.0, target_px / side)
    image, enlarge = _reduced(luma[top:bottom, left:right], scale)
    detections = detector.detect(
        image,
        min_side_px=_NEAR_SIZES[0] * side * scale,
        max_side_px=_NEAR_SIZES[1] * side * scale,
        quick=quick,
    )
    if not detections:
        return None
    nearby = [Detection(each.box * enlarge + (left, top, 0, 0), each.score) for each in detections]
    return max(nearby, key=lambda each: iou(each.box, last))


def _reduced(luma: NDArray[np.uint8], scale: float) -> tuple[NDArray[np.uint8], Box]:
    """Return the image at a scale of at most 1, and the factors from its boxes to those of the original."""
    rows, columns = luma.shape
    width, height = max(1, round(columns * scale)), max(1, round(rows * scale))
    if scale < 1:
        luma = np.asarray(cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    # both sides are rounded, so their factors differ a little
    return luma, np.array([columns / width, rows / height] * 2)


DETECTORS: MappingProxyType[str, Callable[[], FaceDetector]] = MappingProxyType(
    {"haar": HaarDetector, "mtcnn": MtcnnDetector, "yunet": YuNetDetector, "none": WholeImage}
)
WITH_MODEL_FILE: MappingProxyType[str, Callable[[Path], FaceDetector]] = MappingProxyType(
    {"yunet": YuNetDetector}
)
"""Detectors that take the path of their model file; in ``DETECTORS``, the environment variable names it."""
