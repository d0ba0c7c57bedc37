import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from ferfusion.bundle import save_bundle
from ferfusion.data.inputs import FaceInput
from ferfusion.errors import BundleError, ConfigError
from ferfusion.explanation.explainer import Explainer
from ferfusion.inference.predictor import SHIPPED, SHIPPED_NAME, TorchPredictor, bundle_file, load_predictor
from helpers.bundles import drawn_faces, untrained_bundle
from helpers.predictors import BrightnessPredictor


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder with a bundle."""
    folder = tmp_path_factory.mktemp("runs") / "a"
    save_bundle(folder / "bundle.safetensors", untrained_bundle(head_units=32))
    return folder


def test_load_predictor_without_a_path_loads_the_shipped_bundle():
    predictor = load_predictor(device="cpu")
    assert predictor.name == SHIPPED_NAME
    assert not predictor.info.reads_flow
    assert "Neutral" in predictor.info.labels


def test_load_predictor_takes_a_run_folder_and_its_bundle(run):
    by_folder, by_file = load_predictor(run, device="cpu"), load_predictor(run / "bundle.safetensors")
    assert by_folder.name == by_file.name == "a/bundle.safetensors"
    assert by_folder.info == by_file.info


def test_load_predictor_refuses_a_missing_file_and_a_gpu_for_onnx(tmp_path):
    with pytest.raises(BundleError, match="There is no bundle"):
        load_predictor(tmp_path / "none.safetensors")
    with pytest.raises(ConfigError, match="device of an ONNX file 'cuda'"):
        load_predictor(tmp_path / "model.onnx", device="cuda")


def test_bundle_file_is_the_file_or_that_of_the_folder(run):
    assert bundle_file(run) == bundle_file(run / "bundle.safetensors") == run / "bundle.safetensors"
    assert bundle_file(SHIPPED) == SHIPPED


def test_torch_predictor_divides_the_logits_by_the_temperature():
    mild = {"calibration": {"temperature": 2.0}}
    plain, cool = (TorchPredictor(untrained_bundle(head_units=32, metrics=metrics)) for metrics in ({}, mild))
    inputs = drawn_faces(untrained_bundle(head_units=32).model_config, 4)
    roots = np.sqrt(plain.predict(*inputs).astype(float))
    assert cool.predict(*inputs) == pytest.approx(roots / roots.sum(axis=1, keepdims=True), abs=1e-6)


def test_torch_predictor_refuses_finite_weights_whose_answers_are_not_finite():
    bundle = untrained_bundle(head_units=32)
    largest = {name: torch.full_like(tensor, 1e30) for name, tensor in bundle.weights.items()}
    predictor = TorchPredictor(replace(bundle, weights=largest))
    with pytest.raises(BundleError, match="probabilities that are not finite numbers"):
        predictor.predict(*drawn_faces(bundle.model_config, 2))
    with pytest.raises(BundleError, match="probabilities that are not finite numbers"):
        Explainer(predictor.description, model=predictor._model).blank_probabilities  # noqa: B018


def test_torch_predictor_of_a_spatial_model_needs_no_flow():
    bundle = untrained_bundle(architecture="spatial", head_units=32)
    predictor = TorchPredictor(bundle)
    crops, flow, _ = drawn_faces(bundle.model_config, 5)
    assert np.array_equal(predictor.predict(crops, None), predictor.predict(crops, flow))


def test_torch_predictor_of_a_two_stream_model_uses_the_flow():
    bundle = untrained_bundle(head_units=32)
    predictor = TorchPredictor(bundle)
    crops, flow, _ = drawn_faces(bundle.model_config, 5)
    assert not np.allclose(predictor.predict(crops, np.zeros_like(flow)), predictor.predict(crops, flow))


def test_explain_has_the_probabilities_of_the_prediction():
    bundle = untrained_bundle(head_units=32, metrics={"calibration": {"temperature": 1.5}})
    predictor = TorchPredictor(bundle)
    crops, flow, _ = drawn_faces(bundle.model_config, 3)
    explanations = predictor.explain([FaceInput(*one) for one in zip(crops, flow, strict=True)])
    predicted = predictor.predict(crops, flow)
    assert np.stack([one.probabilities for one in explanations]) == pytest.approx(predicted, abs=1e-6)
    assert [one.code for one in explanations] == predicted.argmax(axis=1).tolist()


def test_explain_is_none_for_a_predictor_that_cannot():
    assert BrightnessPredictor().explain is None


def test_load_predictor_loads_no_compiler_and_no_figures():
    """Each takes longer than the prediction of a short clip."""
    code = """
import sys
import torch
with_torch = set(sys.modules)  # torch 2.8 loads sympy itself
import ferfusion.inference.predict_many
from ferfusion.inference.predictor import load_predictor
load_predictor(device="cpu")
slow = ("torch._dynamo", "sympy", "matplotlib", "scipy", "sklearn", "lightning")
print([name for name in slow if name in set(sys.modules) - with_torch])
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
