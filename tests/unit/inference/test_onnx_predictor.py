import numpy as np
import pytest

from ferfusion.errors import BundleError
from ferfusion.exchange.onnx_session import read_graph
from ferfusion.inference.onnx_predictor import OnnxPredictor
from ferfusion.inference.predictor import TorchPredictor, load_predictor
from helpers.bundles import drawn_faces, untrained_bundle
from helpers.onnx_files import write_onnx

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")


def test_onnx_predictor_refuses_other_files_in_one_line(tmp_path):
    with pytest.raises(BundleError, match=r"There is no file .*nothing.onnx; `ferfusion export`"):
        load_predictor(tmp_path / "nothing.onnx")
    (tmp_path / "text.onnx").write_text("no graph")
    with pytest.raises(BundleError, match=r"text.onnx is damaged or is not an ONNX file; export"):
        load_predictor(tmp_path / "text.onnx")


def test_onnx_predictor_refuses_a_file_that_is_no_bundle(tmp_path):
    with pytest.raises(BundleError, match=r"other\.onnx is not a bundle"):
        load_predictor(write_onnx(tmp_path / "other.onnx", metadata={}))


def test_onnx_predictor_gives_the_softmax_of_the_graph(tmp_path):
    """The graph multiplies the mean colour of the face by a matrix (3, 6) of 0 to 1.7."""
    predictor = load_predictor(write_onnx(tmp_path / "model.onnx"))
    crops = np.zeros((1, 48, 48, 3), np.uint8)
    crops[..., 0], crops[..., 2] = 255, 51
    logits = (np.arange(6) + 0.2 * np.arange(12, 18)) / 10
    wanted = np.exp(logits) / np.exp(logits).sum()
    assert predictor.predict(crops, None)[0] == pytest.approx(wanted, rel=1e-5)


def test_onnx_predictor_runs_a_file_in_another_process_first(tmp_path):
    """This process never sees a graph that takes 40 GB for two images of 48 pixels."""
    path = write_onnx(tmp_path / "large.onnx", expand_to=(100_000, 100_000))
    with pytest.raises(BundleError, match=r"large\.onnx cannot be (run|used)") as error:
        load_predictor(path)
    assert "\n" not in str(error.value)


def test_onnx_predictor_refuses_answers_that_are_not_finite(tmp_path):
    with pytest.raises(BundleError, match="answers with numbers that are not finite"):
        load_predictor(write_onnx(tmp_path / "model.onnx", weights=np.full((3, 6), 3e38)))


@pytest.mark.slow
def test_onnx_predictor_without_flow_predicts_as_with_any_flow(tmp_path):
    pytest.importorskip("onnxscript")
    from ferfusion.exchange.onnx import export_onnx

    bundle = untrained_bundle(architecture="spatial", head_units=32)
    export_onnx(bundle, tmp_path / "model.onnx")
    predictor = OnnxPredictor(read_graph(tmp_path / "model.onnx"))
    assert predictor.info == bundle.info
    assert predictor.explain is None
    crops, flow, _ = drawn_faces(bundle.model_config, 3)
    assert np.array_equal(predictor.predict(crops, None), predictor.predict(crops, flow))
    assert predictor.predict(crops, None) == pytest.approx(
        TorchPredictor(bundle).predict(crops, None), abs=1e-5
    )
