"""Run a network in ONNX Runtime: the graph is checked before the runtime sees it, its answers afterwards.

This module imports no torch, so that a new process can try a file quickly.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import BundleError, in_one_line
from ferfusion.extras import require
from ferfusion.files import no_such
from ferfusion.reporting.words import counted

INPUTS = ("spatial", "flow", "frames")
OPERATORS = frozenset(
    "Abs Add And AveragePool BatchNormalization Cast Ceil Celu Clip Concat Constant ConstantOfShape Conv "
    "ConvTranspose Cos DepthToSpace DequantizeLinear Div Dropout Elu Equal Erf Exp Expand Flatten Floor "
    "Gather Gelu Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual GroupNormalization HardSigmoid "
    "HardSwish Identity InstanceNormalization LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log "
    "LogSoftmax LpNormalization MatMul Max MaxPool Mean Min Mish Mod Mul Neg Not Or PRelu Pad Pow "
    "QLinearConv QLinearMatMul QuantizeLinear Range Reciprocal ReduceL1 ReduceL2 ReduceLogSumExp ReduceMax "
    "ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize Round Selu Shape "
    "Sigmoid Sign Sin Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh "
    "ThresholdedRelu Tile Transpose Unsqueeze Upsample Where".split()
)
"""What exporters write for networks that read an image. None repeats a part of the graph."""
_REDUCTIONS = tuple(name for name in OPERATORS if name.startswith("Reduce"))
_SIZE_INPUTS = MappingProxyType(
    {
        "ConstantOfShape": (0,),
        "Expand": (1,),
        "Pad": (1, 3),
        "Range": (0, 1, 2),
        "Reshape": (1,),
        "Resize": (1, 2, 3),
        "Slice": (1, 2, 3, 4),
        "Split": (1,),
        "Squeeze": (1,),
        "Tile": (1,),
        "Unsqueeze": (1,),
        "Upsample": (1,),
        **dict.fromkeys(_REDUCTIONS, (1,)),
    }
)
"""The inputs of an operator whose values change the size of its output. They must not depend on the image, so
that time and memory of an answer do not depend on it either."""
_ONLY_SIZES = frozenset({"Shape"})
"""What these operators return of an array does not depend on the pixels, since no size does."""
_MAX_BYTES = 2**30
_ADVICE = "export or import the network again"


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
            that the network of an image does not need.
        MissingExtraError: onnx is not installed.
    """
    if not path.is_file():
        raise BundleError(f"{no_such(path)}; `ferfusion export` and `ferfusion import-onnx` write ONNX files")
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
        raise BundleError(f"{path} has functions of its own, which ferfusion does not run; {_ADVICE}")
    for node in nodes:
        if node.op_type not in OPERATORS or node.domain not in ("", "ai.onnx"):
            name = ".".join(part for part in (node.domain, node.op_type) if part)
            raise BundleError(
                f"{path} has the operator {name!r:.80}, which ferfusion does not run; {_ADVICE}"
            )
    if any(tensor.external_data or tensor.data_location for tensor in _tensors(model.graph)):
        raise BundleError(f"{path} has its weights in other files, which are not opened; {_ADVICE}")
    _check_sizes(path, model.graph)
    return OnnxGraph(path, content, metadata)


def _check_sizes(path: Path, graph: Any) -> None:
    """Refuse a graph in which the size of an array depends on the pixels of the image.

    A name that no earlier node returns counts as dependent, whatever the order of the nodes.
    """
    free = {"", *(tensor.name for tensor in graph.initializer)}
    free.update(sparse.values.name for sparse in graph.sparse_initializer)
    for node in graph.node:
        for place in _SIZE_INPUTS.get(node.op_type, ()):
            if place < len(node.input) and node.input[place] not in free:
                raise BundleError(
                    f"{path} has an operator {node.op_type} whose output's size depends on the image, which "
                    f"ferfusion does not run; {_ADVICE}"
                )
        if node.op_type in _ONLY_SIZES or free.issuperset(node.input):
            free.update(node.output)
        else:
            free.difference_update(node.output)


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


class OnnxRuntime:
    """Runs a graph, and raises one error for whatever the runtime raises.

    It uses all processors. Its threads do not spin while they wait, so that other work can use the
    processors.

    Args:
        graph: The checked graph.
        threads: Number of threads; by default, the number of processors.

    Attributes:
        path: The file.
        inputs: Inputs of the graph, each with ``name``, ``shape`` and ``type``.
        outputs: Its outputs, likewise.

    Raises:
        BundleError: the runtime refuses the graph.
        MissingExtraError: onnxruntime is not installed.
    """

    def __init__(self, graph: OnnxGraph, *, threads: int | None = None) -> None:
        runtime: Any = require("onnxruntime", extra="onnx")
        self.path = graph.path
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
        self.inputs: list[Any] = self._session.get_inputs()
        self.outputs: list[Any] = self._session.get_outputs()

    def run(self, outputs: Sequence[str] | None, arrays: Mapping[str, NDArray[np.float32]]) -> list[Any]:
        """Return the outputs of these names, or all.

        Raises:
            BundleError: the runtime refuses the inputs or the graph.
        """
        try:
            return list(self._session.run(outputs, dict(arrays)))
        except self._errors as error:
            raise self._refusal(error) from error

    def _refusal(self, error: BaseException) -> BundleError:
        reason = in_one_line(error, longest=200)
        return BundleError(f"{self.path} cannot be run by ONNX Runtime ({reason}); {_ADVICE}")


class OnnxSession:
    """Runs the graph of an exported bundle.

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
        self._runtime, self._classes = OnnxRuntime(graph, threads=threads), classes
        found = tuple(each.name for each in self._runtime.inputs)
        if found != inputs or len(self._runtime.outputs) != 1:
            raise BundleError(
                f"{graph.path} has the inputs {found!s:.80} and "
                f"{counted(len(self._runtime.outputs), 'output')}, expected {inputs} and 1; {_ADVICE}"
            )

    def logits(self, arrays: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return the logits (B, C) for the inputs by name.

        Raises:
            BundleError: the runtime refuses the graph, or its answer has another shape or type.
        """
        [logits] = self._runtime.run(None, arrays)
        wanted = (len(arrays["spatial"]), self._classes)
        if not (isinstance(logits, np.ndarray) and logits.dtype == np.float32 and logits.shape == wanted):
            found = (logits.dtype, logits.shape) if isinstance(logits, np.ndarray) else type(logits).__name__
            raise BundleError(
                f"{self._runtime.path} answers with {found}, expected 32 bit numbers of shape {wanted}; "
                f"{_ADVICE}"
            )
        return logits


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
