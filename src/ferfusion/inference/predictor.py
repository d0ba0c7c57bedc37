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
from ferfusion.compute import torch_device
from ferfusion.data.inputs import FaceInput, model_inputs, window_inputs
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.explanation.explainer import Explainer, Explanation
from ferfusion.explanation.pairs import images_of
from ferfusion.inference.onnx_predictor import OnnxPredictor
from ferfusion.labels import LabelSet
from ferfusion.lookup import choose
from ferfusion.preparation.recipe import PrepareRecipe

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
    """Runs a bundle's model with torch.

    Args:
        bundle: The trained model.
        name: Tells a reader of the results which model it was.
        device: Where it runs: auto, cpu, cuda or mps.

    Raises:
        ConfigError: the device does not start.
    """

    def __init__(self, bundle: Bundle, *, name: str = "", device: str = "cpu") -> None:
        self.name = name
        self.device = torch_device(device)
        self.labels, self.recipe = bundle.labels, bundle.recipe
        self.calibration = Calibration.of(bundle.metrics)
        self._encoding = bundle.model_config.flow_encoding
        self.window, self.frame_step = bundle.model_config.window, bundle.model_config.frame_step
        self._model = bundle.build_model().to(self.device)
        self._description = replace(bundle, weights={})  # the model has its own

    @torch.inference_mode()
    def predict(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]],
        windows_bkhwc: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.float32]:
        """Return probabilities (B, C)."""
        images = [*model_inputs(crops_bhwc, flow_b2hw, flow_encoding=self._encoding)]
        if windows_bkhwc is not None:
            images.append(window_inputs(windows_bkhwc))
        logits = self._model(*(image.to(self.device) for image in images)) / self.calibration.temperature
        probabilities: NDArray[np.float32] = logits.softmax(dim=1).cpu().numpy()
        return probabilities

    def explain(self, seen: Sequence[FaceInput]) -> list[Explanation]:
        """Return why the model answers what it answers for faces that it is shown."""
        explainer = Explainer(self._description, temperature=self.calibration.temperature, model=self._model)
        return explainer.explain(images_of(explainer, seen))


def load_predictor(path: Path | None = None, *, device: str = "auto") -> Predictor:
    """Load the model of a run folder, of a bundle, or of the ONNX file that was exported from one.

    Args:
        path: Run folder or file; by default the bundle that comes with the package.
        device: Where it runs: auto, cpu, cuda or mps. ONNX files run on the processor.

    Raises:
        BundleError: the file is missing, damaged or no bundle.
        ConfigError: the device does not start.
        MissingExtraError: it is an ONNX file, and onnxruntime is not installed.
    """
    if path is None:
        return TorchPredictor(load_bundle(SHIPPED), name=SHIPPED_NAME, device=device)
    if path.suffix == ".onnx":
        choose(dict.fromkeys(("auto", "cpu")), device, what="device of an ONNX file")
        return OnnxPredictor(path)
    path = bundle_file(path)
    return TorchPredictor(load_bundle(path), name="/".join(path.parts[-2:]), device=device)


def bundle_file(path: Path) -> Path:
    """Return the bundle of a run folder, or the file that was named itself."""
    return path / "bundle.safetensors" if path.is_dir() else path
