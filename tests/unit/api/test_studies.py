from pathlib import Path
from typing import Any

import pytest

import ferfusion as fer
from ferfusion.compute import Compute
from ferfusion.studies.study_page import finish_study
from helpers.datasets import write_dataset
from helpers.fabricated_study import write_study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ferfusion.studies.study_page.draw_figures", lambda *_: {})
        page = finish_study(write_study(tmp_path_factory.mktemp("studies")))
    return fer.Study(page.parent)


@pytest.fixture
def called(monkeypatch):
    """The arguments with which ``study`` runs a study; the study itself stops at once."""
    arguments: dict[str, Any] = {}

    def run_study(dataset, folder, **settings):
        arguments.update(settings, dataset=dataset, folder=folder)
        raise fer.ConfigError("stop here")

    monkeypatch.setattr("ferfusion.studies.run_study.run_study", run_study)
    return arguments


def test_study_refuses_an_unfinished_folder(tmp_path):
    with pytest.raises(fer.RunError, match="is not a finished study"):
        fer.Study(tmp_path)


def test_study_is_a_short_line_and_a_table(study):
    assert repr(study) == f"Study('{study.folder}': 3 variants, 3 seeds, 12 people tested)"
    page = study._repr_html_()
    assert page.count("<tr") == 1 + 3
    assert "2 of 3 pairs of variants differ significantly" in page
    assert fer.Study(study) == study
    assert Path(study) == study.folder


def test_study_summary_is_text_with_intervals_baselines_and_letters(study):
    summary = study.summary.set_index("variant")
    rows = study.table.query("level == 'video'").set_index(["variant", "metric"])
    assert set(summary.index) == {"gap-concat", "gap-sum", "spatial"}
    for metric in ("uar", "war"):
        assert summary[metric.upper()].str.fullmatch(r"\d+\.\d\s% \(\d+ to \d+\s%\)").all()
        for name, text in summary[metric.upper()].items():
            assert text.startswith(f"{100 * rows.loc[(name, metric), 'value']:.1f}")
    assert summary["baseline UAR / WAR"].nunique() == 1
    assert summary["group"].tolist() == ["a", "a", "b"]
    assert set(summary["seeds"]) == {"3"}
    assert set(summary["people"]) == {"12"}


def test_study_has_verdict_protocol_baseline_and_cautions(study):
    assert study.verdict[0] == "2 of 3 pairs of variants differ significantly in UAR per video."
    assert study.protocol.startswith("Tested on 12 people (120 videos)")
    assert study.baseline.startswith("Baseline: always Sadness")
    assert [caution[:23] for caution in study.cautions] == ["Of equivalent variants,"]
    assert study.equivalences[0].startswith("gap-concat and flatten-concat are the same")
    assert study.confidence == 0.95


def test_study_letters_are_those_of_compared_metrics(study):
    table = study.letters
    assert set(table["metric"]) == {"uar", "war"}
    letters = table.query("level == 'video' and metric == 'uar'").set_index("variant")["letters"]
    assert letters["gap-concat"] == letters["gap-sum"] != letters["spatial"]


def test_study_tables_are_those_of_its_folder(study):
    assert len(study.comparisons) == 2 * 2 * 3
    assert study.costs["variant"].tolist() == ["gap-concat", "flatten-concat", "gap-sum", "spatial"]
    assert len(study.classes) == 3 * 2 * 6
    assert study.error_patterns["variant"].nunique() == 3
    assert study.report == study.folder / "report.html"


def test_study_plot_has_the_values_of_the_table(study):
    axes = study.plot("pair").axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    rows = study.table.query("level == 'pair'").set_index(["metric", "variant"])["value"]
    bars = [bars for bars in axes.containers if bars.get_label() in ("UAR", "WAR")]
    for metric, drawn in zip(("uar", "war"), bars, strict=True):
        assert [bar.get_width() for bar in drawn] == pytest.approx(rows[metric][names].tolist())


@pytest.mark.parametrize("level", ["videos", "wideo", "", "../video"])
def test_study_refuses_words_that_are_no_level(study, level):
    for call in (study.plot, lambda level: study.predictions("gap-sum", level)):
        with pytest.raises(fer.ConfigError, match=r"Unknown level '.*'; choose one of pair, video"):
            call(level)


def test_study_predictions_are_per_video_unless_pairs_are_wanted(study):
    assert len(study.predictions("gap-sum", "pair")) > len(study.predictions("gap-sum"))
    assert study.predictions("gap-sum").equals(study.predictions("gap-sum", "video"))


def test_study_verb_gives_each_setting_to_the_recipe_that_has_it(called, tmp_path):
    data = write_dataset(tmp_path / "data", frames=3)
    with pytest.raises(fer.ConfigError, match="stop here"):
        fer.study(data, tmp_path / "s", variants="fusions", seeds=2, stream="table1", epochs=3, device="cpu")
    assert (called["dataset"], called["folder"]) == (data, tmp_path / "s")
    assert called["plan"] == fer.StudyPlan(("fusions",), seeds=2)
    assert called["model"] == fer.ModelConfig(stream="table1")
    assert called["recipe"] == fer.TrainRecipe(epochs=3)
    assert called["compute"] == Compute("cpu")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"workers": 0}, "workers must be a whole number from 1 on, got 0"),
        ({"variants": [3]}, r"variants must be text, such as 'fusion=gap-sum'; got \(3,\)"),
        ({"variants": 3}, "variants must be of type tuple, got 3"),
        ({"sedes": 3}, r"Unknown setting 'sedes'; .*Did you mean 'seeds'"),
    ],
)
def test_study_verb_refuses_settings(tmp_path, settings, words):
    with pytest.raises(fer.ConfigError, match=words):
        fer.study(tmp_path / "data", tmp_path / "out", **settings)
