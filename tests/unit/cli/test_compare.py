import pytest
from rich.console import Console

import ferfusion as fer
from ferfusion.cli.compare import compare, runs_table
from helpers.runs import fake_config, fake_predictions, write_run

QUICK = fer.EvaluateRecipe(resamples=40)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("compare")
    fewer = fake_predictions(seed=1, pairs=3).query("video != 'St00_fear_0'")
    return [
        write_run(root / "a", config=fake_config(fusion="gap-sum")),
        write_run(root / "b", predictions=fewer, config=fake_config(fusion="flatten-sum")),
    ]


def test_compare_prints_runs_warnings_and_where_the_page_is(runs, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    compare(*runs, out=tmp_path / "out", recipe=QUICK)
    printed = capsys.readouterr().out
    for words in (
        "WAR",
        "UAR",
        f"{fer.Run(runs[0]).config['parameters']:,}",
        str(tmp_path / "out" / "comparison.html"),
    ):
        assert words in printed
    text = " ".join(printed.split())
    assert "Not comparable: b and a do not have the same test videos" in text
    assert "Note: a and b are the same function" in text


def test_runs_table_has_a_row_per_run(runs):
    comparison = fer.compare(runs, recipe=QUICK)
    table = runs_table(comparison)
    assert table.row_count == 2
    console = Console(width=160)
    with console.capture() as captured:
        console.print(table)
    printed = captured.get()
    for row in comparison.summary.to_dict("records"):
        for cell in (row["run"], row["model"], row["parameters"], row["UAR"].partition(" (")[0]):
            assert cell in printed
