"""The detector ``yunet``, a small network; the user names its model file."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import ConfigError
from ferfusion.faces.boxes import grow_to_square
from ferfusion.faces.detector import Detection, grey_image
from ferfusion.faces.model_file import named_model

_SCORE, _OVERLAP, _MAX_DETECTIONS = 0.5, 0.3, 200
_MIN_SIDE_PX = 64


class YuNetDetector:
    """YuNet, a network of 76 thousand weights, run by OpenCV; a box is the square around the network's box.

    Source: Wu, Peng & Yu 2023, "YuNet: A Tiny Millisecond-level Face Detector".

    Args:
        model: The model file (ONNX); by default, the one that the environment variable names.

    Raises:
        ConfigError: there is no such file, or it is no YuNet model.
    """

    min_score = 0.7
    searched_face_px = 30.0
    border_px = 24
    reduced_face_px = quick_reduced_face_px = 64.0

    def __init__(self, model: Path | None = None) -> None:
        path = model or named_model()
        content = np.frombuffer(path.read_bytes(), np.uint8)
        no_config = np.zeros(0, np.uint8)
        try:
            self._network = cv2.FaceDetectorYN.create(
                "onnx", content, no_config, (32, 32), _SCORE, _OVERLAP, _MAX_DETECTIONS
            )
            self._network.detect(np.zeros((32, 32, 3), np.uint8))
        except cv2.error as error:
            raise ConfigError(f"{path} is no YuNet model that OpenCV {cv2.__version__} can run") from error

    def detect(
        self, luma: NDArray[np.uint8], *, min_side_px: float, max_side_px: float = np.inf, quick: bool = False
    ) -> list[Detection]:
        """Return the faces of ``luma`` (H, W), highest score first; the score is from 0 to 1."""
        height, width = luma.shape
        # in a smaller image, OpenCV reads memory that was never written
        below, beside = max(_MIN_SIDE_PX - height, 0), max(_MIN_SIDE_PX - width, 0)
        image = cv2.copyMakeBorder(grey_image(luma), 0, below, 0, beside, cv2.BORDER_REPLICATE)
        self._network.setInputSize((width + beside, height + below))
        _, rows = self._network.detect(image)
        detections = [] if rows is None else [_detection(row) for row in rows if np.isfinite(row).all()]
        fitting = [each for each in detections if min_side_px <= each.box[2] <= max_side_px]
        return sorted(fitting, key=lambda each: -each.score)


def _detection(row: NDArray[np.float32]) -> Detection:
    """Read one face: x, y, width, height, five landmarks, score."""
    return Detection(grow_to_square(row[:4].astype(np.float64), margin=0), float(row[-1]))
