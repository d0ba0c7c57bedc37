import numpy as np
import pytest

from ferfusion.errors import BundleError
from ferfusion.inference.onnx_predictor import OnnxPredictor
from ferfusion.inference.predictor import TorchPredictor, load_predictor
from helpers.bundles import drawn_faces, untrained_bundle

pytest.importorskip("onnxruntime")


def test_onnx_predictor_refuses_other_files_in_one_line(tmp_path):
    with pytest.raises(BundleError, match=r"There is no file .*nothing.onnx; `ferfusion export`"):
        load_predictor(tmp_path / "nothing.onnx")
    (tmp_path / "text.onnx").write_text("no graph")
    with pytest.raises(BundleError, match=r"text.onnx is damaged or is not an ONNX file; export it again"):
        load_predictor(tmp_path / "text.onnx")


def test_onnx_predictor_refuses_the_graph_of_another_program(tmp_path):
    onnx = pytest.importorskip("onnx")
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    other = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])
    graph = onnx.helper.make_graph([onnx.helper.make_node("Abs", ["x"], ["y"])], "g", [value], [other])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(BundleError, match=r"other.onnx is not a bundle"):
        load_predictor(tmp_path / "other.onnx")


@pytest.mark.slow
def test_onnx_predictor_without_flow_predicts_as_with_any_flow(tmp_path):
    pytest.importorskip("onnxscript")
    from ferfusion.exchange.onnx import export_onnx

    bundle = untrained_bundle(architecture="spatial", head_units=32)
    export_onnx(bundle, tmp_path / "model.onnx")
    predictor = OnnxPredictor(tmp_path / "model.onnx")
    assert predictor.info == bundle.info
    assert predictor.explain is None
    crops, flow, _ = drawn_faces(bundle.model_config, 3)
    assert np.array_equal(predictor.predict(crops, None), predictor.predict(crops, flow))
    assert predictor.predict(crops, None) == pytest.approx(
        TorchPredictor(bundle).predict(crops, None), abs=1e-5
    )
