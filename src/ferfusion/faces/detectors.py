"""Search images for faces, and the table of detectors."""

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.faces.boxes import Box, grow_to_square, iou
from ferfusion.faces.detector import Detection, FaceDetector, without_nested
from ferfusion.faces.haar import HaarDetector
from ferfusion.faces.mtcnn import MtcnnDetector
from ferfusion.faces.none import WholeImage
from ferfusion.faces.yunet import YuNetDetector

__all__ = ["DETECTORS", "Detection", "FaceDetector", "search_everywhere", "search_near"]

_NEAR_REACH = 0.25
_NEAR_SIZES = (0.75, 1.33)  # a narrower range excludes windows that OpenCV averages, and shifts the box
_BORDER_LUMA = 110  # grey


def whole_image_scale(detector: FaceDetector, *, wanted_px: float) -> float:
    """Return the scale, at most 1, at which a whole image is searched for faces from a width on."""
    return min(1.0, detector.searched_face_px / wanted_px)


def search_everywhere(
    detector: FaceDetector, luma: NDArray[np.uint8], *, wanted_px: float, least_px: float | None = None
) -> list[Detection]:
    """Return the faces of a whole image, in its own pixels, highest score first.

    The image is reduced until the smallest wanted face is as wide as the detector needs it
    (``FaceDetector.searched_face_px``), and gets a border, so that a face that the image's edge cuts is
    detected. Of two faces of which one lies inside the other, that with the higher score is returned.

    Args:
        detector: The detector.
        luma: The luma plane of the image, (H, W).
        wanted_px: Width of the smallest wanted face, in pixels of the image.
        least_px: Least width of a face that is returned. By default ``wanted_px``; smaller faces are
            detected less reliably.
    """
    scale = whole_image_scale(detector, wanted_px=wanted_px)
    image, enlarge = _reduced(luma, scale)
    least = (wanted_px if least_px is None else least_px) * scale
    detections = _detect(detector, image, border_px=(detector.border_px,) * 4, min_side_px=least)
    return without_nested([Detection(each.box * enlarge, each.score) for each in detections])


def near_searches(detector: FaceDetector, last: Box, *, wanted_px: float) -> list[tuple[bool, float]]:
    """Return the different searches near a box: each quick or not, at a scale; the cheapest comes first.

    They are a quick search, a thorough one, and one at the scale of a search of the whole image.

    Args:
        detector: The detector.
        last: The box.
        wanted_px: Width of the smallest wanted face, in pixels of the image.
    """
    thorough = (False, near_scale(detector, last))
    whole = (False, whole_image_scale(detector, wanted_px=wanted_px))
    if detector.quick_reduced_face_px == detector.reduced_face_px:  # it has no quick search
        return [thorough] if whole == thorough else [thorough, whole]
    quick = (True, near_scale(detector, last, quick=True))
    return [quick, thorough] if whole == thorough else [quick, thorough, whole]


def near_scale(detector: FaceDetector, last: Box, *, quick: bool = False) -> float:
    """Return the scale, at most 1, at which the area near a face is searched."""
    side = float(last[2:].max())
    is_large = side >= detector.reduced_face_px
    target_px = detector.quick_reduced_face_px if quick and is_large else detector.reduced_face_px
    return min(1.0, target_px / side)


def search_near(
    detector: FaceDetector,
    luma: NDArray[np.uint8],
    last: Box,
    *,
    quick: bool = False,
    scale: float | None = None,
) -> Detection | None:
    """Return the face near a box, of about the same size, or None.

    Args:
        detector: The detector.
        luma: The luma plane of the image, (H, W).
        last: The box; a quarter of its width around it is searched.
        quick: Whether the image may be reduced further and the detector may be less exact.
        scale: Scale at which the image is searched. By default, the face is reduced to the width that the
            detector needs.
    """
    rows, columns = luma.shape
    x, y, width, height = grow_to_square(last, margin=_NEAR_REACH)
    left, top = max(round(x), 0), max(round(y), 0)
    right, bottom = min(round(x + width), columns), min(round(y + height), rows)
    if right - left < 8 or bottom - top < 8:
        return None
    side = float(last[2:].max())
    if scale is None:
        scale = near_scale(detector, last, quick=quick)
    image, enlarge = _reduced(luma[top:bottom, left:right], scale)
    cut = (top - y, y + height - bottom, left - x, x + width - right)
    detections = _detect(
        detector,
        image,
        border_px=tuple(round(max(each, 0) * scale) if detector.border_px else 0 for each in cut),
        min_side_px=_NEAR_SIZES[0] * side * scale,
        max_side_px=_NEAR_SIZES[1] * side * scale,
        quick=quick,
    )
    if not detections:
        return None
    nearby = [Detection(each.box * enlarge + (left, top, 0, 0), each.score) for each in detections]
    return max(nearby, key=lambda each: iou(each.box, last))


def _detect(
    detector: FaceDetector,
    image: NDArray[np.uint8],
    *,
    border_px: tuple[int, ...],
    min_side_px: float,
    max_side_px: float = np.inf,
    quick: bool = False,
) -> list[Detection]:
    """Return the faces of an image with a grey border (above, below, left, right), in pixels of the image."""
    if any(border_px):
        above, below, left, right = border_px
        bordered = cv2.copyMakeBorder(
            image, above, below, left, right, cv2.BORDER_CONSTANT, value=_BORDER_LUMA
        )
        image = np.asarray(bordered, np.uint8)
    detections = detector.detect(image, min_side_px=min_side_px, max_side_px=max_side_px, quick=quick)
    above, _, left, _ = border_px
    return [Detection(each.box - (left, above, 0, 0), each.score) for each in detections]


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
