from dataclasses import replace

import pytest

from ferfusion.bundle import save_bundle
from ferfusion.errors import ConfigError, FileError
from ferfusion.inference.predictor import TorchPredictor, load_predictor
from ferfusion.models.outputs import set_majority
from helpers.bundles import drawn_faces, untrained_bundle

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

ARCHITECTURES = ["two-stream", "spatial", "late-fusion", "three-stream-conv3d", "convlstm", "spatial-actions"]


def bundle_of(**settings):
    metrics = {"calibration": {"temperature": 1.7, "abstain_below_pair": 0.4}}
    return untrained_bundle(**{"frames": 4, "head_units": 32, "seed": 3, **settings}, metrics=metrics)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_export_onnx_predicts_as_the_bundle(tmp_path, architecture):
    from ferfusion.exchange.onnx import export_onnx

    bundle = bundle_of(architecture=architecture)
    export_onnx(bundle, tmp_path / "model.onnx")
    exported, own = load_predictor(tmp_path / "model.onnx"), TorchPredictor(bundle)
    assert exported.info == own.info
    assert exported.explain is None
    for count in (1, 5):
        inputs = drawn_faces(bundle.model_config, count)
        assert exported.predict(*inputs) == pytest.approx(own.predict(*inputs), abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("output", ["cascade", "sphere"])
def test_export_onnx_of_an_output_in_two_steps(tmp_path, output):
    from ferfusion.exchange.onnx import export_onnx

    bundle = bundle_of(output=output)
    set_majority(model := bundle.build_model(), 4)
    bundle = replace(bundle, weights=model.state_dict())
    export_onnx(bundle, tmp_path / "model.onnx")
    inputs = drawn_faces(bundle.model_config, 3)
    own = TorchPredictor(bundle).predict(*inputs)
    assert load_predictor(tmp_path / "model.onnx").predict(*inputs) == pytest.approx(own, abs=1e-5)


def test_export_needs_a_file_with_the_suffix_onnx(tmp_path):
    from ferfusion.cli.export import export

    save_bundle(tmp_path / "b.safetensors", bundle_of(architecture="spatial"))
    with pytest.raises(
        ConfigError, match=r"must end in \.onnx, \.h5 or \.keras, got .out\.bin.; choose out\.onnx"
    ):
        export(tmp_path / "b.safetensors", tmp_path / "out.bin")


def test_export_onnx_refuses_a_hybrid(tmp_path):
    from ferfusion.exchange.onnx import export_onnx

    with pytest.raises(ConfigError, match="hybrid model is not one network"):
        export_onnx(bundle_of(architecture="hybrid"), tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("architecture", "names"),
    [
        ("spatial", ("spatial", "flow")),
        ("two-stream", ("spatial", "flow")),
        ("lstm", ("spatial", "flow", "frames")),
    ],
)
def test_input_names_have_frames_for_a_model_with_windows(architecture, names):
    from ferfusion.exchange.onnx import input_names

    assert input_names(bundle_of(architecture=architecture)) == names


@pytest.mark.slow
def test_export_onnx_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    from ferfusion.exchange.onnx import export_onnx

    def break_off(path, content):
        path.write_text("half of")
        raise OSError("no space left")

    (tmp_path / "model.onnx").write_text("old")
    monkeypatch.setattr("pathlib.Path.write_bytes", break_off)
    with pytest.raises(FileError, match="no space left"):
        export_onnx(bundle_of(architecture="spatial"), tmp_path / "model.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    assert (tmp_path / "model.onnx").read_text() == "old"
