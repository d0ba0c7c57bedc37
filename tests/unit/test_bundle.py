import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from ferfusion.bundle import Bundle, check_answers, check_recipe, load_bundle, save_bundle
from ferfusion.errors import BundleError, FileError
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.label_set import SEVEN, SIX
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.recipe import PrepareRecipe


@pytest.fixture(scope="module")
def bundle():
    config = ModelConfig(fusion="gap-sum", dropout=0.4)
    return Bundle(
        weights=build_model(config, 6, seed=4).state_dict(),
        model_config=config,
        labels=SIX,
        prepare_recipe=PrepareRecipe(margin=0.1),
        training={"corpus": "synthetic", "best_epoch": 3},
        metrics={"uar": 0.5, "confusion": [[3, 1, 0, 0, 0, 0]] * 6},
        rights="CC0 — frei für alle",
    )


@pytest.fixture
def path(bundle, tmp_path):
    save_bundle(tmp_path / "made" / "bundle.safetensors", bundle)
    return tmp_path / "made" / "bundle.safetensors"


def rewritten(path, **changes):
    """The same file with other metadata; None takes an entry out."""
    with safe_open(path, framework="pt") as file:
        metadata = {**file.metadata(), **changes}
    save_file(load_file(path), path, {key: value for key, value in metadata.items() if value is not None})
    return path


def test_load_bundle_returns_what_save_bundle_wrote(bundle, path):
    loaded = load_bundle(path)
    assert replace(loaded, weights={}) == replace(bundle, weights={})
    assert loaded.weights.keys() == bundle.weights.keys()
    assert all(torch.equal(loaded.weights[name], bundle.weights[name]) for name in bundle.weights)


def test_build_model_of_a_loaded_bundle_gives_the_same_output(bundle, path):
    spatial, flow = torch.rand(2, 2, 3, 48, 48)
    original, loaded = bundle.build_model(), load_bundle(path).build_model()
    assert not loaded.training
    assert torch.equal(original(spatial, flow), loaded(spatial, flow))


def test_load_bundle_turns_half_precision_into_single(bundle, path):
    halved = {name: tensor.half() for name, tensor in bundle.weights.items()}
    save_bundle(path, replace(bundle, weights=halved))
    loaded = load_bundle(path).weights
    assert {tensor.dtype for tensor in loaded.values()} == {torch.float32}
    assert all(torch.equal(loaded[name], halved[name].float()) for name in halved)


def test_save_bundle_writes_a_safetensors_file_that_others_may_read(path):
    assert path.stat().st_mode & 0o044
    with safe_open(path, framework="np") as file:
        metadata = file.metadata()
    assert metadata["format"] == "ferfusion-bundle"
    assert json.loads(metadata["labels"]) == list(SIX.names)
    assert metadata["prepare_recipe_hash"] == PrepareRecipe(margin=0.1).hash
    assert list(path.parent.iterdir()) == [path]


def test_load_bundle_names_a_missing_file(tmp_path):
    with pytest.raises(BundleError, match="There is no bundle"):
        load_bundle(tmp_path / "none.safetensors")


@pytest.mark.parametrize("keep", [0, 4, 100, 5000, -100])
def test_load_bundle_refuses_a_truncated_file_in_one_line(path, keep):
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BundleError, match="is damaged, or is not a bundle") as error:
        load_bundle(path)
    assert "\n" not in str(error.value)


def test_load_bundle_refuses_a_pickle(tmp_path):
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04cos\nsystem\n(S'echo'\ntR.")
    with pytest.raises(BundleError, match="is not a bundle"):
        load_bundle(tmp_path / "model.pkl")


def test_load_bundle_refuses_another_safetensors_file(tmp_path):
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(BundleError, match="is not a bundle"):
        load_bundle(tmp_path / "other.safetensors")


def test_load_bundle_refuses_a_newer_format(path):
    with pytest.raises(BundleError, match=r"bundle format '2'.* reads 1; it was written by ferfusion '9\.0'"):
        load_bundle(rewritten(path, format_version="2", version="9.0"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": None}, "no 'labels' in it"),
        ({"labels": "[oops"}, "Expecting value"),
        ({"labels": "3"}, "its labels must be a list of names, got 3"),
        ({"model": json.dumps({"fusion": "gap-mix"})}, "Unknown fusion 'gap-mix'"),
        ({"model": json.dumps({"backbone": "vgg16"})}, "Unknown model settings: backbone"),
        ({"prepare_recipe": json.dumps({"size": 64})}, "hash"),
    ],
)
def test_load_bundle_names_metadata_that_cannot_be_used(path, changes, message):
    with pytest.raises(BundleError, match=message) as error:
        load_bundle(rewritten(path, **changes))
    assert str(path) in str(error.value)


def test_load_bundle_refuses_weights_that_are_not_finite(bundle, tmp_path):
    weights = {**bundle.weights, "head.dense3.bias": torch.full((6,), torch.nan)}
    save_bundle(tmp_path / "nan.safetensors", replace(bundle, weights=weights))
    with pytest.raises(BundleError, match="has weights that are not all finite numbers"):
        load_bundle(tmp_path / "nan.safetensors")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metrics": {"calibration": {"temperature": -1}}}, r"temperature must be from 0\.05 to 20, got -1"),
        ({"metrics": {"calibration": {"temperature": 0}}}, r"temperature must be from 0\.05 to 20, got 0"),
        ({"metrics": '{"calibration": {"temperature": NaN}}'}, "the number NaN, which is not finite"),
        ({"metrics": {"calibration": {"temperature": None}}}, "temperature must be a number, got None"),
        ({"metrics": {"calibration": {"heat": 1}}}, "Unknown calibration settings: heat"),
        ({"metrics": {"calibration": [1]}}, r"calibration has a value of another type, \[1\]"),
        (
            {"metrics": {"calibration": {"abstain_below_pair": -1}}},
            "abstain_below_pair must be from 0 to 2",
        ),
        ({"metrics": {"uar": 1.5}}, r"uar must be from 0 to 1, got 1\.5"),
        ({"metrics": {"uar": "0.5"}}, "uar has a value of another type, '0.5'"),
        ({"metrics": {"confusion": [[1, 2], [3, 4]]}}, "a row and a column for each of 6 labels"),
        ({"metrics": []}, r"BundleMetrics must be named values, got \[\]"),
        ({"training": {"epochs": "many"}}, "epochs has a value of another type, 'many'"),
        ({"training": {"epochs": -1}}, r"epochs must be 0 or more and below 2\^53, got -1"),
        ({"training": {"seconds": 1e300}}, r"seconds must be 0 or more and below 2\^53, got 1e\+300"),
        ({"version": "1" * 101}, "version has 101 characters, at most 100 are read"),
        ({"labels": ["Anger", "Anger"]}, "two or more names, all of them different"),
        ({"labels": ["Anger", "anger"]}, "two or more names, all of them different"),
        ({"labels": '"Anger"'}, "must be a list of names, got 'Anger'"),
        ({"labels": ["Anger", 3]}, "must be a list of names"),
        ({"labels": ["Anger", "<b>\n"]}, "must be printable text of 1 to 60 characters"),
        ({"labels": ["Anger", "\udcff"]}, "must be printable text of 1 to 60 characters"),
        ({"labels": ["Anger", "a" * 61]}, "must be printable text of 1 to 60 characters"),
        ({"labels": [f"label {k}" for k in range(101)]}, "at most 100 names, got 101"),
        ({"labels": "[" * 10**5}, "nested too deep"),
        ({"labels": "x" * 2**21}, "'labels' has 2,097,152 characters, at most 1,048,576 are read"),
        ({"model": {"size": 64}}, "reads crops of 64 pixels, and its preparation makes crops of 48"),
        ({"model": {"architecture": "stack", "frames": 10**5}}, "frames must be from 3 to 64, got 100000"),
        ({"model": {"head_units": 10**9}}, "head_units must be from 1 to 8,192, got 1000000000"),
        ({"model": '{"dropout": 1e999}'}, "dropout must be at least 0 and below 1, got inf"),
        ({"model": '{"dropout": 0.1, "dropout": 0.2}'}, "the name 'dropout' comes twice"),
        ({"model": {"architecture": {}}}, "architecture must be text, got {}"),
        ({"model": 3}, "model settings must be named values, got 3"),
        ({"prepare_recipe": {"smoothing": 1e9}}, "smoothing must be from 0 to 1,000 frames"),
        ({"prepare_recipe": {"size": 48.5}}, r"size must be a whole number, got 48\.5"),
    ],
)
def test_load_bundle_refuses_values_beyond_their_bounds_in_one_line(path, changes, message):
    changes = {name: text if isinstance(text, str) else json.dumps(text) for name, text in changes.items()}
    with pytest.raises(BundleError, match=message) as error:
        load_bundle(rewritten(path, **changes))
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("kind", [torch.int32, torch.float64, torch.bfloat16, torch.int64])
def test_load_bundle_refuses_weights_of_another_type(bundle, tmp_path, kind):
    weights = {**bundle.weights, "head.dense3.bias": torch.ones(6, dtype=kind)}
    save_bundle(tmp_path / "other.safetensors", replace(bundle, weights=weights))
    with pytest.raises(BundleError, match=r"head\.dense3\.bias has the type .*, expected torch\.float32"):
        load_bundle(tmp_path / "other.safetensors")


def test_load_bundle_compares_shapes_before_it_reads_or_builds_tensors(bundle, path, monkeypatch):
    """A config at its bounds describes 45 GB of weights; the file has 7 MB."""
    monkeypatch.setattr("ferfusion.bundle.build_model", None)
    model = {**bundle.model_config.to_dict(), "fusion": "flatten-concat", "size": 512, "head_units": 8192}
    recipe = PrepareRecipe(size=512)
    changes = {"model": json.dumps(model), "prepare_recipe": json.dumps(recipe.to_dict())}
    with pytest.raises(BundleError, match=r"head\.dense1\.bias is \(1024,\), expected \(8192,\)"):
        load_bundle(rewritten(path, **changes, prepare_recipe_hash=recipe.hash))


def test_load_bundle_refuses_a_header_that_is_too_long(tmp_path):
    header = b'{"__metadata__":{"a":"' + b"a" * 2**22 + b'"}}'
    (tmp_path / "long.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(BundleError, match=r"its header has 4,194,3\d\d bytes, at most 4,194,304 are read"):
        load_bundle(tmp_path / "long.safetensors")


def test_check_answers_refuses_probabilities_that_are_not_finite():
    check_answers(np.full((2, 6), 1 / 6))
    with pytest.raises(BundleError, match="probabilities that are not finite numbers"):
        check_answers(np.array([[0.5, np.nan]]))


def test_build_model_refuses_weights_of_another_model(bundle):
    with pytest.raises(BundleError, match=r"head\.dense3\.bias is \(6,\), expected \(7,\)"):
        replace(bundle, labels=SEVEN).build_model()
    with pytest.raises(BundleError, match=r"head.dense1.weight is .*128.*, expected .*256"):
        replace(bundle, model_config=ModelConfig(fusion="gap-concat")).build_model()


def test_check_recipe_refuses_data_of_another_recipe(bundle):
    check_recipe(bundle, PrepareRecipe(margin=0.1))
    with pytest.raises(BundleError, match=r"margin is 0\.2, expected 0\.1") as error:
        check_recipe(bundle, PrepareRecipe(margin=0.2))
    assert "size" not in str(error.value)


@pytest.mark.parametrize(
    ("architecture", "window", "streams", "reads_flow"),
    [
        ("two-stream", 0, ("spatial", "flow"), True),
        ("spatial", 0, ("spatial",), False),
        ("flow", 0, ("flow",), True),
        ("lstm", 5, ("lstm",), False),
        ("three-stream-conv3d", 5, ("spatial", "flow", "conv3d"), True),
        ("hybrid", 0, ("spatial", "flow"), True),
    ],
)
def test_info_has_the_input_of_the_model(bundle, architecture, window, streams, reads_flow):
    config = ModelConfig(architecture=architecture, frames=5, frame_step=3, flow_encoding="hsv")
    info = replace(bundle, model_config=config).info
    assert (info.window, info.frame_step, info.streams) == (window, 3, streams)
    assert (info.reads_flow, info.flow_encoding) == (reads_flow, "hsv")


def test_info_has_labels_prepare_recipe_and_calibration(bundle):
    assert bundle.info.calibration == Calibration()
    metrics = {"calibration": {"temperature": 1.5, "abstain_below_pair": 0.4}}
    info = replace(bundle, metrics=metrics).info
    assert info.calibration == Calibration(1.5, 0.4)
    assert (info.labels, info.prepare_recipe) == (SIX, PrepareRecipe(margin=0.1))


def test_save_bundle_keeps_the_metadata_keys_of_the_format(path):
    """Bundles that were written before must stay readable."""
    with safe_open(path, framework="np") as file:
        assert set(file.metadata()) == {
            "format",
            "format_version",
            "version",
            "model",
            "labels",
            "prepare_recipe",
            "prepare_recipe_hash",
            "training",
            "metrics",
            "rights",
        }


def test_save_bundle_that_fails_leaves_the_old_file(bundle, path, monkeypatch):
    before = path.read_bytes()

    def break_off(partial, content):
        with partial.open("wb") as file:
            file.write(content[:100])
        raise OSError("no space left")

    monkeypatch.setattr("pathlib.Path.write_bytes", break_off)
    with pytest.raises(FileError, match="no space left"):
        save_bundle(path, replace(bundle, rights="other"))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
