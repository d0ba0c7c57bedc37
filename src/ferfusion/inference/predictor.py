"""A trained model that answers: crops and flows in, class probabilities out."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from ferfusion.bundle import Bundle, load_bundle
from ferfusion.data.inputs import model_inputs
from ferfusion.labels import LabelSet
from ferfusion.prepare.recipe import PrepareRecipe


class Predictor(Protocol):
    """Gives class probabilities for prepared faces."""

    labels: LabelSet
    recipe: PrepareRecipe

    def predict(
        self, crops_bhwc: NDArray[np.uint8], flow_b2hw: NDArray[np.floating[Any]]
    ) -> NDArray[np.float32]:
        """Return probabilities (B, C) of face crops (B, S, S, 3) and flows (B, 2, S, S) in crop pixels."""


class TorchPredictor:
    """Runs a bundle's model with torch."""

    def __init__(self, bundle: Bundle) -> None:
        self.labels, self.recipe = bundle.labels, bundle.recipe
        self._encoding = bundle.model_config.flow_encoding
        self._model = bundle.build_model()

    @torch.inference_mode()
    def predict(
        self, crops_bhwc: NDArray[np.uint8], flow_b2hw: NDArray[np.floating[Any]]
    ) -> NDArray[np.float32]:
        """Return probabilities (B, C)."""
        spatial, flow = model_inputs(crops_bhwc, flow_b2hw, flow_encoding=self._encoding)
        probabilities: NDArray[np.float32] = self._model(spatial, flow).softmax(dim=1).numpy()
        return probabilities


def load_predictor(path: Path) -> TorchPredictor:
    """Load the model of a bundle file.

    Raises:
        BundleError: the file is missing, damaged or no bundle.
    """
    return TorchPredictor(load_bundle(path))
