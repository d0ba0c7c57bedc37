"""A predictor that is not a network: its probabilities can be computed by hand."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferfusion.bundle import BundleInfo
from ferfusion.data.inputs import Windows
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.inference.predictor import Explain
from ferfusion.label_set import SIX, LabelSet
from ferfusion.preparation.recipe import PrepareRecipe


class BrightnessPredictor:
    """The brighter the crop, the later the class; the mean flow to the right adds to the last class."""

    name = "brightness"
    explain: Explain | None = None

    def __init__(
        self,
        *,
        labels: LabelSet = SIX,
        recipe: PrepareRecipe | None = None,
        calibration: Calibration | None = None,
        window: int = 0,
        frame_step: int = 1,
        streams: tuple[str, ...] = ("spatial", "flow"),
    ) -> None:
        self.info = BundleInfo(
            labels=labels,
            prepare_recipe=recipe or PrepareRecipe(),
            calibration=calibration or Calibration(),
            window=window,
            frame_step=frame_step,
            streams=streams,
        )
        self.batches: list[int] = []

    def predict(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]] | None,
        windows: Windows | None = None,
    ) -> NDArray[np.float32]:
        classes = len(self.info.labels)
        self.batches.append(len(crops_bhwc))
        place = crops_bhwc.mean(axis=(1, 2, 3), dtype=float) / 255 * (classes - 1)
        scores = -abs(place[:, None] - np.arange(classes))
        if flow_b2hw is not None:
            scores[:, -1] += flow_b2hw[:, 0].mean(axis=(1, 2), dtype=float)
        weights = np.exp(scores)
        return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
