import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

from ferfusion.errors import ConfigError
from ferfusion.faces.boxes import iou
from ferfusion.faces.detector import grey_picture
from ferfusion.faces.haar import HaarDetector
from ferfusion.faces.model_file import MODEL_VARIABLE, model_sha256, pinned_model, sha256_of
from ferfusion.faces.yunet import YuNetDetector
from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.videos import decode_plainly

PLAIN = PrepareRecipe(detector="yunet")


@pytest.fixture(autouse=True)
def none_is_named(monkeypatch):
    monkeypatch.setenv(MODEL_VARIABLE, "")  # and as it was before, after the test


@pytest.fixture
def model(real_data):
    return real_data / "models" / "yunet_n_640_640.onnx"


@pytest.fixture
def other(tmp_path):
    path = tmp_path / "other.onnx"
    path.write_bytes(b"not a network")
    return path


def test_it_finds_the_face_that_haar_finds(model, sample_corpus):
    frame = decode_plainly(sample_corpus / "s05" / "fear" / "s05_fear_1.mp4")[0]
    planes = frame.reformat(format="yuv420p").to_ndarray()
    luma = np.ascontiguousarray(planes[: frame.height, : frame.width])
    [found] = YuNetDetector(model).detect(luma, min_side_px=40)
    [by_haar] = HaarDetector().detect(luma, min_side_px=40)
    assert iou(found.box, by_haar.box) > 0.7
    assert found.box[2] == found.box[3]
    assert YuNetDetector.min_score <= found.score <= 1


def test_a_named_file_is_used_wherever_it_lies(model, tmp_path, monkeypatch):
    copy = tmp_path / "renamed.onnx"
    shutil.copyfile(model, copy)
    recipe = replace(PLAIN, detector_sha256=model_sha256(copy))
    FramePreparer(recipe, detector_model=copy)
    FramePreparer(recipe, detector_model=model)
    assert os.environ[MODEL_VARIABLE] == ""
    monkeypatch.setenv(MODEL_VARIABLE, str(model))
    FramePreparer(recipe)


def test_a_recipe_depends_on_the_content_of_the_file_and_not_on_its_place(other, tmp_path):
    copy, changed = tmp_path / "copy.onnx", tmp_path / "changed.onnx"
    shutil.copyfile(other, copy)
    changed.write_bytes(b"another network")
    recipes = [replace(PLAIN, detector_sha256=model_sha256(file)) for file in (other, copy, changed)]
    assert recipes[0].hash == recipes[1].hash != recipes[2].hash
    assert str(tmp_path) not in str(recipes[0].to_dict())


def test_a_bundle_from_elsewhere_says_in_a_line_which_file_it_needs(other, monkeypatch):
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


def test_settings_that_pin_no_file_are_refused_even_where_one_is_named(other, monkeypatch):
    monkeypatch.setenv(MODEL_VARIABLE, str(other))
    with pytest.raises(ConfigError, match="which model file the detector uses; add --detector-model FILE"):
        FramePreparer(PLAIN)


def test_a_file_for_a_detector_that_takes_none_is_refused(other):
    with pytest.raises(ConfigError, match="The detector 'haar' takes no model file"):
        FramePreparer(PrepareRecipe(detector_sha256=model_sha256(other)))


def test_a_file_that_is_no_model_is_named(other, monkeypatch):
    assert pinned_model(model_sha256(other), other) == other
    monkeypatch.setenv(MODEL_VARIABLE, str(other))
    assert pinned_model(model_sha256(other)) == other
    with pytest.raises(ConfigError, match=r"other\.onnx is no YuNet model"):
        YuNetDetector(other)
    with pytest.raises(ConfigError, match=r"other\.onnx is no YuNet model"):
        YuNetDetector()  # the named one


def test_no_file_is_named_or_there(tmp_path):
    with pytest.raises(ConfigError, match=f"name one in the environment variable {MODEL_VARIABLE}"):
        YuNetDetector()
    with pytest.raises(ConfigError, match=r"There is no model file .*gone\.onnx"):
        model_sha256(tmp_path / "gone.onnx")


def test_luma_becomes_a_grey_picture_of_full_range():
    luma = np.uint8([[0, 16, 126, 235, 255]])
    assert grey_picture(luma).tolist() == [[[level] * 3 for level in (0, 0, 128, 255, 255)]]


def test_a_named_file_of_other_content_is_told(other, model):
    with pytest.raises(ConfigError, match=r"detector_model names .*other\.onnx, whose SHA-256 is"):
        FramePreparer(replace(PLAIN, detector_sha256=model_sha256(model)), detector_model=other)
