import shutil

import pandas as pd
import pytest
from matplotlib.figure import Figure

import ferfusion as fer
from helpers.datasets import write_dataset
from helpers.html_page import Page
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
    with pytest.raises(fer.ConfigError, match="Unknown level 'videos'; choose one of pair, video"):
        comparison.plot("videos")


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


@pytest.fixture(scope="module")
def mixed(trained, foreign):
    """A run, a network of others, and the bundle of the run, all on the test people of the run."""
    return fer.compare(
        [trained, foreign.path, trained.folder / "bundle.safetensors"], progress=False, resamples=20
    )


def test_compare_measures_models_on_the_test_people_of_the_first_run(mixed):
    table = mixed.table.set_index("run")
    assert list(table.index) == ["run", "theirs", "run-bundle"]
    assert table["same_test_videos_as_first"].all()
    # the run's own bundle predicts what the run has predicted, on the five classes that all have
    scores = [name for name in table if name.startswith(("video_", "pair_"))]
    ours, again = table.loc["run", scores], table.loc["run-bundle", scores]
    pd.testing.assert_series_equal(ours, again, check_names=False, check_dtype=False, atol=1e-5)
    assert table["test_videos"].tolist() == [5, 5, 5]
    assert table.loc["theirs", ["architecture", "fusion", "minutes", "parameters"]].isna().all()
    assert mixed.warnings == ()


def test_compare_states_what_is_not_known_of_a_model(mixed):
    summary = mixed.summary.set_index("run")
    assert summary.loc["theirs", ["parameters", "minutes"]].tolist() == ["n/a", "n/a"]
    assert "All are scored on the 5 classes that all have" in mixed.cautions[0]
    assert any(
        line.startswith("theirs: what this model was trained on is not known") for line in mixed.cautions
    )
    assert "theirs: the test part of data was predicted once" in mixed.protocol
    assert mixed.protocol.count("Protocol: ") == 1
    assert mixed.tested == "Test part"


def test_compare_page_has_a_row_for_each_model(mixed, tmp_path, monkeypatch):
    monkeypatch.setattr("ferfusion.studies.comparison.comparison_figure", lambda *_: Figure(figsize=(1, 1)))
    words = Page(mixed.save(tmp_path / "out").read_text(encoding="utf-8")).words
    for text in ("3 models side by side", "theirs", "n/a", "study --models"):
        assert text in words
    assert pd.read_csv(tmp_path / "out" / "comparison.csv")["fusion"].isna().tolist() == [False, True, True]


def test_compare_of_models_alone_needs_a_dataset(trained, foreign):
    models = [foreign, trained.folder / "bundle.safetensors"]
    with pytest.raises(fer.ConfigError, match="name it with --dataset"):
        fer.compare(models)
    data = trained.config["dataset"]["path"]
    found = fer.compare(models, dataset=data, progress=False, resamples=20)
    assert repr(found) == "Comparison(theirs, run)"


def test_compare_names_a_missing_dataset_of_the_run(foreign, tmp_path):
    run = write_run(tmp_path / "a")
    with pytest.raises(fer.DatasetError, match=r"sample, the dataset of .*a, is missing; name its place"):
        fer.compare([run, foreign])


def test_compare_names_the_model_that_cannot_be_measured(trained):
    with pytest.raises(fer.BundleError, match=r"^shipped: .* was prepared in another way"):
        fer.compare([trained, "shipped"])


@pytest.mark.parametrize(("name", "error"), [("gone.onnx", fer.BundleError), ("gone", fer.RunError)])
def test_compare_names_a_missing_model_or_run(trained, tmp_path, name, error):
    with pytest.raises(error, match=name):
        fer.compare([trained, tmp_path / name])


def test_compare_on_a_named_dataset_gives_all_the_same_people(trained, tmp_path):
    own = trained.config["dataset"]["path"]
    paths = [trained.folder, shutil.copytree(trained.folder, tmp_path / "copy")]
    with_own = fer.compare(paths, dataset=own, progress=False, resamples=20)
    pd.testing.assert_frame_equal(with_own.table, fer.compare(paths, resamples=20).table)
    other = write_dataset(tmp_path / "other", frames=2, subjects=3, seed=5)
    (other / "splits.csv").unlink()
    (other / "splits.json").unlink()
    found = fer.compare(paths, dataset=other, progress=False, resamples=20)
    assert found.table["test_subjects"].tolist() == [3, 3]
    assert found.tested == "Whole dataset"
    assert found.protocol.count("other was predicted once") == 1
