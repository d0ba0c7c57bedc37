import numpy as np
import pytest
from cyclopts import App

from ferfusion.bundle import Bundle, load_bundle, save_bundle
from ferfusion.cli.explain import check_lines, explain
from ferfusion.errors import ConfigError
from ferfusion.evaluation.uncertainty import Interval
from ferfusion.explain.randomisation import RandomisedStep
from ferfusion.explain.recipe import ExplainRecipe
from ferfusion.explain.trust import DeletionCheck, MapChecks, RandomisationCheck
from ferfusion.inference.predictor import SHIPPED
from ferfusion.labels import SIX
from ferfusion.models.config import ModelConfig
from ferfusion.models.zoo import build_model
from ferfusion.prepare.recipe import PrepareRecipe
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


def test_settings_are_options(app, monkeypatch, tmp_path):
    asked = {}

    def explain_run(run, recipe, **settings):
        asked.update(settings, run=run, recipe=recipe)
        raise ConfigError("stop here")

    monkeypatch.setattr("ferfusion.cli.explain.explain_run", explain_run)
    line = [str(tmp_path), "--method", "grad-cam", "--part", "test", "--examples", "5", "--check"]
    with pytest.raises(ConfigError, match="stop here"):
        app([*line, "--dataset", "there"], exit_on_error=False)
    assert asked["recipe"] == ExplainRecipe(method="grad-cam", part="test", examples=5)
    assert (asked["check"], str(asked["dataset"])) == (True, "there")


def test_without_a_run_or_a_video_there_is_nothing_to_explain(app, bundle):
    for line in ([str(bundle)], []):
        with pytest.raises(ConfigError, match="needs a run folder, whose pairs it explains, or a --video"):
            app(line, exit_on_error=False)


def test_a_video_alone_is_explained_by_the_model_that_comes_with_it(app, monkeypatch, tmp_path):
    asked = {}

    def explain_video(video, bundle, folder, **settings):
        asked.update(bundle=bundle, folder=folder)
        return folder

    monkeypatch.setattr("ferfusion.cli.explain.explain_video", explain_video)
    video = write_video(tmp_path / "clip.mp4", numbered(4))
    app(["--video", str(video), "--out", str(tmp_path / "out")], exit_on_error=False)
    assert asked["bundle"].labels == load_bundle(SHIPPED).labels
    assert asked["folder"] == tmp_path / "out" / "clip"


@pytest.mark.parametrize("by", ["run", "bundle"])
def test_a_video_is_explained_by_a_run_or_a_bundle(app, capsys, bundle, tmp_path, by):
    video = write_video(tmp_path / "clip.mp4", numbered(4))
    model = bundle if by == "bundle" else bundle.parent
    app([str(model), "--video", str(video), "--out", str(tmp_path / "out")], exit_on_error=False)
    assert (tmp_path / "out" / "clip" / "explained.mp4").is_file()
    assert "explained.mp4" in capsys.readouterr().out


def test_what_the_checks_found_is_said_in_lines():
    curves = {"map": np.zeros(3), "random": np.ones(3)}
    deletion = DeletionCheck(
        "grad-cam", "flow", curves, {"map": 0.25, "random": 0.5}, 0.25, Interval(0.2, 0.3)
    )
    steps = [RandomisedStep("", {"flow": 1.0}), RandomisedStep("dense3", {"flow": 0.125})]
    checks = MapChecks(12, 1, (deletion,), (RandomisationCheck("grad-cam", steps, {"flow": 0.1}),))
    assert check_lines(checks) == [
        "Deletion, 12 pairs of one person: area under the curve, by the map and at random",
        "  Grad-CAM, flow: 0.250 against 0.500, 0.250 less (95 % interval 0.200 to 0.300)",
        "Random weights: rank correlation with the trained model's maps, layer by layer",
        "  Grad-CAM, flow: 1.00, 0.12",
    ]
