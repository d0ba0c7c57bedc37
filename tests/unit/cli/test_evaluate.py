import re
import shlex
from pathlib import Path

import pytest

import ferfusion as fer
from ferfusion.bundle import save_bundle
from ferfusion.cli import build_app
from ferfusion.cli.evaluate import evaluate, score_cell, scores_table
from helpers.bundles import untrained_bundle
from helpers.datasets import write_dataset
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


def test_measure_page_shows_commands_that_can_be_given_as_they_stand():
    page = (Path(__file__).parents[3] / "docs" / "measure.md").read_text(encoding="utf-8")
    lines = re.findall(r"^    ferfusion (.+)$", page, re.M)
    assert [line.split()[0] for line in lines] == [
        "prepare",
        "evaluate",
        "study",
        "prepare",
        "prepare",
        "split",
        "train",
        "study",
    ]
    for line in lines:
        tokens = shlex.split(line)
        build_app(tokens[0]).parse_args(tokens, exit_on_error=False, print_error=False)


@pytest.mark.usefixtures("without_figures")
def test_evaluate_on_a_dataset_writes_a_folder_and_prints_what_is_known(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    bundle = untrained_bundle(architecture="spatial", head_units=8)
    save_bundle(tmp_path / "bundle.safetensors", bundle)
    evaluate(tmp_path / "bundle.safetensors", dataset=write_dataset(tmp_path / "data", frames=2))
    printed = " ".join(capsys.readouterr().out.split())
    assert "Protocol: the test part was predicted once" in printed
    assert "What this model was trained on is not known." in printed
    assert "Report: measurement/report.html" in printed
