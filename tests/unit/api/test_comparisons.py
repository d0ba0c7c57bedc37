import pandas as pd
import pytest

import ferfusion as fer
from helpers.runs import fake_config, fake_predictions, write_run


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    root = tmp_path_factory.mktemp("comparisons")
    first = write_run(root / "a", config=fake_config(fusion="gap-sum"))
    fewer = fake_predictions(seed=1, pairs=3).query("video != 'St00_fear_0'")
    second = write_run(root / "b", predictions=fewer, config=fake_config(fusion="flatten-sum"))
    return fer.compare([fer.Run(first), str(second)], resamples=40, confidence=0.9)


@pytest.mark.usefixtures("without_figures")
def test_comparison_has_the_scores_of_each_run(comparison):
    table = comparison.table.set_index("run")
    assert table["fusion"].to_dict() == {"a": "gap-sum", "b": "flatten-sum"}
    for name in "ab":
        scores = fer.evaluate(_folder(comparison, name), resamples=40, confidence=0.9).scores
        of_video = scores.query("part == 'test' and level == 'video'").set_index("metric")
        assert table.loc[name, "video_uar"] == of_video.loc["uar", "value"]
        assert table.loc[name, "video_uar_low"] == of_video.loc["uar", "low"]
        assert table.loc[name, "video_war_baseline"] == of_video.loc["war", "baseline"]


def _folder(comparison, name):
    return next(one.run.path for one in comparison._scored.runs if one.name == name)


def test_comparison_summary_is_text_with_intervals(comparison):
    summary = comparison.summary
    assert summary["run"].tolist() == ["a", "b"]
    assert summary["model"].tolist()[0] == "two-stream, gap-sum fusion, listing stream"
    assert summary["UAR"].str.fullmatch(r"\d+\.\d\s% \(\d+ to \d+\s%\)").all()


def test_comparison_is_a_short_line_and_a_table_with_its_warnings(comparison):
    assert repr(comparison) == "Comparison(a, b)"
    page = comparison._repr_html_()
    assert "90% intervals over people" in page
    assert "b and a do not have the same test videos" in page
    assert "a and b are the same function" in page


def test_comparison_plot_has_a_row_per_run(comparison):
    axes = comparison.plot("pair").axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert axes.get_title(loc="left").startswith("UAR and WAR per pair")


def test_comparison_save_writes_table_page_and_figures(comparison, tmp_path):
    page = comparison.save(str(tmp_path / "out"))
    assert page == tmp_path / "out" / "comparison.html"
    assert len(pd.read_csv(tmp_path / "out" / "comparison.csv")) == 2
    assert {file.stem for file in (tmp_path / "out" / "figures").iterdir()} == {
        "comparison_video",
        "comparison_pair",
    }


def test_compare_refuses_a_single_run(comparison):
    for runs in (_folder(comparison, "a"), [_folder(comparison, "a")] * 2):
        with pytest.raises(fer.ConfigError, match="compare needs two or more different runs"):
            fer.compare(runs)
