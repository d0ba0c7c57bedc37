"""Runs side by side."""

import pandas as pd
import pytest

from ferfusion.errors import ConfigError, RunError
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.studies.comparison import compare_runs, comparison_table, write_comparison
from helpers.runs import fake_config, fake_predictions, write_run

QUICK = EvaluateRecipe(resamples=50)


def run(folder, *, seed=0, keep=None, **model):
    table = fake_predictions(seed=seed, pairs=3)
    return write_run(
        folder, predictions=table if keep is None else table.query(keep), config=fake_config(**model)
    )


def test_comparison_table_has_a_row_per_run_with_both_levels(tmp_path):
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


def test_differences_name_other_test_videos(tmp_path):
    first, second = run(tmp_path / "a"), run(tmp_path / "b", keep="video != 'St00_fear_0'")
    comparison = compare_runs([first, second], QUICK)
    assert "b and a do not have the same test videos (1 are in one of the two only)" in comparison.warnings[0]
    assert comparison_table(comparison)["same_test_videos_as_first"].tolist() == [True, False]


def test_differences_ignore_other_validation_videos(tmp_path):
    runs = [run(tmp_path / "a"), run(tmp_path / "b", keep="video != 'Sv00_fear_0'")]
    assert compare_runs(runs, QUICK).warnings == ()


def test_equivalences_name_the_same_function_but_not_a_repeat(tmp_path):
    runs = [
        run(tmp_path / "flatten", fusion="flatten-sum"),
        run(tmp_path / "gap", fusion="gap-sum"),
        run(tmp_path / "gap-again", fusion="gap-sum", seed=1),
    ]
    assert compare_runs(runs[1:], QUICK).equivalences == ()
    (sentence,) = compare_runs(runs, QUICK).equivalences
    assert sentence.startswith("flatten, gap and gap-again are the same function")


def test_equivalences_name_sum_and_average_as_equal_up_to_a_factor(tmp_path):
    runs = [run(tmp_path / "a", fusion="gap-sum"), run(tmp_path / "b", fusion="gap-average")]
    (sentence,) = compare_runs(runs, QUICK).equivalences
    assert sentence.startswith("a and b can represent the same functions")


def test_write_comparison_writes_a_self_contained_page(tmp_path):
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


def test_compare_runs_gives_folders_of_one_name_different_names(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "y").mkdir()
    comparison = compare_runs([run(tmp_path / "x" / "run"), run(tmp_path / "y" / "run")], QUICK)
    assert len({compared.name for compared in comparison.runs}) == 2


def test_compare_runs_refuses_one_run_or_a_run_twice(tmp_path):
    one = run(tmp_path / "a")
    for paths in ([], [one], [one, one]):
        with pytest.raises(ConfigError, match="two or more different runs"):
            compare_runs(paths, QUICK)


def test_compare_runs_refuses_a_run_without_test_predictions(tmp_path):
    runs = [run(tmp_path / "a"), run(tmp_path / "b", keep="part == 'validation'")]
    with pytest.raises(RunError, match="b has no test predictions"):
        compare_runs(runs, QUICK)
