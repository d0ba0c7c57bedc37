import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from ferfusion.bundle import Bundle, check_recipe, load_bundle, save_bundle
from ferfusion.errors import BundleError
from ferfusion.labels import SEVEN, SIX
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
        metrics={"uar": 0.5, "uar_interval": [0.4, 0.6]},
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


def test_everything_comes_back(bundle, path):
    loaded = load_bundle(path)
    assert replace(loaded, weights={}) == replace(bundle, weights={})
    assert loaded.weights.keys() == bundle.weights.keys()
    assert all(torch.equal(loaded.weights[name], bundle.weights[name]) for name in bundle.weights)


def test_the_loaded_model_gives_the_same_output(bundle, path):
    spatial, flow = torch.rand(2, 2, 3, 48, 48)
    original, loaded = bundle.build_model(), load_bundle(path).build_model()
    assert not loaded.training
    assert torch.equal(original(spatial, flow), loaded(spatial, flow))


def test_half_precision_weights_come_back_as_single(bundle, path):
    halved = {name: tensor.half() for name, tensor in bundle.weights.items()}
    save_bundle(path, replace(bundle, weights=halved))
    loaded = load_bundle(path).weights
    assert {tensor.dtype for tensor in loaded.values()} == {torch.float32}
    assert all(torch.equal(loaded[name], halved[name].float()) for name in halved)


def test_the_file_is_a_plain_safetensors_file_that_others_may_read(path):
    assert path.stat().st_mode & 0o044
    with safe_open(path, framework="np") as file:
        metadata = file.metadata()
    assert metadata["format"] == "ferfusion-bundle"
    assert json.loads(metadata["labels"]) == list(SIX.names)
    assert metadata["prepare_recipe_hash"] == PrepareRecipe(margin=0.1).hash
    assert list(path.parent.iterdir()) == [path]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BundleError, match="There is no bundle"):
        load_bundle(tmp_path / "none.safetensors")


@pytest.mark.parametrize("keep", [0, 4, 100, 5000, -100])
def test_a_file_cut_short_is_refused_in_one_line(path, keep):
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BundleError, match="is damaged, or is not a bundle") as error:
        load_bundle(path)
    assert "\n" not in str(error.value)


def test_another_kind_of_file_is_refused(tmp_path):
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04cos\nsystem\n(S'echo'\ntR.")
    with pytest.raises(BundleError, match="is not a bundle"):
        load_bundle(tmp_path / "model.pkl")


def test_a_safetensors_file_of_another_kind_is_refused(tmp_path):
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(BundleError, match="is not a bundle"):
        load_bundle(tmp_path / "other.safetensors")


def test_a_newer_format_is_refused(path):
    with pytest.raises(BundleError, match=r"bundle format '2'.* reads 1; it was written by ferfusion 9\.0"):
        load_bundle(rewritten(path, format_version="2", version="9.0"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": None}, "no 'labels' in it"),
        ({"labels": "[oops"}, "Expecting value"),
        ({"labels": "3"}, "not iterable"),
        ({"model": json.dumps({"fusion": "gap-mix"})}, "Unknown fusion 'gap-mix'"),
        ({"model": json.dumps({"backbone": "vgg16"})}, "Unknown model settings: backbone"),
        ({"prepare_recipe": json.dumps({"size": 64})}, "hash"),
    ],
)
def test_metadata_that_cannot_be_used_is_named(path, changes, message):
    with pytest.raises(BundleError, match=message) as error:
        load_bundle(rewritten(path, **changes))
    assert str(path) in str(error.value)


def test_weights_that_are_no_numbers_are_refused(bundle, tmp_path):
    weights = {**bundle.weights, "head.dense3.bias": torch.full((6,), torch.nan)}
    save_bundle(tmp_path / "nan.safetensors", replace(bundle, weights=weights))
    with pytest.raises(BundleError, match="not all finite"):
        load_bundle(tmp_path / "nan.safetensors")


def test_weights_of_another_model_are_refused(bundle):
    with pytest.raises(BundleError, match=r"head\.dense3\.bias is \(6,\), expected \(7,\)"):
        replace(bundle, labels=SEVEN).build_model()
    with pytest.raises(BundleError, match=r"head.dense1.weight is .*128.*, expected .*256"):
        replace(bundle, model_config=ModelConfig(fusion="gap-concat")).build_model()


def test_data_of_the_same_recipe_is_read_and_of_another_refused(bundle):
    check_recipe(bundle, PrepareRecipe(margin=0.1))
    with pytest.raises(BundleError, match=r"margin is 0\.2, expected 0\.1") as error:
        check_recipe(bundle, PrepareRecipe(margin=0.2))
    assert "size" not in str(error.value)
