import pytest

import ferfusion as fer
from ferfusion.cli.evaluate import evaluate, score_cell, scores_table
from helpers.runs import write_run


def test_score_cell_has_the_interval_below_the_score():
    assert score_cell("54.7 % (35 to 88 %)") == "[bold]54.7 %[/bold]\n[dim]35 to 88 %[/dim]"


@pytest.fixture
def without_figures(monkeypatch):
    monkeypatch.setattr("ferfusion.evaluation.evaluate.draw_figures", lambda *_: {})


@pytest.mark.usefixtures("without_figures")
def test_evaluate_prints_both_metrics_and_where_the_report_is(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    run = write_run(tmp_path / "run")
    evaluate(run, recipe=fer.EvaluateRecipe(resamples=50))
    printed = capsys.readouterr().out
    for words in (
        "WAR",
        "UAR",
        "macro-F1",
        "Protocol: no person in two parts",
        "always Sadness",
        str(run / "report.html"),
    ):
        assert words in printed
    assert "The test part has 4 people" in " ".join(printed.split())


@pytest.mark.usefixtures("without_figures")
def test_scores_table_has_a_row_per_part_and_level(tmp_path):
    table = scores_table(fer.evaluate(write_run(tmp_path / "run"), resamples=20))
    assert table.row_count == 4
    assert [column.header for column in table.columns][1:3] == ["WAR", "UAR"]
