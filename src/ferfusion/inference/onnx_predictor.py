"""Predict with ONNX Runtime: torch's probabilities up to rounding, about twice as fast on a processor."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ferfusion.bundle import bundle_of
from ferfusion.errors import BundleError
from ferfusion.extras import require
from ferfusion.inference.network_inputs import network_inputs

_INPUTS = ("spatial", "flow", "frames")


class OnnxPredictor:
    """Runs the ONNX file that `ferfusion export` writes.

    It uses all processors. Its threads do not spin while they wait, so that other work can use the
    processors.

    Args:
        path: The file.

    Raises:
        BundleError: the file is missing, is damaged or is not an exported bundle.
        MissingExtraError: onnxruntime is not installed.
    """

    explain: None = None
    """ONNX Runtime gives no gradients."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise BundleError(f"There is no file {path}; `ferfusion export` writes one from a bundle")
        runtime: Any = require("onnxruntime", extra="onnx")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except runtime.capi.onnxruntime_pybind11_state.InvalidProtobuf as error:
            raise BundleError(f"{path} is damaged or is not an ONNX file; export it again") from error
        metadata = self._session.get_modelmeta().custom_metadata_map
        self.name = "/".join(path.parts[-2:])
        self.info = bundle_of(path, metadata).info

    def predict(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]] | None,
        windows_bkhwc: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.float32]:
        """Return probabilities (B, C)."""
        images = network_inputs(self.info, crops_bhwc, flow_b2hw, windows_bkhwc)
        arrays = {
            name: np.ascontiguousarray(image.numpy())
            for name, image in zip(_INPUTS, images, strict=False)  # a model without windows has two inputs
        }
        [logits] = self._session.run(None, arrays)
        return np.asarray(softmax(logits / self.info.calibration.temperature, axis=1), np.float32)
