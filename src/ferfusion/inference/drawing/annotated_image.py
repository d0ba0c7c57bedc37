"""The annotated photograph: the same boxes, names and bars as in the annotated video, as a JPEG file."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.files import write_bytes
from ferfusion.inference.drawing.annotated_video import PredictionsByFrame
from ferfusion.inference.drawing.overlay import Overlay
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.reporting.colours import RgbImage

_LEAST_WIDTH_PX = 400
"""A narrower photograph is enlarged, so that the bars beside the names of the classes have room."""
_QUALITY = 92


def write_annotated_image(path: Path, image: RgbImage, prediction: VideoPrediction) -> None:
    """Write the annotated photograph, whole or not at all.

    A JPEG file, as most photographs are: a PNG file would be about eight times as large, and show the same.

    Args:
        path: The file to write.
        image: The upright photograph (H, W, 3).
        prediction: Its prediction.
    """
    drawn = draw_photograph(image, prediction)
    red = drawn[..., 0].copy()  # swapped in place, because a second large image takes 200 MB
    drawn[..., 0] = drawn[..., 2]
    drawn[..., 2] = red
    write_bytes(path, _encoded(drawn, quality=_QUALITY))


def draw_photograph(image: RgbImage, prediction: VideoPrediction) -> RgbImage:
    """Return the photograph with its faces, and a strip of bars below it."""
    factor = max(1.0, _LEAST_WIDTH_PX / image.shape[1])
    if factor > 1:
        image = np.asarray(
            cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.uint8
        )
    table = prediction.table.assign(**{key: prediction.table[key] * factor for key in "xywh"})
    faces, status = PredictionsByFrame(table, prediction.smoothed).at(0)
    overlay = Overlay(width=image.shape[1], height=image.shape[0], labels=prediction.info.labels)
    return overlay.draw(image, faces, status=status.replace("_", " "))


def jpeg_bytes(image: RgbImage, *, quality: int) -> bytes:
    """Return an image (H, W, 3) as a JPEG file; its colours keep the full resolution, for thin lines."""
    return _encoded(np.ascontiguousarray(image[..., ::-1]), quality=quality)


def _encoded(image_bgr: NDArray[np.uint8], *, quality: int) -> bytes:
    options = (
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    )
    _, jpeg = cv2.imencode(".jpg", image_bgr, options)
    return jpeg.tobytes()
