"""Predict with ONNX Runtime: the same answers as torch's to rounding, about twice as fast on a processor."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ferfusion.bundle import bundle_of
from ferfusion.data.inputs import model_inputs, window_inputs
from ferfusion.errors import BundleError
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.extras import require


class OnnxPredictor:
    """Runs the file that `ferfusion export` wrote."""

    def __init__(self, path: Path) -> None:
        """Load the network on all processors; its threads do not spin while they wait, which others may use.

        Raises:
            BundleError: there is no such file, or it is not an exported bundle.
            MissingExtraError: onnxruntime is not installed.
        """
        if not path.is_file():
            raise BundleError(f"There is no file {path}; `ferfusion export` writes one from a bundle")
        runtime: Any = require("onnxruntime", extra="onnx")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except runtime.capi.onnxruntime_pybind11_state.InvalidProtobuf as error:
            raise BundleError(f"{path} is damaged, or is no ONNX file; export it again") from error
        metadata = self._session.get_modelmeta().custom_metadata_map
        bundle = bundle_of(path, metadata, {})
        self.name = "/".join(path.parts[-2:])
        self.labels, self.recipe = bundle.labels, bundle.recipe
        self.calibration = Calibration.of(bundle.metrics)
        self.window, self.frame_step = bundle.model_config.window, bundle.model_config.frame_step
        self._encoding = bundle.model_config.flow_encoding

    def predict(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]],
        windows_bkhwc: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.float32]:
        """Return probabilities (B, C)."""
        spatial, flow = model_inputs(crops_bhwc, flow_b2hw, flow_encoding=self._encoding)
        given = {"spatial": spatial, "flow": flow}
        if windows_bkhwc is not None:
            given["frames"] = window_inputs(windows_bkhwc)
        arrays = {name: np.ascontiguousarray(tensor.numpy()) for name, tensor in given.items()}
        [logits] = self._session.run(None, arrays)
        return np.asarray(softmax(logits / self.calibration.temperature, axis=1), np.float32)
