from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
from cyclopts import App

import ferfusion as fer
from ferfusion.cli.study import study

ROW = {
    "UAR": "60.0 % (40 to 80 %)",
    "WAR": "70.0 % (50 to 90 %)",
    "baseline UAR / WAR": "33.3 % / 50.0 %",
    "group": "ab",
    "seeds": "2",
    "people": "1",
}


def test_study_has_plan_model_and_recipe_as_options_and_prints_its_table(monkeypatch, capsys, tmp_path):
    called: dict[str, Any] = {}

    def conduct(dataset, folder, **settings):
        called.update(settings, dataset=dataset, folder=folder)
        return SimpleNamespace(
            report=folder / "report.html",
            confidence=0.95,
            is_of_models=bool(settings["models"]),
            summary=pd.DataFrame([ROW | {"variant": name} for name in ("gap-sum", "[flow]")]),
            verdict=["gap-sum and [flow] do not differ."],
            protocol="Tested on 1 person.",
            baseline="Baseline: always Fear.",
            cautions=["One person was tested."],
            people_lines=["sex: nothing is claimed."],
        )

    monkeypatch.setattr(fer, "study", conduct)
    app = App(default_command=study, result_action="return_value")
    line = [str(tmp_path / "data"), str(tmp_path / "study"), "--variants", "fusions", "--seeds", "3"]
    app([*line, "--stream", "table1", "--epochs", "2", "--device", "cpu"], exit_on_error=False)
    assert (called["dataset"], called["folder"]) == (tmp_path / "data", tmp_path / "study")
    assert called["plan"] == fer.StudyPlan(("fusions",), seeds=3)
    assert called["model"] == fer.ModelConfig(stream="table1")
    assert called["recipe"] == fer.TrainRecipe(epochs=2)
    assert called["device"] == "cpu"
    printed = capsys.readouterr().out
    assert f"Report: {tmp_path / 'study' / 'report.html'}" in printed.replace("\n", "")
    words = " ".join(printed.split())
    for text in ("60.0 %", "40 to 80 %", "33.3 %", "[flow]", "ab", "Tested on 1 person.", "always Fear"):
        assert text in words
    for text in ("One person was tested.", "sex: nothing is claimed."):
        assert text in words
    assert "gap-sum and [flow] do not differ." in words
    called.clear()
    app([*line[:2], "--models", "ours", "theirs.onnx", "--part", "all"], exit_on_error=False)
    assert called["models"] == [Path("ours"), Path("theirs.onnx")]
    assert called["part"] == "all"
    assert not {"plan", "model", "recipe"} & set(called)
    assert "Models that share a letter" in capsys.readouterr().out


def test_study_takes_several_datasets_and_the_folder_last(monkeypatch, capsys, tmp_path):
    called: dict[str, Any] = {}
    row = {"trained on": "a", "UAR": "60.0 % (40 to 80 %)", "WAR": "70.0 % (50 to 90 %)"}
    row |= {"baseline UAR / WAR": "33.3 % / 50.0 %", "seeds": "2", "people": "1"}

    def conduct(dataset, folder, **settings):
        called.update(settings, dataset=dataset, folder=folder)
        return SimpleNamespace(
            report=folder / "report.html",
            confidence=0.95,
            summary=pd.DataFrame([row | {"tested on": name} for name in ("a, held out", "b")]),
            verdict=["a to b."],
            protocol="Tested.",
            baseline="Baseline.",
            cautions=[],
            people_lines=[],
        )

    monkeypatch.setattr(fer, "study", conduct)
    app = App(default_command=study, result_action="return_value")
    places = [tmp_path / name for name in ("a", "b", "c", "out")]
    app([*map(str, places), "--protocol", "each-to-each"], exit_on_error=False)
    assert (called["dataset"], called["folder"]) == (places[:3], places[3])
    assert called["plan"] == fer.StudyPlan(protocol="each-to-each")
    words = " ".join(capsys.readouterr().out.split())
    for text in ("trained on", "UAR 60.0 %", "WAR 70.0 %", "1 held-out person", "33.3 % / 50.0 %"):
        assert text in words
