"""What a face detector is and gives; the table of detectors is in ``detectors``."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ferfusion.faces.boxes import Box, iou


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
        quick_near_side_px: The same for a quick search; a face narrower than ``near_side_px`` is left as is.
    """

    min_score: float
    near_side_px: float
    quick_near_side_px: float

    def detect(
        self, luma: NDArray[np.uint8], *, min_side_px: float, max_side_px: float = np.inf, quick: bool = False
    ) -> list[Detection]:
        """Return the faces of ``luma`` (H, W) whose width is in the range, best first.

        A quick search may go in coarser steps; what it misses is searched again without.
        """


def without_overlaps(found: list[Detection]) -> list[Detection]:
    """Keep the surest of every set of boxes that overlap by more than a third."""
    kept: list[Detection] = []
    for detection in sorted(found, key=lambda each: -each.score):
        if all(iou(detection.box, other.box) < 1 / 3 for other in kept):
            kept.append(detection)
    return kept


def grey_picture(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return limited-range luma (H, W) as a full-range grey picture (H, W, 3), as networks know pictures."""
    levels = np.clip((np.arange(256) - 16) * 255 / 219 + 0.5, 0, 255).astype(np.uint8)
    return np.repeat(levels[luma][..., None], 3, axis=2)
