"""Runs side by side."""

import pandas as pd
import pytest

from ferfusion.cli.compare import compare
from ferfusion.errors import ConfigError, RunError
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.studies.comparison import compare_runs, comparison_table, write_comparison
from ferfusion.studies.published import PUBLISHED
from helpers.runs import fake_config, fake_predictions, write_run

QUICK = EvaluateRecipe(resamples=50)


def run(folder, *, seed=0, keep=None, **model):
    table = fake_predictions(seed=seed, pairs=3)
    return write_run(
        folder, predictions=table if keep is None else table.query(keep), config=fake_config(**model)
    )


def test_the_table_has_a_row_per_run_with_both_levels(tmp_path):
    comparison = compare_runs(
        [run(tmp_path / "a", fusion="gap-sum"), run(tmp_path / "b", seed=1, fusion="gap-average")], QUICK
    )
    table = comparison_table(comparison)
    assert table["run"].tolist() == ["a", "b"]
    assert table["fusion"].tolist() == ["gap-sum", "gap-average"]
    assert table["published_accuracy"].tolist() == [0.5648, 0.5766]
    assert table["minutes"].tolist() == pytest.approx([3.0] * 2)  # 24 epochs of 7.5 s
    for level in ("video", "pair"):
        for metric in ("war", "uar", "macro_f1"):
            name = f"{level}_{metric}"
            assert (table[f"{name}_low"] <= table[name]).all()
            assert (table[name] <= table[f"{name}_high"]).all()
            assert (table[f"{name}_baseline"] > 0).all()
    assert comparison.warnings == ()


def test_other_test_videos_are_said(tmp_path):
    first, second = run(tmp_path / "a"), run(tmp_path / "b", keep="video != 'St00_fear_0'")
    comparison = compare_runs([first, second], QUICK)
    assert "b and a do not have the same test videos (1 are in one of the two only)" in comparison.warnings[0]
    assert comparison_table(comparison)["same_test_videos_as_first"].tolist() == [True, False]


def test_other_validation_videos_do_not_matter(tmp_path):
    runs = [run(tmp_path / "a"), run(tmp_path / "b", keep="video != 'Sv00_fear_0'")]
    assert compare_runs(runs, QUICK).warnings == ()


def test_the_same_function_is_named_and_a_repeat_is_not(tmp_path):
    runs = [
        run(tmp_path / "flatten", fusion="flatten-sum"),
        run(tmp_path / "gap", fusion="gap-sum"),
        run(tmp_path / "gap-again", fusion="gap-sum", seed=1),
    ]
    assert compare_runs(runs[1:], QUICK).equivalences == ()
    (sentence,) = compare_runs(runs, QUICK).equivalences
    assert sentence.startswith("flatten, gap and gap-again are the same function")


def test_sum_and_average_are_the_same_up_to_scale(tmp_path):
    runs = [run(tmp_path / "a", fusion="gap-sum"), run(tmp_path / "b", fusion="gap-average")]
    (sentence,) = compare_runs(runs, QUICK).equivalences
    assert sentence.startswith("a and b can represent the same functions")


def test_page_and_chart_are_written_and_self_contained(tmp_path):
    runs = [
        run(tmp_path / "a", fusion="flatten-concat"),
        run(tmp_path / "b", seed=1, architecture="spatial"),
    ]
    page = write_comparison(compare_runs(runs, QUICK), tmp_path / "out")
    html = page.read_text(encoding="utf-8")
    assert html.count("data:image/png;base64,") == 2
    assert "http" not in html
    for words in ("57.7", "displayed expression", "accuracy</dt>", "spatial, gap, listing stream"):
        assert words in html
    assert len(pd.read_csv(tmp_path / "out" / "comparison.csv")) == 2
    assert (tmp_path / "out" / "figures" / "comparison_video.png").is_file()


def test_folders_of_one_name_keep_apart(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "y").mkdir()
    comparison = compare_runs([run(tmp_path / "x" / "run"), run(tmp_path / "y" / "run")], QUICK)
    assert len({compared.name for compared in comparison.runs}) == 2


def test_one_run_or_a_run_twice_is_refused(tmp_path):
    one = run(tmp_path / "a")
    for paths in ([], [one], [one, one]):
        with pytest.raises(ConfigError, match="two or more different runs"):
            compare_runs(paths, QUICK)


def test_a_run_without_test_predictions_is_refused(tmp_path):
    runs = [run(tmp_path / "a"), run(tmp_path / "b", keep="part == 'validation'")]
    with pytest.raises(RunError, match="b has no test predictions"):
        compare_runs(runs, QUICK)


def test_the_published_sizes_are_those_of_the_networks():
    assert {row.parameters for name, row in PUBLISHED.items() if "concat" in name} == {3_961_350}
    assert {row.parameters for name, row in PUBLISHED.items() if "concat" not in name} == {3_699_206}


def test_the_command_prints_runs_and_where_the_page_is(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    compare(run(tmp_path / "a"), run(tmp_path / "b", seed=1), out=tmp_path / "out", recipe=QUICK)
    printed = capsys.readouterr().out
    for words in ("WAR", "UAR", "1,919,238", str(tmp_path / "out" / "comparison.html")):
        assert words in printed
