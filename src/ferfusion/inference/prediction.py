"""What was read out of a video, as one value."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.inference.apex_frames import Moment
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.inference.timeline import Span
from ferfusion.inference.verdict import FaceVerdict
from ferfusion.labels import LabelSet


@dataclass(frozen=True)
class VideoPrediction:
    """What was read out of a video.

    Attributes:
        video: Name of the video file.
        model: Name of the model that read it.
        labels: Classes of the table.
        recipe: How it was read.
        calibration: What the model's probabilities are worth, and below which it abstains.
        table: The frame table: a row for every frame that was read and face in it.
        smoothed: Smoothed class probabilities of its rows, (rows, C); nan where a row has no face.
        verdicts: One verdict for each face; empty where no face was found.
        spans: The timeline of each face, as stretches of one smoothed expression.
        moments: The most certain readings of each face.
        statement: The verdicts, or why there is none, in words.
        folder: Where its files are (frames.csv, verdict.json, annotated.mp4, report.html), once written.
    """

    video: str
    model: str
    labels: LabelSet
    recipe: PredictRecipe
    calibration: Calibration
    table: pd.DataFrame
    smoothed: NDArray[np.float32]
    verdicts: list[FaceVerdict]
    spans: dict[int, list[Span]]
    moments: dict[int, list[Moment]]
    statement: str
    folder: Path | None = None
