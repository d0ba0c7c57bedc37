"""Find faces with the cascades that come with OpenCV."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import ConfigError
from ferfusion.faces.detection import Detection, without_overlaps


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
        self, luma: NDArray[np.uint8], *, min_side_px: float, max_side_px: float = np.inf, quick: bool = False
    ) -> list[Detection]:
        """Return the faces of ``luma`` (H, W), surest first; the score is the cascade's last stage sum.

        A quick search goes in coarser steps of size.
        """
        least = max(20, int(min_side_px))
        most = round(min(max_side_px, max(luma.shape)))
        for cascade in self._cascades:
            boxes, _, weights = cascade.detectMultiScale3(
                luma,
                scaleFactor=1.2 if quick else 1.1,
                minNeighbors=3 if quick else 4,
                minSize=(least, least),
                maxSize=(most, most),
                outputRejectLevels=True,
            )
            if len(boxes):
                return without_overlaps(
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
