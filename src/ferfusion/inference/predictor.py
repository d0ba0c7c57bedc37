"""Predictors: crops and flows in, class probabilities out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from ferfusion.bundle import Bundle, BundleInfo, check_answers, load_bundle
from ferfusion.compute import full_precision, torch_device
from ferfusion.data.inputs import FaceInput, Windows
from ferfusion.evaluation.run_folder import RunFolder
from ferfusion.explanation.explainer import Explainer, Explanation
from ferfusion.explanation.pairs import images_of
from ferfusion.explanation.recipe import DEFAULT_METHOD
from ferfusion.faces.official_model import OFFICIAL_MODELS
from ferfusion.inference.network_inputs import network_inputs
from ferfusion.lookup import choose
from ferfusion.models.hybrid import Hybrid

SHIPPED = Path(str(files("ferfusion") / "shipped" / "faces.safetensors"))
"""The bundle that comes with the package, made by ``examples/ship.py``."""
SHIPPED_NAME = "faces, which comes with ferfusion (model card: docs/model-card.md)"
_BATCH_ROWS = 256
Explain = Callable[[Sequence[FaceInput]], Sequence[Explanation]]
"""Returns the explanation of the model's top class for each face."""


class Predictor(Protocol):
    """Predicts class probabilities of prepared faces.

    ``name`` tells the reader of a result which model made it. The temperature of ``info.calibration`` is
    already in the probabilities.
    """

    name: str
    info: BundleInfo

    def predict(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]] | None,
        windows: Windows | None = None,
    ) -> NDArray[np.float32]:
        """Return probabilities (B, C).

        Args:
            crops_bhwc: Face crops (B, S, S, 3).
            flow_b2hw: Their flows (B, 2, S, S) in crop pixels; None for a model that reads no flow.
            windows: Their windows of crops, oldest first (B, window, S, S, 3), or of action curves
                (B, window, CURVE_COLUMNS), for a model with windows.
        """

    @property
    def explain(self) -> Explain | None:
        """Explains predictions; None if the runtime cannot."""


@runtime_checkable
class VideoPredictor(Protocol):
    """Predicts whole videos: a predictor whose predictions of single pairs are not the model's result."""

    def predict_video(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]],
        segment_of_pair: NDArray[np.int64],
    ) -> NDArray[np.float32]:
        """Return the probabilities (C,) of one video.

        Args:
            crops_bhwc: The face crops of all its pairs (B, S, S, 3).
            flow_b2hw: Their flows (B, 2, S, S) in crop pixels.
            segment_of_pair: The segment of each pair, numbered from 0 (B,).
        """


class TorchPredictor:
    """Runs a bundle's model with torch.

    Args:
        bundle: The trained model.
        name: Tells the reader of a result which model made it.
        device: Device of the model: auto, cpu, cuda or mps.

    Raises:
        ConfigError: the device does not start.
        BundleError: the weights do not fit the model config.
    """

    def __init__(self, bundle: Bundle, *, name: str = "", device: str = "cpu") -> None:
        self.name = name
        self.info = bundle.info
        self.device = torch_device(device)
        self._model = bundle.build_model().to(self.device)
        self.description = replace(bundle, weights={})  # the model has its own

    @torch.inference_mode()
    def predict(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]] | None,
        windows: Windows | None = None,
    ) -> NDArray[np.float32]:
        """Return probabilities (B, C)."""
        images = network_inputs(self.info, crops_bhwc, flow_b2hw, windows)
        with full_precision(self.device):
            logits = self._model(*(image.to(self.device) for image in images))
        scaled = logits / self.info.calibration.temperature
        probabilities: NDArray[np.float32] = scaled.softmax(dim=1).cpu().numpy()
        check_answers(probabilities)
        return probabilities

    def explainer(self, method: str = DEFAULT_METHOD) -> Explainer:
        """Return an explainer of this model, with the temperature of its predictions.

        Args:
            method: Method of the maps, a name of ``CAM_METHODS``.
        """
        temperature = self.info.calibration.temperature
        return Explainer(self.description, method=method, temperature=temperature, model=self._model)

    def explain(self, face_inputs: Sequence[FaceInput]) -> list[Explanation]:
        """Return the explanation of the model's top class for each face."""
        explainer = self.explainer()
        return explainer.explain(images_of(explainer, face_inputs))


class TorchVideoPredictor(TorchPredictor):
    """Runs a model that predicts whole videos; a single pair is a video of its own to it."""

    @torch.inference_mode()
    def predict_video(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]],
        segment_of_pair: NDArray[np.int64],
    ) -> NDArray[np.float32]:
        """Return the probabilities (C,) of one video."""
        assert isinstance(self._model, Hybrid)
        with full_precision(self.device):
            embeddings = [
                self._model.embed(
                    *(image.to(self.device) for image in network_inputs(self.info, crops, flow))
                )
                for crops, flow in zip(_batches(crops_bhwc), _batches(flow_b2hw), strict=True)
            ]
        segments = torch.from_numpy(segment_of_pair).to(self.device)
        logits = self._model.classify_video(torch.cat(embeddings), segments)
        probabilities: NDArray[np.float32] = (
            (logits / self.info.calibration.temperature).softmax(dim=0).cpu().numpy()
        )
        check_answers(probabilities)
        return probabilities


def _batches(rows: NDArray[Any]) -> Iterator[NDArray[Any]]:
    yield from (rows[start : start + _BATCH_ROWS] for start in range(0, len(rows), _BATCH_ROWS))


def torch_predictor(bundle: Bundle, *, name: str = "", device: str = "cpu") -> TorchPredictor:
    """Return the predictor of a bundle; it is a ``VideoPredictor`` if the model predicts whole videos."""
    kind = TorchVideoPredictor if bundle.model_config.kind.predicts == "video" else TorchPredictor
    return kind(bundle, name=name, device=device)


def _with_best_detector(bundle: Bundle) -> Bundle:
    """Return the shipped bundle with YuNet as its detector, if ``ferfusion fetch yunet`` has brought it.

    The model learned from photographs that were cropped already, so no detector is bound to it.
    """
    yunet = OFFICIAL_MODELS["yunet"]
    if not yunet.is_cached:
        return bundle
    recipe = replace(bundle.prepare_recipe, detector="yunet", detector_sha256=yunet.sha256)
    return replace(bundle, prepare_recipe=recipe)


def load_predictor(path: Path | None = None, *, device: str = "auto") -> Predictor:
    """Load the model of a run folder, of a bundle, or of an exported or imported ONNX file.

    Args:
        path: Run folder or file; without it, the bundle that comes with the package.
        device: Device of the model: auto, cpu, cuda or mps. ONNX files run on the processor.

    Raises:
        BundleError: the file is missing, is damaged or is not a bundle.
        ConfigError: the device does not start.
        MissingExtraError: the file is an ONNX file, and onnxruntime is not installed.
    """
    if path is None:
        return torch_predictor(_with_best_detector(load_bundle(SHIPPED)), name=SHIPPED_NAME, device=device)
    if path.suffix == ".onnx":
        choose(dict.fromkeys(("auto", "cpu")), device, what="device of an ONNX file")
        return _onnx_predictor(path)
    path = bundle_file(path)
    return torch_predictor(load_bundle(path), name="/".join(path.parts[-2:]), device=device)


def _onnx_predictor(path: Path) -> Predictor:
    from ferfusion.exchange.foreign_model import is_foreign  # noqa: PLC0415 slow, and only ONNX files need it
    from ferfusion.exchange.onnx_session import read_graph  # noqa: PLC0415
    from ferfusion.inference.foreign_predictor import ForeignPredictor  # noqa: PLC0415
    from ferfusion.inference.onnx_predictor import OnnxPredictor  # noqa: PLC0415

    graph = read_graph(path)
    return ForeignPredictor(graph) if is_foreign(graph.metadata) else OnnxPredictor(graph)


def bundle_file(path: Path) -> Path:
    """Return the bundle file of a run folder; the path of a file is returned unchanged."""
    return RunFolder(path).bundle_file if path.is_dir() else path
