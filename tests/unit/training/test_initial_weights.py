"""Where a new model's weights come from: another run's bundle, or a weights file."""

import hashlib
import io
import json
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from ferfusion.bundle import load_bundle
from ferfusion.errors import BundleError, ConfigError
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.training.initial_weights import starting_model
from helpers.trainings import SHORT, KillAt, KilledError, lines_into, train

SPATIAL = ModelConfig(architecture="spatial")
BOTH = ModelConfig(architecture="two-stream")
ONE_EPOCH = replace(SHORT, epochs=1)


@pytest.fixture(scope="module")
def bundle(dataset, tmp_path_factory):
    """The bundle of a spatial model."""
    run = tmp_path_factory.mktemp("runs") / "spatial"
    train(dataset, run, model=SPATIAL, recipe=ONE_EPOCH)
    return run / "bundle.safetensors"


def start_from(bundle, config, **settings):
    return starting_model(config, replace(ONE_EPOCH, start_from=str(bundle), **settings), num_classes=6)


def test_starting_model_takes_the_stream_of_the_same_name_and_new_weights_else(bundle):
    start = start_from(bundle, BOTH)
    assert (start.taken, set(start.left)) == (("spatial",), {"flow"})
    theirs, new = load_bundle(bundle).weights, build_model(BOTH, 6).state_dict()
    for name, tensor in start.model.state_dict().items():
        expected = theirs if name.startswith("spatial_stream") else new
        assert torch.equal(tensor, expected[name]), name


def test_starting_model_takes_no_head(bundle):
    start = start_from(bundle, SPATIAL)
    assert not torch.equal(start.model.head.dense1.weight, load_bundle(bundle).weights["head.dense1.weight"])


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (ModelConfig(architecture="flow"), "flow: the bundle has no such stream"),
        (replace(SPATIAL, stream="table1"), r"its conv1.bias is \(64,\) in the bundle, \(128,\) here"),
        (replace(SPATIAL, input_scaling="unit"), "it learned with input_scaling standard, not unit"),
    ],
)
def test_starting_model_refuses_a_bundle_of_which_nothing_fits(bundle, config, reason):
    with pytest.raises(ConfigError, match=f"No stream can start from .*{reason}"):
        start_from(bundle, config)


def test_starting_model_takes_no_flow_stream_of_another_encoding(dataset, tmp_path):
    model = ModelConfig(architecture="flow", flow_encoding="hsv")
    train(dataset, tmp_path / "run", model=model, recipe=ONE_EPOCH)
    found = tmp_path / "run" / "bundle.safetensors"
    with pytest.raises(ConfigError, match="it learned with flow_encoding hsv, not uvm"):
        start_from(found, BOTH)
    assert start_from(found, replace(BOTH, flow_encoding="hsv")).taken == ("flow",)


def test_start_from_is_reported_and_its_hash_is_kept(bundle, dataset, tmp_path):
    output = io.StringIO()
    recipe = replace(ONE_EPOCH, start_from=str(bundle), frozen_epochs=1)
    on_progress = lines_into(output)
    train(dataset, tmp_path / "run", model=BOTH, recipe=recipe, on_progress=on_progress)
    assert "Starting from the bundle: spatial\n" in output.getvalue()
    assert "flow starts from new weights: the bundle has no such stream" in output.getvalue()
    # frozen in every epoch, the stream is still the bundle's
    trained, theirs = load_file(tmp_path / "run" / "bundle.safetensors"), load_bundle(bundle).weights
    assert torch.equal(trained["spatial_stream.conv5.weight"], theirs["spatial_stream.conv5.weight"])
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["start"] == {"start_from_sha256": sha256(bundle)}
    training = load_bundle(tmp_path / "run" / "bundle.safetensors").training
    assert training["start"] == config["start"]
    assert training["recipe"]["start_from"] == "bundle.safetensors"  # without the user's folder


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_start_from_may_be_moved_but_not_changed_before_resuming(bundle, dataset, tmp_path):
    recipe = replace(SHORT, start_from=str(bundle))
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", model=SPATIAL, recipe=recipe, callbacks=[KillAt(1)])
    other = tmp_path / "other.safetensors"
    other.write_bytes(bundle.read_bytes() + b" ")
    with pytest.raises(ConfigError, match="start_from_sha256 is"):
        train(dataset, tmp_path / "run", model=SPATIAL, recipe=replace(recipe, start_from=str(other)))
    shutil.copy(bundle, tmp_path / "moved.safetensors")
    moved = replace(recipe, start_from=str(tmp_path / "moved.safetensors"))
    assert len(train(dataset, tmp_path / "run", model=SPATIAL, recipe=moved).epochs) == 2


def test_start_from_names_a_missing_bundle_before_anything_is_written(dataset, tmp_path):
    recipe = replace(ONE_EPOCH, start_from=str(tmp_path / "lost.safetensors"))
    with pytest.raises(BundleError, match=r"There is no file .*lost\.safetensors"):
        train(dataset, tmp_path / "run", recipe=recipe)
    assert not (tmp_path / "run").exists()


def test_start_from_can_be_unset_after_a_bundle_that_did_not_fit(bundle, dataset, tmp_path):
    flow = ModelConfig(architecture="flow")
    with pytest.raises(ConfigError, match="No stream can start"):
        train(dataset, tmp_path / "run", model=flow, recipe=replace(ONE_EPOCH, start_from=str(bundle)))
    assert len(train(dataset, tmp_path / "run", model=flow, recipe=ONE_EPOCH).epochs) == 1


def test_starting_model_fills_streams_from_a_weights_file(tmp_path):
    config = ModelConfig(architecture="spatial", stream="resnet50")
    learned = build_model(config, 6, seed=7).spatial_stream.state_dict()
    save_file({name: t.contiguous() for name, t in learned.items()}, tmp_path / "learned.safetensors")
    recipe = replace(ONE_EPOCH, weights=str(tmp_path / "learned.safetensors"))
    start = starting_model(config, recipe, num_classes=6)
    assert start.lines == ["Starting from pretrained weights: spatial_stream"]
    found = start.model.spatial_stream.state_dict()
    assert all(torch.equal(tensor, learned[name]) for name, tensor in found.items())
