"""Run a network in ONNX Runtime: the graph is checked before the runtime sees it, its answers afterwards.

This module imports no torch, so that a new process can try a file quickly.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import BundleError, in_one_line
from ferfusion.extras import require

INPUTS = ("spatial", "flow", "frames")
OPERATORS = frozenset(
    "Abs Add AveragePool BatchNormalization Clip Concat Constant Conv DequantizeLinear Div Exp Expand "
    "Flatten Gather Gemm GlobalAveragePool Identity LSTM Log LogSoftmax MatMul Max MaxPool Min Mul Neg Pad "
    "Pow QuantizeLinear ReduceLogSumExp ReduceMax ReduceMean ReduceProd ReduceSum Relu Reshape Shape Sigmoid "
    "Slice Softmax Split Sqrt Squeeze Sub Sum Tanh Transpose Unsqueeze Where".split()
)
"""What exporters write for our networks. None repeats a part of the graph, and none makes a size of a value:
the time and the memory of an answer do not depend on the image."""
_MAX_BYTES = 2**30
_ADVICE = "export the bundle again"


@dataclass(frozen=True)
class OnnxGraph:
    """A checked graph.

    Attributes:
        path: Its file.
        content: The bytes of the file.
        metadata: What the exporter wrote beside the graph.
    """

    path: Path
    content: bytes
    metadata: Mapping[str, str]


def read_graph(path: Path) -> OnnxGraph:
    """Read a file and check its graph; nothing is run, and no other file is opened.

    Raises:
        BundleError: the file is missing or damaged, its weights lie in other files, or it has an operator
            that an exported bundle has not.
        MissingExtraError: onnx is not installed.
    """
    if not path.is_file():
        raise BundleError(f"There is no file {path}; `ferfusion export` writes one from a bundle")
    onnx: Any = require("onnx", extra="onnx")
    message: Any = require("google.protobuf.message", extra="onnx")
    if path.stat().st_size > _MAX_BYTES:
        raise BundleError(f"{path} has {path.stat().st_size:,} bytes, at most {_MAX_BYTES:,} are read")
    content = path.read_bytes()
    try:
        model = onnx.ModelProto.FromString(content)
    except message.DecodeError as error:
        raise BundleError(f"{path} is damaged or is not an ONNX file; {_ADVICE}") from error
    nodes = model.graph.node
    texts = [text for entry in model.metadata_props for text in (entry.key, entry.value)]
    texts += [text for node in nodes for text in (node.op_type, node.domain)]
    if not all(isinstance(text, str) for text in texts):  # text that is not UTF-8 is bytes
        raise BundleError(f"{path} is damaged: it has text that is not UTF-8; {_ADVICE}")
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    if len(metadata) != len(model.metadata_props):
        raise BundleError(f"{path} has an entry of its metadata twice; {_ADVICE}")
    if len(model.functions):
        raise BundleError(f"{path} has functions of its own, which no exported bundle has; {_ADVICE}")
    for node in nodes:
        if node.op_type not in OPERATORS or node.domain not in ("", "ai.onnx"):
            name = ".".join(part for part in (node.domain, node.op_type) if part)
            raise BundleError(
                f"{path} has the operator {name!r:.80}, which no exported bundle has; {_ADVICE}"
            )
    if any(tensor.external_data or tensor.data_location for tensor in _tensors(model.graph)):
        raise BundleError(f"{path} has its weights in other files, which are not opened; {_ADVICE}")
    return OnnxGraph(path, content, metadata)


def _tensors(graph: Any) -> Iterator[Any]:
    """Yield the tensors of a graph: its weights, and those in the attributes of its nodes."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for attribute in (attribute for node in graph.node for attribute in node.attribute):
        yield attribute.t
        yield from attribute.tensors
        for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
            yield from (sparse.values, sparse.indices)


class OnnxSession:
    """Runs a graph.

    It uses all processors. Its threads do not spin while they wait, so that other work can use the
    processors.

    Args:
        graph: The checked graph.
        inputs: Names of its inputs.
        classes: Number of its outputs.
        threads: Number of threads; by default, the number of processors.

    Raises:
        BundleError: the runtime refuses the graph, or the graph has other inputs or outputs.
        MissingExtraError: onnxruntime is not installed.
    """

    def __init__(
        self, graph: OnnxGraph, *, inputs: tuple[str, ...], classes: int, threads: int | None = None
    ) -> None:
        runtime: Any = require("onnxruntime", extra="onnx")
        self._path, self._classes = graph.path, classes
        self._errors = _errors_of(runtime)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads or os.cpu_count() or 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 4
        try:
            self._session = runtime.InferenceSession(
                graph.content, options, providers=["CPUExecutionProvider"]
            )
        except self._errors as error:
            raise self._refusal(error) from error
        found = tuple(each.name for each in self._session.get_inputs())
        if found != inputs or len(self._session.get_outputs()) != 1:
            raise BundleError(
                f"{graph.path} has the inputs {found!s:.80} and {len(self._session.get_outputs())} outputs, "
                f"expected {inputs} and 1; {_ADVICE}"
            )

    def logits(self, arrays: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return the logits (B, C) for the inputs by name.

        Raises:
            BundleError: the runtime refuses the graph, or its answer has another shape or type.
        """
        try:
            [logits] = self._session.run(None, dict(arrays))
        except self._errors as error:
            raise self._refusal(error) from error
        wanted = (len(arrays["spatial"]), self._classes)
        if not (isinstance(logits, np.ndarray) and logits.dtype == np.float32 and logits.shape == wanted):
            found = (logits.dtype, logits.shape) if isinstance(logits, np.ndarray) else type(logits).__name__
            raise BundleError(
                f"{self._path} answers with {found}, expected 32 bit numbers of shape {wanted}; {_ADVICE}"
            )
        return logits

    def _refusal(self, error: BaseException) -> BundleError:
        reason = in_one_line(error, longest=200)
        return BundleError(f"{self._path} cannot be run by ONNX Runtime ({reason}); {_ADVICE}")


def _errors_of(runtime: Any) -> tuple[type[BaseException], ...]:
    """Return the classes of what the runtime raises; they have no common base but Exception."""
    state = vars(runtime.capi.onnxruntime_pybind11_state).values()
    own = [each for each in state if isinstance(each, type) and issubclass(each, Exception)]
    return (*own, ValueError, RuntimeError, TypeError)


def try_answer(path: Path, *, shapes: Mapping[str, tuple[int, ...]], classes: int) -> None:
    """Run the graph of a file once, with grey images; meant for a process of its own.

    Args:
        path: The file.
        shapes: Shape of each input.
        classes: Number of outputs.

    Raises:
        BundleError: the file cannot be run, or answers with numbers that are not finite.
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    session = OnnxSession(read_graph(path), inputs=tuple(shapes), classes=classes, threads=1)
    logits = session.logits({name: np.full(shape, 0.5, np.float32) for name, shape in shapes.items()})
    if np.isnan(logits).any() or np.isposinf(logits).any():
        raise BundleError(f"{path} answers with numbers that are not finite; {_ADVICE}")
