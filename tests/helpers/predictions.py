"""A prediction made by hand."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ferfusion.bundle import BundleInfo
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.inference.timeline import Span
from ferfusion.label_set import LabelSet
from ferfusion.preparation.recipe import PrepareRecipe


def prediction_of(
    table: pd.DataFrame,
    smoothed: np.ndarray,
    *,
    labels: LabelSet,
    spans: Mapping[int, list[Span]],
) -> VideoPrediction:
    """Return the prediction with these rows, smoothed probabilities (rows, classes) and spans."""
    return VideoPrediction(
        video="a.mp4",
        model="m",
        info=BundleInfo(labels, PrepareRecipe(), Calibration()),
        recipe=PredictRecipe(),
        table=table,
        smoothed=smoothed,
        verdicts=[],
        spans=dict(spans),
        apex_frames={},
        statement="",
    )
