from dataclasses import replace

import numpy as np
import pytest

from ferfusion.bundle import Bundle, save_bundle
from ferfusion.errors import BundleError, ConfigError, DatasetError
from ferfusion.inference.predictor import TorchPredictor, load_predictor
from ferfusion.labels import SIX
from ferfusion.models.config import ModelConfig
from ferfusion.models.outputs import set_majority
from ferfusion.models.zoo import build_model
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.datasets import write_dataset

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

ARCHITECTURES = ["two-stream", "spatial", "late-fusion", "three-stream-conv3d", "convlstm"]


def bundle_of(**settings):
    config = ModelConfig(**{"frames": 4, "head_units": 32, **settings})
    weights = build_model(config, 6, seed=3).state_dict()
    metrics = {"calibration": {"temperature": 1.7, "abstain_below_pair": 0.4}}
    return Bundle(weights, config, SIX, PrepareRecipe(), {}, metrics, "none")


def drawn(config, count, seed=0):
    rng = np.random.default_rng(seed)
    windows = rng.integers(0, 256, (count, config.frames, config.size, config.size, 3), np.uint8)
    flow = rng.normal(0, 1, (count, 2, config.size, config.size)).astype(np.float16)
    return windows[:, -1], flow, windows if config.window else None


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_exported_network_answers_as_the_bundle_does(tmp_path, architecture):
    from ferfusion.exchange.onnx import export_onnx

    bundle = bundle_of(architecture=architecture)
    export_onnx(bundle, tmp_path / "model.onnx")
    exported, own = load_predictor(tmp_path / "model.onnx"), TorchPredictor(bundle)
    assert (exported.labels, exported.recipe) == (own.labels, own.recipe)
    assert (exported.calibration, exported.window) == (own.calibration, own.window)
    for count in (1, 5):
        inputs = drawn(bundle.model_config, count)
        assert exported.predict(*inputs) == pytest.approx(own.predict(*inputs), abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("output", ["cascade", "sphere"])
def test_an_output_in_two_steps_is_exported_with_the_class_that_it_tells_from_the_rest(tmp_path, output):
    from ferfusion.exchange.onnx import export_onnx

    bundle = bundle_of(output=output)
    set_majority(model := bundle.build_model(), 4)
    bundle = replace(bundle, weights=model.state_dict())
    export_onnx(bundle, tmp_path / "model.onnx")
    inputs = drawn(bundle.model_config, 3)
    own = TorchPredictor(bundle).predict(*inputs)
    assert load_predictor(tmp_path / "model.onnx").predict(*inputs) == pytest.approx(own, abs=1e-5)


def test_what_is_no_export_is_one_line(tmp_path):
    with pytest.raises(BundleError, match=r"There is no file .*nothing.onnx; `ferfusion export`"):
        load_predictor(tmp_path / "nothing.onnx")
    (tmp_path / "text.onnx").write_text("no graph")
    with pytest.raises(BundleError, match=r"text.onnx is damaged, or is no ONNX file; export it again"):
        load_predictor(tmp_path / "text.onnx")


def test_another_programs_graph_is_refused(tmp_path):
    onnx = pytest.importorskip("onnx")
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    other = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])
    graph = onnx.helper.make_graph([onnx.helper.make_node("Abs", ["x"], ["y"])], "g", [value], [other])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(BundleError, match=r"other.onnx is not a bundle"):
        load_predictor(tmp_path / "other.onnx")


def test_the_file_must_be_named_as_what_it_is(tmp_path):
    from ferfusion.cli.export import export

    save_bundle(tmp_path / "b.safetensors", bundle_of(architecture="spatial"))
    with pytest.raises(ConfigError, match=r"name it so: .*out.onnx"):
        export(tmp_path / "b.safetensors", tmp_path / "out.bin")


@pytest.mark.slow
def test_eight_bit_numbers_are_small_and_near_and_their_cost_is_told(tmp_path):
    from ferfusion.exchange.onnx import export_onnx
    from ferfusion.exchange.quantise import quantise

    dataset = write_dataset(tmp_path / "dataset")
    bundle = bundle_of(architecture="two-stream")
    out = tmp_path / "model.onnx"
    export_onnx(bundle, out)
    inputs, bytes_before = drawn(bundle.model_config, 16), out.stat().st_size
    exact = load_predictor(out).predict(*inputs)
    cost = quantise(bundle, out, dataset)
    title, *rows, caution = cost.lines
    assert "validation part" in title
    assert [row.partition(":")[0].strip() for row in rows] == ["32 bit", "8 bit", "majority baseline"]
    assert rows[2].endswith("UAR 16.7%")
    assert caution.startswith("The bundle does not say what it was trained on")
    assert cost.scores["uar"][2] == pytest.approx(1 / 6)
    assert out.stat().st_size < 0.4 * bytes_before
    rounded = load_predictor(out)
    assert rounded.labels == SIX
    assert np.abs(rounded.predict(*inputs) - exact).max() < 0.05
    assert not np.array_equal(rounded.predict(*inputs), exact)


def test_eight_bit_numbers_are_not_measured_on_another_split_than_the_bundles(tmp_path):
    from ferfusion.exchange.quantise import quantise

    dataset = write_dataset(tmp_path / "dataset", frames=3)
    bundle = replace(bundle_of(architecture="spatial"), training={"split_hash": "of another split"})
    with pytest.raises(DatasetError, match="not divided as when the bundle was trained"):
        quantise(bundle, tmp_path / "model.onnx", dataset)
