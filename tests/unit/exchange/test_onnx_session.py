import numpy as np
import pytest

from ferfusion.errors import BundleError
from ferfusion.exchange.onnx_session import OnnxSession, read_graph, try_answer
from helpers.onnx_files import write_onnx

pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")

SHAPES = {"spatial": (2, 3, 48, 48), "flow": (2, 3, 48, 48)}


def one_line(error):
    return "\n" not in str(error.value) and len(str(error.value)) < 500


def with_operator(name, *, domain=""):
    def change(model):
        model.graph.node[0].op_type, model.graph.node[0].domain = name, domain

    return change


def with_loop(model):
    """An endless loop: its body returns the condition that it was called with."""
    kinds = {"step": onnx.TensorProto.INT64, "go": onnx.TensorProto.BOOL, "on": onnx.TensorProto.BOOL}
    infos = {name: onnx.helper.make_tensor_value_info(name, kind, []) for name, kind in kinds.items()}
    same = onnx.helper.make_node("Identity", ["go"], ["on"])
    body = onnx.helper.make_graph([same], "body", [infos["step"], infos["go"]], [infos["on"]])
    model.graph.node.append(onnx.helper.make_node("Loop", ["", ""], [], body=body))


def with_function(model):
    node = onnx.helper.make_node("Identity", ["a"], ["b"])
    opset = onnx.helper.make_opsetid("", 20)
    model.functions.append(onnx.helper.make_function("own", "f", ["a"], ["b"], [node], [opset]))


def with_external_weights(model):
    weights = model.graph.initializer[0]
    onnx.external_data_helper.set_external_data(weights, "/etc/hostname")
    weights.ClearField("raw_data")


def with_external_attribute(model):
    value = onnx.numpy_helper.from_array(np.ones(1, np.float32), "v")
    onnx.external_data_helper.set_external_data(value, "/etc/hostname")
    model.graph.node.append(onnx.helper.make_node("Constant", [], ["v"], value=value))


def with_size_of_the_pixels(model):
    """The largest pixel becomes the length of an array."""
    nodes = [
        onnx.helper.make_node("ReduceMax", ["spatial"], ["largest"], keepdims=0),
        onnx.helper.make_node("Cast", ["largest"], ["whole"], to=onnx.TensorProto.INT64),
        onnx.helper.make_node("Unsqueeze", ["whole", "axes"], ["length"]),
        onnx.helper.make_node("ConstantOfShape", ["length"], ["zeros"]),
    ]
    model.graph.node.extend(nodes)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.zeros(1, np.int64), "axes"))


def with_size_in_another_order(model):
    """The same, with the node that makes the array before those that make its length."""
    with_size_of_the_pixels(model)
    nodes = model.graph.node
    nodes.insert(0, nodes.pop())


def with_size_by(operator, *inputs):
    """A change that adds an operator with a size that depends on the pixels."""

    def change(model):
        with_size_of_the_pixels(model)
        model.graph.node.pop()  # the array of that length
        model.graph.node.append(onnx.helper.make_node(operator, list(inputs), ["sized"]))

    return change


def with_size_of_the_batch(model):
    """An array as long as the batch, as exporters write for a token beside the image."""
    nodes = [
        onnx.helper.make_node("Shape", ["spatial"], ["shape"]),
        onnx.helper.make_node("Cast", ["shape"], ["same"], to=onnx.TensorProto.INT64),
        onnx.helper.make_node("ConstantOfShape", ["same"], ["zeros"]),
    ]
    model.graph.node.extend(nodes)


def with_metadata_twice(model):
    model.metadata_props.append(model.metadata_props[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (with_operator("NonZero"), "has the operator 'NonZero', which ferfusion does not run"),
        (with_operator("Add", domain="evil"), r"has the operator 'evil\.Add'"),
        (with_operator("line\nline"), r"has the operator 'line\\nline'"),
        (with_loop, "has the operator 'Loop'"),
        (with_function, "has functions of its own"),
        (with_external_weights, "has its weights in other files, which are not opened"),
        (with_external_attribute, "has its weights in other files, which are not opened"),
        (with_metadata_twice, "has an entry of its metadata twice"),
        (with_size_of_the_pixels, "an operator ConstantOfShape whose output's size depends on the image"),
        (with_size_in_another_order, "an operator ConstantOfShape whose output's size depends on the image"),
        *(
            (
                with_size_by(operator, *inputs),
                f"an operator {operator} whose output's size depends on the image",
            )
            for operator, *inputs in (
                ("Slice", "axes", "axes", "length"),
                ("Slice", "axes", "length", "axes"),
                ("Reshape", "axes", "length"),
                ("Split", "axes", "length"),
                ("Squeeze", "axes", "length"),
                ("Unsqueeze", "axes", "length"),
                ("ReduceSum", "axes", "length"),
                ("ReduceMax", "axes", "length"),
                ("Expand", "axes", "length"),
                ("Tile", "axes", "length"),
                ("Pad", "axes", "length"),
                ("Resize", "axes", "", "length"),
                ("Range", "axes", "length", "axes"),
            )
        ),
    ],
)
def test_read_graph_refuses_what_no_network_of_an_image_needs(tmp_path, change, message):
    path = write_onnx(tmp_path / "model.onnx", change=change)
    with pytest.raises(BundleError, match=message) as error:
        read_graph(path)
    assert one_line(error)


def test_read_graph_takes_sizes_that_depend_on_the_batch_alone(tmp_path):
    assert read_graph(write_onnx(tmp_path / "model.onnx", change=with_size_of_the_batch)).content


@pytest.mark.parametrize("content", [b"no graph", b"\x0a\x96", b"\xff" * 50])
def test_read_graph_refuses_another_file(tmp_path, content):
    (tmp_path / "text.onnx").write_bytes(content)
    with pytest.raises(BundleError, match="is damaged or is not an ONNX file"):
        read_graph(tmp_path / "text.onnx")


@pytest.mark.parametrize("text", [b"Identity", b"two-stream", b"prepare_recipe_hash"])
def test_read_graph_refuses_text_that_is_not_utf_8(tmp_path, text):
    path = write_onnx(tmp_path / "model.onnx")
    path.write_bytes(path.read_bytes().replace(text, text[:-1] + b"\xff"))
    with pytest.raises(BundleError, match="it has text that is not UTF-8"):
        read_graph(path)


def without_nodes(model):
    del model.graph.node[:]


def of_a_later_opset(model):
    model.opset_import[0].version = 999


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"change": without_nodes}, "cannot be run by ONNX Runtime"),
        ({"change": of_a_later_opset}, "cannot be run by ONNX Runtime .* opset"),
        ({"change": with_operator("Gemm")}, "cannot be run by ONNX Runtime"),
        ({"inputs": ("face", "flow")}, r"has the inputs \('face', 'flow'\) and 1 output, expected"),
        ({"inputs": ("spatial",)}, r"has the inputs \('spatial',\) and 1 output, expected"),
        (
            {"weights": np.ones((3, 5))},
            r"answers with .*\(2, 5\)\), expected .* of shape \(2, 6\)",
        ),
        ({"weights": np.ones((4, 6))}, "cannot be run by ONNX Runtime"),
        ({"weights": np.full((3, 6), np.nan)}, "answers with numbers that are not finite"),
    ],
)
def test_try_answer_refuses_a_graph_that_cannot_be_run_in_one_line(tmp_path, changes, message):
    path = write_onnx(tmp_path / "model.onnx", **changes)
    with pytest.raises(BundleError, match=message) as error:
        try_answer(path, shapes=SHAPES, classes=6)
    assert one_line(error)


def test_try_answer_refuses_an_empty_file(tmp_path):
    (tmp_path / "empty.onnx").touch()
    with pytest.raises(BundleError, match="cannot be run by ONNX Runtime"):
        try_answer(tmp_path / "empty.onnx", shapes=SHAPES, classes=6)


def test_onnx_session_logits_are_those_of_the_graph(tmp_path):
    graph = read_graph(write_onnx(tmp_path / "model.onnx"))
    session = OnnxSession(graph, inputs=("spatial", "flow"), classes=6)
    ones = np.ones(SHAPES["spatial"], np.float32)
    wanted = np.arange(18).reshape(3, 6).sum(axis=0) / 10
    assert session.logits({"spatial": ones, "flow": ones}) == pytest.approx(np.stack([wanted] * 2))
