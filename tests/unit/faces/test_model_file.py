import os
import shutil
from dataclasses import replace

import pytest

from ferfusion.errors import ConfigError
from ferfusion.faces.model_file import MODEL_VARIABLE, model_sha256, named_model, pinned_model
from ferfusion.files import sha256_of
from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.recipe import PrepareRecipe

PLAIN = PrepareRecipe(detector="yunet")


def test_pinned_model_is_used_wherever_it_is(model, tmp_path, monkeypatch):
    copy = tmp_path / "renamed.onnx"
    shutil.copyfile(model, copy)
    recipe = replace(PLAIN, detector_sha256=model_sha256(copy))
    FramePreparer(recipe, detector_model=copy)
    FramePreparer(recipe, detector_model=model)
    assert os.environ[MODEL_VARIABLE] == ""
    monkeypatch.setenv(MODEL_VARIABLE, str(model))
    FramePreparer(recipe)


def test_pinned_model_returns_the_named_file_or_that_of_the_variable(other, monkeypatch):
    assert pinned_model(model_sha256(other), other) == other
    monkeypatch.setenv(MODEL_VARIABLE, str(other))
    assert pinned_model(model_sha256(other)) == other


def test_model_sha256_depends_on_the_content_and_not_on_the_path(other, tmp_path):
    copy, changed = tmp_path / "copy.onnx", tmp_path / "changed.onnx"
    shutil.copyfile(other, copy)
    changed.write_bytes(b"another network")
    recipes = [replace(PLAIN, detector_sha256=model_sha256(file)) for file in (other, copy, changed)]
    assert recipes[0].hash == recipes[1].hash != recipes[2].hash
    assert str(tmp_path) not in str(recipes[0].to_dict())


def test_pinned_model_names_the_file_that_it_needs_in_one_line(other, monkeypatch):
    needed = "ab" * 32
    start = f"The face detector needs the model file with SHA-256 {needed}; the environment variable "
    ends = {
        "": "names none",
        "gone.onnx": "names gone.onnx, which is not there",
        str(other): f"names {other}, whose SHA-256 is {sha256_of(other)}",
    }
    for name, end in ends.items():
        monkeypatch.setenv(MODEL_VARIABLE, name)
        with pytest.raises(ConfigError) as caught:
            FramePreparer(replace(PLAIN, detector_sha256=needed))
        assert str(caught.value) == f"{start}{MODEL_VARIABLE} {end}"


def test_pinned_model_refuses_a_recipe_without_a_file(other, monkeypatch):
    monkeypatch.setenv(MODEL_VARIABLE, str(other))
    with pytest.raises(
        ConfigError, match="which model file the detector uses; run ferfusion fetch yunet, or add"
    ):
        FramePreparer(PLAIN)


def test_preparer_refuses_a_file_for_a_detector_that_takes_none(other):
    with pytest.raises(ConfigError, match="The detector 'haar' takes no model file"):
        FramePreparer(PrepareRecipe(detector_sha256=model_sha256(other)))


def test_pinned_model_refuses_a_file_of_another_content(other, model):
    with pytest.raises(ConfigError, match=r"detector_model names .*other\.onnx, whose SHA-256 is"):
        FramePreparer(replace(PLAIN, detector_sha256=model_sha256(model)), detector_model=other)


def test_named_model_is_that_of_the_environment_variable(other, monkeypatch):
    with pytest.raises(ConfigError, match=f"name one in the environment variable {MODEL_VARIABLE}"):
        named_model()
    monkeypatch.setenv(MODEL_VARIABLE, str(other))
    assert named_model() == other


def test_model_sha256_refuses_a_missing_file(tmp_path):
    with pytest.raises(ConfigError, match=r"There is no model file .*gone\.onnx"):
        model_sha256(tmp_path / "gone.onnx")


def test_sha256_of_a_known_content(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
