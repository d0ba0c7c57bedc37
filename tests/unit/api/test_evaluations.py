import json
from dataclasses import replace

import pandas as pd
import pytest

import ferfusion as fer


@pytest.fixture(scope="module")
def data(trained):
    return fer.Dataset(trained.folder.parent / "data")


@pytest.mark.usefixtures("without_figures")
def test_evaluate_of_a_run_on_its_own_dataset_gives_the_scores_of_the_run(trained, data, tmp_path):
    measured = trained.evaluate(data, out=tmp_path / "out", resamples=30, progress=False)
    own = trained.evaluate(resamples=30)
    expected = own.scores.query("part == 'test'").reset_index(drop=True)
    pd.testing.assert_frame_equal(measured.scores, expected)
    assert (own.run.folder, measured.run) == (trained.folder, None)
    assert measured.report == tmp_path / "out" / "report.html"
    record = json.loads((tmp_path / "out" / "measurement.json").read_text(encoding="utf-8"))
    assert record["dataset"]["path"] == data.folder.as_posix()
    written = pd.read_csv(tmp_path / "out" / "predictions.csv")
    assert written["video"].tolist() == measured.predictions["video"].tolist()
    again = fer.evaluate(trained.folder, dataset=data, out=tmp_path / "out", resamples=30, progress=False)
    assert again.report.is_file()
    kept = (tmp_path / "out" / "measurement.json").read_bytes()
    with pytest.raises(fer.RunError, match=r"holds the measurement of another .*run/.* on .*data; .* --out"):
        fer.evaluate("shipped", dataset=data, out=tmp_path / "out", progress=False)
    assert (tmp_path / "out" / "measurement.json").read_bytes() == kept


def test_evaluate_of_a_model_writes_nothing_without_a_folder(trained, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scores = trained.model.evaluate(data, resamples=30, progress=False)
    assert scores.report is None
    assert list(tmp_path.iterdir()) == []
    assert "always" in scores.baseline
    assert repr(scores).startswith("Scores('run/bundle.safetensors on data': test, per video: WAR 0.")


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        (None, {}, "evaluate needs a run, or a model and a dataset"),
        ("run", {"part": "test"}, "part and out are for a measurement on a dataset"),
        ("run", {"out": "there"}, "part and out are for a measurement on a dataset"),
        ("run", {"dataset": "data", "part": "tests"}, "Unknown part 'tests'; choose one of all, test, train"),
        (
            "run",
            {"dataset": "data", "part": "train"},
            "The train part of data trained the model, and cannot measure it; measure --part test",
        ),
        ("shipped", {}, "shipped, the model that comes with the package, has no test people .* --dataset"),
        ("run", {"dataset": "data", "out": "data"}, "data holds other files; name a new folder"),
        ("shipped", {"dataset": "data"}, "detector is 'haar', expected .* --for shipped"),
    ],
)
def test_evaluate_refuses_what_it_cannot_measure(trained, monkeypatch, model, settings, message):
    monkeypatch.chdir(trained.folder.parent)
    with pytest.raises(fer.FerfusionError, match=message):
        fer.evaluate(model, progress=False, **settings)


def test_load_model_named_shipped_is_the_one_of_the_package(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert fer.load_model("shipped", device="cpu").name == model.name


def test_prepare_for_a_model_takes_its_settings_and_classes(trained, tmp_path):
    from ferfusion.api.datasets import _of_model

    recipe, labels = _of_model(trained.folder, fer.PrepareRecipe(), None)
    assert (recipe, labels) == (trained.model.prepare_recipe, trained.labels.names)
    assert _of_model(trained.folder, fer.PrepareRecipe(), "seven")[1] == "seven"
    every_sixth, _ = _of_model(trained.folder, fer.PrepareRecipe(keep_every=6), None)
    assert every_sixth == replace(recipe, keep_every=6)
    with pytest.raises(fer.ConfigError, match="prepared with the model's settings; unset size, margin"):
        fer.prepare(tmp_path, tmp_path / "data", for_model=trained, size=64, margin=0.2, progress=False)
