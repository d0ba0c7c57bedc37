"""Predict with a network of others, which `ferfusion import-onnx` took in."""

from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ferfusion.bundle import check_answers
from ferfusion.data.inputs import Windows
from ferfusion.engines import rehearse
from ferfusion.exchange.foreign_model import ForeignModel, foreign_model_of
from ferfusion.exchange.foreign_session import ForeignSession, trial_memory, try_foreign
from ferfusion.exchange.onnx_session import OnnxGraph


class ForeignPredictor:
    """Runs an imported network with ONNX Runtime; it reads single crops.

    The file is run once in a process of its own, with limits of time and memory, before this process runs it.

    Args:
        graph: The checked graph of the file, with the metadata that the import wrote.

    Raises:
        BundleError: the file is damaged.
        MissingExtraError: onnxruntime is not installed.
    """

    explain: None = None
    """ONNX Runtime gives no gradients."""

    def __init__(self, graph: OnnxGraph) -> None:
        model = foreign_model_of(graph.path, graph.metadata)
        trial = partial(try_foreign, network=model.network, size=model.info.prepare_recipe.size)
        rehearse(trial, graph.path, memory_bytes=trial_memory(graph))
        self._run(graph, model)

    @classmethod
    def tried(cls, graph: OnnxGraph, model: ForeignModel) -> Self:
        """Return the predictor of a graph that was already run in a process of its own, by the import."""
        predictor = cls.__new__(cls)
        predictor._run(graph, model)
        return predictor

    def _run(self, graph: OnnxGraph, model: ForeignModel) -> None:
        self.name = "/".join(graph.path.parts[-2:])
        self.info = model.info
        self._network = model.network
        self._session = ForeignSession(graph, model.network)

    def predict(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]] | None,
        windows: Windows | None = None,
    ) -> NDArray[np.float32]:
        """Return probabilities (B, C)."""
        del flow_b2hw, windows
        numbers = self._session.numbers(self._network.images(crops_bhwc))
        check_answers(numbers)
        return self._network.probabilities(numbers, temperature=self.info.calibration.temperature)
