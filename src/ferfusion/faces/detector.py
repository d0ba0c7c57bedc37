"""The interface of a face detector; the table of detectors is in ``detectors``."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ferfusion.faces.boxes import Box, iou, shared_of_smaller


@dataclass(frozen=True)
class Detection:
    """A detected face: its box in pixels and the detector's score (a higher score is more certain)."""

    box: Box
    score: float


class FaceDetector(Protocol):
    """Detects faces in the luma plane of an image.

    Attributes:
        min_score: Least score of a detection that is used; one below it is ``low_score`` in the tables.
        searched_face_px: Width to which the smallest wanted face is reduced before a whole image is searched.
        border_px: Width of the grey border around a searched image whose edge may cut a face.
        reduced_face_px: Width to which a face is reduced before the area around its last box is searched.
        quick_reduced_face_px: The same for a quick search; a face narrower than ``reduced_face_px`` is not
            reduced. Equal to ``reduced_face_px`` if the detector has no quick search.
    """

    min_score: float
    searched_face_px: float
    border_px: int
    reduced_face_px: float
    quick_reduced_face_px: float

    def detect(
        self, luma: NDArray[np.uint8], *, min_side_px: float, max_side_px: float = np.inf, quick: bool = False
    ) -> list[Detection]:
        """Return the faces in an image, highest score first.

        Args:
            luma: The luma plane of the image, (H, W).
            min_side_px: Least width of a face.
            max_side_px: Greatest width of a face.
            quick: Whether the search near a known face may be less exact. The tracker repeats the search
                where the face is missing.
        """


def non_maximum_suppression(detections: list[Detection]) -> list[Detection]:
    """Keep the detection with the highest score of every set whose boxes overlap by more than a third."""
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda each: -each.score):
        if all(iou(detection.box, other.box) < 1 / 3 for other in kept):
            kept.append(detection)
    return kept


def without_nested(detections: list[Detection]) -> list[Detection]:
    """Keep, highest score first, the detections that neither lie inside a better one nor contain one.

    A detection lies inside another if more than 70 % of its box does.
    """
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda each: -each.score):
        if all(shared_of_smaller(detection.box, other.box) <= 0.7 for other in kept):
            kept.append(detection)
    return kept


def grey_image(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return limited-range luma (H, W) as a full-range grey image (H, W, 3), the input of the networks."""
    levels = np.clip((np.arange(256) - 16) * 255 / 219 + 0.5, 0, 255).astype(np.uint8)
    return np.repeat(levels[luma][..., None], 3, axis=2)
