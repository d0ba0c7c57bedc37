from typing import Any

import pytest
from cyclopts import App

from ferfusion.bundle import Bundle, save_bundle
from ferfusion.cli.explain import explain
from ferfusion.errors import ConfigError
from ferfusion.explanation.recipe import ExplainRecipe
from ferfusion.inference.predictor import SHIPPED_NAME
from ferfusion.label_set import SIX
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.datasets import write_dataset
from helpers.runs import write_run
from helpers.videos import numbered, write_video


@pytest.fixture
def app():
    return App(default_command=explain, result_action="return_value")


@pytest.fixture
def bundle(tmp_path):
    config = ModelConfig(head_units=16)
    weights = build_model(config, 6).state_dict()
    path = tmp_path / "run" / "bundle.safetensors"
    save_bundle(path, Bundle(weights, config, SIX, PrepareRecipe(), {}, {}, "none"))
    return path


def test_explain_has_the_settings_of_its_recipe_as_options(app, monkeypatch, tmp_path):
    called: dict[str, Any] = {}

    def explain_run(run, recipe, **settings):
        called.update(settings, run=run, recipe=recipe)
        raise ConfigError("stop here")

    monkeypatch.setattr("ferfusion.explanation.explain_run.explain_run", explain_run)
    run = write_run(tmp_path / "run")
    there = write_dataset(tmp_path / "there", subjects=4, frames=3)
    line = [str(run), "--method", "grad-cam", "--part", "test", "--examples", "5", "--check"]
    with pytest.raises(ConfigError, match="stop here"):
        app([*line, "--dataset", str(there)], exit_on_error=False)
    assert called["recipe"] == ExplainRecipe(method="grad-cam", part="test", examples=5)
    assert (called["check"], called["dataset"], called["run"]) == (True, there, run)


def test_explain_needs_a_run_or_a_video(app, bundle):
    for line in ([str(bundle)], []):
        with pytest.raises(ConfigError, match="needs a run folder or a --video"):
            app(line, exit_on_error=False)


def test_explain_of_a_video_alone_takes_the_model_of_the_package(app, monkeypatch, tmp_path):
    called: dict[str, Any] = {}

    def explain_footage(footage, source, predictor, folder, **settings):
        called.update(settings, name=predictor.name)
        return folder

    monkeypatch.setattr("ferfusion.inference.drawing.explained_video.explain_footage", explain_footage)
    video = write_video(tmp_path / "clip.mp4", numbered(4))
    line = ["--video", str(video), "--out", str(tmp_path / "out"), "--why-not", "Fear"]
    app(line, exit_on_error=False)
    assert (called["name"], called["why_not"]) == (SHIPPED_NAME, "Fear")


@pytest.mark.parametrize("by", ["run", "bundle"])
def test_explain_of_a_video_takes_a_run_or_a_bundle(app, capsys, bundle, tmp_path, by):
    video = write_video(tmp_path / "clip.mp4", numbered(4))
    model = bundle if by == "bundle" else bundle.parent
    app([str(model), "--video", str(video), "--out", str(tmp_path / "out")], exit_on_error=False)
    assert (tmp_path / "out" / "clip" / "explained.mp4").is_file()
    assert "explained.mp4" in capsys.readouterr().out
