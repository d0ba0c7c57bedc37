"""Small expression networks as others write them: one ONNX file of each kind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

OPSET = 13


def write_network(
    path: Path,
    *,
    classes: int = 8,
    shape: tuple[int | str, ...] = ("batch", 3, 32, 32),
    probabilities: bool = False,
    inputs: tuple[str, ...] = ("input",),
    weights: np.ndarray | None = None,
    flat: bool = False,
    change: Callable[[Any], object] | None = None,
) -> Path:
    """Write a network: each channel in four quarters is averaged, then one matrix; return the path.

    Args:
        path: The file.
        classes: Number of outputs.
        shape: Shape of the input; with 1 or 3 in its last place, the network reads (B, H, W, C).
        probabilities: End with a softmax.
        inputs: Names of the inputs; only the first is read.
        weights: The matrix (4 * channels, classes); by default, drawn with a seed.
        flat: Reshape the averages to one row, as an export for one image does.
        change: Called with the model before it is written.
    """
    from onnx import TensorProto, helper, numpy_helper

    last = shape[3] in (1, 3)
    channels, size = (int(shape[3]), shape[1]) if last else (int(shape[1]), shape[2])
    half = 16 if isinstance(size, str) else size // 2
    drawn = np.random.default_rng(1).normal(size=(4 * channels, classes))
    matrix = (drawn if weights is None else weights).astype(np.float32)
    arrays: dict[str, np.ndarray] = {"matrix": matrix, "row": np.array([1, 4 * channels], np.int64)}
    nodes = [helper.make_node("Transpose", [inputs[0]], ["image"], perm=[0, 3, 1, 2])] if last else []
    nodes += [
        helper.make_node(
            "AveragePool",
            ["image" if last else inputs[0]],
            ["quarters"],
            kernel_shape=[half] * 2,
            strides=[half] * 2,
        ),
        helper.make_node("Reshape", ["quarters", "row"], ["vector"])
        if flat
        else helper.make_node("Flatten", ["quarters"], ["vector"]),
        helper.make_node("MatMul", ["vector", "matrix"], ["logits"]),
    ]
    if probabilities:
        nodes.append(helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1))
    output = "probabilities" if probabilities else "logits"
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name in inputs],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    if change:
        change(model)
    path.write_bytes(model.SerializeToString())
    return path
