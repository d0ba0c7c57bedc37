"""Predict with ONNX Runtime: torch's probabilities up to rounding, about twice as fast on a processor."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferfusion.bundle import bundle_of, check_answers
from ferfusion.data.action_curves import CURVE_COLUMNS
from ferfusion.data.inputs import Windows
from ferfusion.engines import rehearse
from ferfusion.errors import BundleError
from ferfusion.exchange.onnx_session import INPUTS, OnnxGraph, OnnxSession, try_answer
from ferfusion.inference.network_inputs import network_inputs

_CALL_PIXELS, _MOST_IMAGES = 64 * 48 * 48, 64
"""Pixels and images of a call, at most. The trial of a file has as many, so no call takes more memory."""


class OnnxPredictor:
    """Runs the ONNX file that `ferfusion export` writes.

    The file is run once in a process of its own, with limits of time and memory, before this process runs it.

    Args:
        graph: The checked graph of the file.

    Raises:
        BundleError: the file is damaged or is not an exported bundle.
        MissingExtraError: onnxruntime is not installed.
    """

    explain: None = None
    """ONNX Runtime gives no gradients."""

    def __init__(self, graph: OnnxGraph) -> None:
        path = graph.path
        if "format" not in graph.metadata:
            raise BundleError(
                f"{path} is not a bundle; `ferfusion import-onnx` makes a bundle of a network of others"
            )
        self.name = "/".join(path.parts[-2:])
        self.info = bundle_of(path, graph.metadata).info
        self._inputs = INPUTS if self.info.window else INPUTS[:2]
        classes, side = len(self.info.labels), self.info.prepare_recipe.size
        self._call = call = min(max(2, _CALL_PIXELS // side**2), _MOST_IMAGES)
        image = (3, side, side)
        window = (self.info.window, *((CURVE_COLUMNS,) if self.info.reads_actions else image))
        shapes = {name: (call, *(window if name == "frames" else image)) for name in self._inputs}
        numbers = len(graph.content) + sum(4 * int(np.prod(shape)) for shape in shapes.values())
        rehearse(partial(try_answer, shapes=shapes, classes=classes), path, memory_bytes=2**30 + 4 * numbers)
        self._session = OnnxSession(graph, inputs=self._inputs, classes=classes)

    def predict(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]] | None,
        windows: Windows | None = None,
    ) -> NDArray[np.float32]:
        """Return probabilities (B, C)."""
        from scipy.special import softmax  # noqa: PLC0415 half a second, and only ONNX files need it

        images = network_inputs(self.info, crops_bhwc, flow_b2hw, windows)
        arrays = {
            name: np.ascontiguousarray(image.numpy())
            for name, image in zip(self._inputs, images, strict=True)
        }
        calls = range(0, len(crops_bhwc), self._call)
        logits = np.concatenate(
            [
                self._session.logits({name: each[at : at + self._call] for name, each in arrays.items()})
                for at in calls
            ]
        )
        with np.errstate(invalid="ignore", over="ignore"):  # check_answers reports it
            probabilities = softmax(logits / self.info.calibration.temperature, axis=1)
        check_answers(probabilities)
        return np.asarray(probabilities, np.float32)
