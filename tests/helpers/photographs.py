"""Photographs with known faces, and their predictions."""

from pathlib import Path

import numpy as np
from PIL import Image

from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.inference.predict_video import predict_footage
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.footage import image_in_memory
from helpers.predictors import BrightnessPredictor

WHOLE_IMAGE = PrepareRecipe(detector="none", size=16)


def whole_image_predictor(*, abstain_below: float = 0.0) -> BrightnessPredictor:
    """A predictor for which each photograph is a face."""
    return BrightnessPredictor(
        recipe=WHOLE_IMAGE, calibration=Calibration(abstain_below_pair=abstain_below), streams=("spatial",)
    )


def grey(level: int, *, height: int = 60, width: int = 60) -> np.ndarray:
    """An image (H, W, 3) of one grey level."""
    return np.full((height, width, 3), level, np.uint8)


def write_photograph(path: Path, image: np.ndarray, *, orientation: int = 1) -> Path:
    """Write an image with an orientation of EXIF."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(image).save(path, exif=exif)
    return path


def predicted(image: np.ndarray, *, name: str = "photo.jpg", abstain_below: float = 0.0) -> VideoPrediction:
    """The prediction of an image that is a face."""
    footage = image_in_memory(image, name=name)
    return predict_footage(footage, whole_image_predictor(abstain_below=abstain_below))
