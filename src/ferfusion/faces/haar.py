"""The detector ``haar``: the cascades that come with OpenCV."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import ConfigError
from ferfusion.faces.boxes import iou
from ferfusion.faces.detector import Detection, non_maximum_suppression

_STEP, _NEIGHBOURS = 1.1, 4
_COARSE_STEP, _COARSE_NEIGHBOURS = 1.2, 2
"""The same for a search without a greatest width, in two thirds of the time. On 120 faces in collages it
detects 94 %, and 95 % with the fine step; on 52 faces in group photographs, both detect 73 %."""
_SAME_FACE_IOU = 0.5


class HaarDetector:
    """Two of OpenCV's frontal face cascades; the second is run only where the first detects nothing.

    Source: Viola & Jones 2001; the cascade files come with OpenCV.
    """

    cascades = ("haarcascade_frontalface_default.xml", "haarcascade_frontalface_alt2.xml")
    min_score = 1.0
    searched_face_px = 24.0
    border_px = 12
    reduced_face_px = 80.0
    quick_reduced_face_px = 34.56

    def __init__(self) -> None:
        self._cascades = [_load_cascade(name) for name in self.cascades]

    def detect(
        self, luma: NDArray[np.uint8], *, min_side_px: float, max_side_px: float = np.inf, quick: bool = False
    ) -> list[Detection]:
        """Return the faces of ``luma`` (H, W), highest score first; the score is the last stage sum.

        A quick search returns mean boxes in fractions of a pixel. A search without a greatest width takes
        coarser steps from one size to the next.
        """
        step, neighbours = (
            (_STEP, _NEIGHBOURS) if max_side_px < np.inf else (_COARSE_STEP, _COARSE_NEIGHBOURS)
        )
        smallest = max(20, int(min_side_px))
        largest = round(min(max_side_px, max(luma.shape)))
        for cascade in self._cascades:
            boxes, _, weights = cascade.detectMultiScale3(
                luma,
                scaleFactor=step,
                minNeighbors=0 if quick else neighbours,
                minSize=(smallest, smallest),
                maxSize=(largest, largest),
                outputRejectLevels=True,
            )
            if len(boxes) == 0:
                continue
            detections = [
                Detection(np.asarray(box, np.float64), float(weight))
                for box, weight in zip(boxes, np.ravel(weights), strict=True)
            ]
            if quick:
                detections = _mean_detections(detections)
            if detections:
                return non_maximum_suppression(detections)
        return []


def _mean_detections(windows: list[Detection]) -> list[Detection]:
    """Return the mean box of every group of more than three similar windows, with the group's highest score.

    OpenCV forms the groups. It rounds means to whole numbers, so coordinates are in sixteenths of a pixel.
    """
    sixteenths = [(16 * each.box).astype(int).tolist() for each in windows]
    groups, _ = cv2.groupRectangles(sixteenths, groupThreshold=3, eps=0.2)
    boxes = [np.asarray(group, np.float64) / 16 for group in groups]
    return [
        Detection(box, max(each.score for each in windows if iou(each.box, box) > _SAME_FACE_IOU))
        for box in boxes
    ]


def _load_cascade(name: str) -> cv2.CascadeClassifier:
    path = Path(cv2.data.haarcascades) / name  # type: ignore[attr-defined]
    cascade = cv2.CascadeClassifier(str(path))
    if cascade.empty():
        raise ConfigError(
            f"OpenCV has no cascade file {path}; install opencv-contrib-python-headless below version 5"
        )
    return cascade
