"""Runs side by side."""

import pandas as pd
import pytest

from ferfusion.errors import ConfigError, RunError
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.studies.comparison import compare_runs, comparison_table, write_comparison
from helpers.runs import fake_config, fake_predictions, write_run

QUICK = EvaluateRecipe(resamples=50)


def run(folder, *, seed=0, keep=None, corpus="sample", **model):
    table = fake_predictions(seed=seed, pairs=3)
    config = fake_config(**model)
    config["dataset"]["corpus"] = corpus
    return write_run(folder, predictions=table if keep is None else table.query(keep), config=config)


def test_comparison_table_has_a_row_per_run_with_both_levels(tmp_path):
    comparison = compare_runs(
        [run(tmp_path / "a", fusion="gap-sum"), run(tmp_path / "b", seed=1, fusion="gap-average")], QUICK
    )
    table = comparison_table(comparison)
    assert table["run"].tolist() == ["a", "b"]
    assert table["fusion"].tolist() == ["gap-sum", "gap-average"]
    assert "published_accuracy" not in table
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
    assert (
        "b and a do not have the same test videos: 1 video is in one of the two only"
        in comparison.warnings[0]
    )
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
        run(tmp_path / "a", fusion="flatten-concat", corpus="baum1s"),
        run(tmp_path / "b", seed=1, architecture="spatial", corpus="baum1s"),
    ]
    page = write_comparison(compare_runs(runs, QUICK), tmp_path / "out")
    html = page.read_text(encoding="utf-8")
    assert html.count("data:image/png;base64,") == 2
    assert "http" not in html
    for words in ("57.7", "displayed expression", "accuracy</dt>", "spatial, gap, listing stream"):
        assert words in html
    assert len(pd.read_csv(tmp_path / "out" / "comparison.csv")) == 2
    assert (tmp_path / "out" / "figures" / "comparison_video.png").is_file()


@pytest.mark.parametrize(("corpus", "shown"), [("baum1", True), ("baum1a", True), ("csv", False)])
def test_comparison_has_the_accuracies_of_the_report_for_baum1_only(tmp_path, corpus, shown):
    runs = [run(tmp_path / name, fusion=f"gap-{name}", corpus=corpus) for name in ("sum", "average")]
    comparison = compare_runs(runs, QUICK)
    table = comparison_table(comparison)
    assert comparison.has_published is shown
    found = table["published_accuracy"].tolist() if "published_accuracy" in table else []
    assert found == ([0.5648, 0.5766] if shown else [])


def test_comparison_page_of_one_person_and_a_tie_has_no_other_accuracy_and_no_highest(tmp_path):
    runs = [run(tmp_path / name, keep="part == 'validation' or subject == 'St00'") for name in "ab"]
    html = write_comparison(compare_runs(runs, QUICK), tmp_path / "out").read_text(encoding="utf-8")
    assert "a and b have the same mean recall (UAR) per test video" in html
    assert "One tested person gives no interval, so no difference between the runs can be judged." in html
    assert "54.6" not in html
    assert "overlap" not in html.split("How to read it")[0]


def test_comparison_protocol_is_one_line_for_runs_of_one_protocol(tmp_path):
    runs = [run(tmp_path / "a"), run(tmp_path / "b")]
    assert compare_runs(runs, QUICK).protocol.startswith("Protocol: no person in two parts;")


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
