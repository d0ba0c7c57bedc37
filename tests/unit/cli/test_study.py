from types import SimpleNamespace
from typing import Any

from cyclopts import App

import ferfusion as fer
from ferfusion.cli.study import study


def test_study_has_plan_model_and_recipe_as_options_and_prints_its_report(monkeypatch, capsys, tmp_path):
    called: dict[str, Any] = {}

    def conduct(dataset, folder, **settings):
        called.update(settings, dataset=dataset, folder=folder)
        return SimpleNamespace(report=folder / "report.html")

    monkeypatch.setattr(fer, "study", conduct)
    app = App(default_command=study, result_action="return_value")
    line = [str(tmp_path / "data"), str(tmp_path / "study"), "--variants", "fusions", "--seeds", "3"]
    app([*line, "--stream", "table1", "--epochs", "2", "--device", "cpu"], exit_on_error=False)
    assert (called["dataset"], called["folder"]) == (tmp_path / "data", tmp_path / "study")
    assert called["plan"] == fer.StudyPlan(("fusions",), seeds=3)
    assert called["model"] == fer.ModelConfig(stream="table1")
    assert called["recipe"] == fer.TrainRecipe(epochs=2)
    assert called["device"] == "cpu"
    assert capsys.readouterr().out == f"Report: {tmp_path / 'study' / 'report.html'}\n"
