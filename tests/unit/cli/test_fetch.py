import shutil

import pytest

from ferfusion.cli import build_app
from ferfusion.errors import ConfigError
from ferfusion.faces.official_model import OFFICIAL_MODELS
from ferfusion.inference.predictor import load_predictor


@pytest.fixture
def in_cache(real_data, tmp_path, monkeypatch):
    """A cache that holds YuNet's file."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = OFFICIAL_MODELS["yunet"].path
    path.parent.mkdir(parents=True)
    return shutil.copy(real_data / "models" / "yunet_n_640_640.onnx", path)


def run(*arguments):
    build_app(str(arguments[0])).meta([str(one) for one in arguments], result_action="return_value")


def test_fetch_prints_the_path_of_the_file(in_cache, capsys):
    run("fetch", "yunet")
    assert capsys.readouterr().out.strip() == str(in_cache)


def test_fetch_of_an_unknown_name_names_the_known_ones():
    with pytest.raises(ConfigError, match="yunet"):
        run("fetch", "yunett")


def test_fetched_yunet_is_used_by_prepare_and_by_the_shipped_model(in_cache, sample_corpus, tmp_path):
    listed = tmp_path / "list.csv"
    video = sample_corpus / "s01" / "fear" / "s01_fear_1.mp4"
    listed.write_text(f"path,label,subject\n{video},Fear,s01\n", encoding="utf-8")
    data = tmp_path / "data"
    run("prepare", listed, data, "--detector", "yunet", "--no-images")
    assert OFFICIAL_MODELS["yunet"].sha256 in (data / "dataset.json").read_text(encoding="utf-8")
    assert load_predictor().info.prepare_recipe.detector == "yunet"


def test_shipped_model_detects_with_mtcnn_without_a_fetched_file(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert load_predictor().info.prepare_recipe.detector == "mtcnn"
