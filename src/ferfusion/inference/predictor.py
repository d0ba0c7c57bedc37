"""A trained model that answers: crops and flows in, class probabilities out."""

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from ferfusion.bundle import Bundle, load_bundle
from ferfusion.data.inputs import model_inputs, window_inputs
from ferfusion.explain.drawing import Seen
from ferfusion.explain.explainer import Explainer, Explanation
from ferfusion.explain.pairs import images_of
from ferfusion.inference.onnx import OnnxPredictor
from ferfusion.labels import LabelSet
from ferfusion.prepare.recipe import PrepareRecipe
from ferfusion.training.calibration import Calibration

SHIPPED = Path(str(files("ferfusion") / "shipped" / "faces.safetensors"))
"""The bundle that comes with the package, made by ``examples/ship.py``."""
SHIPPED_NAME = "faces, which comes with ferfusion (model card: docs/model-card.md)"


class Predictor(Protocol):
    """Gives class probabilities for prepared faces.

    ``window`` is the number of crops that it looks back at, its own included, ``frame_step`` frames apart;
    0 if it looks at none but its own. ``calibration`` says what its probabilities are worth; its temperature
    is in them already. ``name`` tells a reader of the results which model it was.
    """

    name: str
    labels: LabelSet
    recipe: PrepareRecipe
    calibration: Calibration
    window: int
    frame_step: int

    def predict(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]],
        windows_bkhwc: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.float32]:
        """Return probabilities (B, C).

        Args:
            crops_bhwc: Face crops (B, S, S, 3).
            flow_b2hw: Their flows (B, 2, S, S) in crop pixels.
            windows_bkhwc: The crops of their windows, oldest first (B, window, S, S, 3), if it looks at some.
        """


class TorchPredictor:
    """Runs a bundle's model with torch."""

    def __init__(self, bundle: Bundle, *, name: str = "") -> None:
        self.name = name
        self.labels, self.recipe = bundle.labels, bundle.recipe
        self.calibration = Calibration.of(bundle.metrics)
        self._encoding = bundle.model_config.flow_encoding
        self.window, self.frame_step = bundle.model_config.window, bundle.model_config.frame_step
        self._model = bundle.build_model()
        self._description = replace(bundle, weights={})  # the model has its own

    @torch.inference_mode()
    def predict(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]],
        windows_bkhwc: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.float32]:
        """Return probabilities (B, C)."""
        spatial, flow = model_inputs(crops_bhwc, flow_b2hw, flow_encoding=self._encoding)
        frames = None if windows_bkhwc is None else window_inputs(windows_bkhwc)
        logits = self._model(spatial, flow, frames) / self.calibration.temperature
        probabilities: NDArray[np.float32] = logits.softmax(dim=1).numpy()
        return probabilities

    def explain(self, seen: Sequence[Seen]) -> list[Explanation]:
        """Return why the model answers what it answers for faces that it is shown."""
        explainer = Explainer(self._description, temperature=self.calibration.temperature, model=self._model)
        return explainer.explain(images_of(explainer, seen))


def load_predictor(path: Path | None = None) -> Predictor:
    """Load the model of a bundle, or of the ONNX file that was exported from one; by default the shipped one.

    Raises:
        BundleError: the file is missing, damaged or no bundle.
        MissingExtraError: it is an ONNX file, and onnxruntime is not installed.
    """
    if path is None:
        return TorchPredictor(load_bundle(SHIPPED), name=SHIPPED_NAME)
    if path.suffix == ".onnx":
        return OnnxPredictor(path)
    return TorchPredictor(load_bundle(path), name="/".join(path.parts[-2:]))
