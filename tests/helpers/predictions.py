"""A prediction made by hand, for what only looks at it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.inference.timeline import Span
from ferfusion.labels import LabelSet


def prediction_of(
    table: pd.DataFrame,
    smoothed: np.ndarray,
    *,
    labels: LabelSet,
    spans: Mapping[int, Sequence[Span]],
) -> VideoPrediction:
    """Return the prediction with these rows, smoothed probabilities (rows, classes) and stretches of time."""
    return VideoPrediction(
        video="a.mp4",
        model="m",
        labels=labels,
        recipe=PredictRecipe(),
        calibration=Calibration(),
        table=table,
        smoothed=smoothed,
        verdicts=[],
        spans=dict(spans),
        moments={},
        statement="",
    )
