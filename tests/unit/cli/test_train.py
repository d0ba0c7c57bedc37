import re
from dataclasses import fields
from typing import Any

import pytest
from cyclopts import App

from ferfusion.cli.train import train
from ferfusion.compute import Compute
from ferfusion.errors import ConfigError
from ferfusion.models.config import ModelConfig
from ferfusion.training.recipe import TrainRecipe
from helpers.datasets import write_dataset


@pytest.fixture
def app():
    return App(default_command=train, result_action="return_value")


def test_train_has_the_settings_of_model_and_recipe_as_options(app, monkeypatch, tmp_path):
    called: dict[str, Any] = {}

    def train_run(dataset, run, **settings):
        called.update(settings, dataset=dataset, run=run)
        raise ConfigError("stop here")

    monkeypatch.setattr("ferfusion.training.train.train_run", train_run)
    dataset = write_dataset(tmp_path / "dataset", subjects=4, frames=3)
    line = [str(dataset), "runs/1", "--fusion", "flatten-sum", "--epochs", "20", "--no-augment"]
    with pytest.raises(ConfigError, match="stop here"):
        app([*line, "--learning-rate", "0.00001", "--shuffle-labels", "--device", "cpu"], exit_on_error=False)
    assert called["dataset"] == dataset
    assert called["compute"] == Compute("cpu")
    assert called["model_config"] == ModelConfig(fusion="flatten-sum")
    assert called["recipe"] == TrainRecipe(epochs=20, augment=False, learning_rate=1e-5, shuffle_labels=True)


def test_train_help_has_every_setting(app, capsys):
    app(["--help"])
    text = capsys.readouterr().out
    for config in (ModelConfig, TrainRecipe):
        for field in fields(config):
            assert f"--{field.name.replace('_', '-')}" in text
    assert "chance level" in text or "chance" in text


def test_train_prints_scores_beside_the_baseline(app, capsys, tmp_path):
    dataset = write_dataset(tmp_path / "dataset", subjects=4, frames=3)
    line = [str(dataset), str(tmp_path / "run"), "--architecture", "flow", "--epochs", "1"]
    app(line, exit_on_error=False)
    text = capsys.readouterr().out
    assert "Best epoch 1 of 1, on validation: WAR" in text
    assert text.count("baseline 16.7%") >= 2
    assert "Protocol: no person in two parts; validation chose the epoch; test read once." in text
    words = " ".join(text.split())
    assert re.search(r"Disk: about [\d.]+ MB for the run; .* are free\. .* Disk: [\d.]+ MB in", words)
    assert "The schedule triangular2 rises for 5 epochs and falls for 5; 1 epoch ends" in words
    assert (tmp_path / "run" / "bundle.safetensors").is_file()
    app(line, exit_on_error=False)
    words = " ".join(capsys.readouterr().out.split())
    assert "is finished" in words
    assert "Disk: about" not in words
