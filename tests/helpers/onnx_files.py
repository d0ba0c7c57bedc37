"""ONNX files of a tiny network with the inputs and the metadata of an exported bundle."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ferfusion.bundle import bundle_metadata
from helpers.bundles import untrained_bundle

OPSET = 20


def write_onnx(
    path: Path,
    *,
    weights: np.ndarray | None = None,
    metadata: Mapping[str, str] | None = None,
    inputs: tuple[str, ...] = ("spatial", "flow"),
    expand_to: tuple[int, ...] = (),
    change: Callable[[Any], object] | None = None,
) -> Path:
    """Write the network: the mean of each colour times ``weights`` (3, 6); return the path.

    Args:
        path: The file.
        weights: The matrix; by default, the numbers 0 to 1.7 in steps of 0.1.
        metadata: Metadata; by default, those of a bundle of six classes.
        inputs: Names of the inputs.
        expand_to: Shape of a large array whose largest value is added to the logits.
        change: Called with the model before it is written.
    """
    import onnx
    from onnx import helper, numpy_helper

    values = np.arange(18).reshape(3, 6) / 10 if weights is None else weights
    arrays = {"weights": values.astype(np.float32)}
    nodes = [
        helper.make_node("GlobalAveragePool", [inputs[0]], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["colours"]),
        helper.make_node("MatMul", ["colours", "weights"], ["product"]),
    ]
    if expand_to:
        arrays |= {"shape": np.array(expand_to, np.int64)}
        nodes += [
            helper.make_node("ReduceMax", [inputs[0]], ["one"], keepdims=0),
            helper.make_node("Expand", ["one", "shape"], ["large"]),
            helper.make_node("ReduceMax", ["large"], ["largest"], keepdims=0),
            helper.make_node("Add", ["product", "largest"], ["logits"]),
        ]
    else:
        nodes.append(helper.make_node("Identity", ["product"], ["logits"]))
    image: list[str | int | None] = ["batch", 3, 48, 48]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, image) for name in inputs],
        [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["batch", int(values.shape[1])])],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    bundle = untrained_bundle(head_units=4)
    helper.set_model_props(model, dict(bundle_metadata(bundle) if metadata is None else metadata))
    if change:
        change(model)
    path.write_bytes(model.SerializeToString())
    return path
