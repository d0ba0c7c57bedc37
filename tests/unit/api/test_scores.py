import numpy as np
import pytest

import ferfusion as fer
from helpers.runs import fake_predictions, write_run


@pytest.fixture(scope="module")
def scores(tmp_path_factory, without_figures):
    return fer.evaluate(write_run(tmp_path_factory.mktemp("runs") / "run"), resamples=50)


def test_scores_have_a_row_per_part_level_and_metric(scores):
    table = scores.scores
    assert table.columns.tolist() == ["part", "level", "metric", "value", "low", "high", "baseline", "people"]
    assert len(table) == 2 * 2 * 3
    head = table.iloc[0]
    assert (head["part"], head["level"], head["metric"], head["people"]) == ("test", "video", "war", 4)
    assert head["baseline"] == pytest.approx(0.4)


@pytest.mark.parametrize("level", ["video", "pair"])
def test_scores_follow_from_the_confusion_matrix(scores, level):
    counts = scores.confusion("test", level).to_numpy()
    table = scores.scores.query(f"part == 'test' and level == '{level}'").set_index("metric")["value"]
    assert table["war"] == pytest.approx(np.trace(counts) / counts.sum())
    assert table["uar"] == pytest.approx((np.diag(counts) / counts.sum(axis=1)).mean())
    classes = scores.classes.query(f"part == 'test' and level == '{level}'")
    assert classes["support"].tolist() == counts.sum(axis=1).tolist()
    assert classes["predicted"].tolist() == counts.sum(axis=0).tolist()


def test_scores_summary_has_the_same_numbers_as_text(scores):
    for row, text in zip(
        scores.scores.query("metric == 'uar'").itertuples(), scores.summary["UAR"], strict=True
    ):
        assert text == (
            f"{100 * row.value:.1f}\N{NO-BREAK SPACE}% "
            f"({100 * row.low:.0f} to {100 * row.high:.0f}\N{NO-BREAK SPACE}%)"
        )


def test_scores_confusion_refuses_an_unknown_level_or_part(scores):
    with pytest.raises(fer.ConfigError, match="Unknown level 'vid'; choose one of pair, video"):
        scores.confusion("test", "vid")
    with pytest.raises(fer.RunError, match="has no train predictions"):
        scores.confusion("train")


def test_scores_name_run_report_baseline_and_protocol(scores):
    assert scores.report == scores.run.folder / "report.html"
    assert "always Sadness" in scores.baseline
    head = scores.scores.iloc[:2]["value"]
    assert repr(scores) == (
        f"Scores('{scores.run.folder}': test, per video: WAR {head[0]:.3f}, UAR {head[1]:.3f}, "
        "baseline 0.400 and 0.167; 4 people)"
    )
    page = scores._repr_html_()
    assert scores.protocol in page
    assert all(caution in page for caution in scores.cautions)
    assert "95% intervals over people" in page


def test_scores_votes_are_empty_without_votes(scores):
    assert scores.votes.empty
    assert scores.votes.columns.equals(scores.scores.columns)
    assert scores.vote_lines == []


def test_scores_plots_draw_the_part_that_is_named(scores):
    assert (
        scores.plot_confusion("validation", "pair")
        .axes[0]
        .get_title(loc="left")
        .startswith("Validation, per pair")
    )
    axes = scores.plot_recall("validation").axes[0]
    assert [bars.get_label() for bars in axes.containers] == ["per video", "per pair"]


def test_scores_have_the_groups_of_people_and_what_was_found(tmp_path, without_figures):
    run = write_run(
        tmp_path / "run", predictions=fake_predictions(pairs=1, subjects={"validation": 1, "test": 10})
    )
    assert fer.evaluate(run, resamples=20).groups.empty
    rows = [f"St{number:02d},{'fm'[number % 2]}" for number in range(10)]
    (run / "subjects.csv").write_text("\n".join(["subject,sex", *rows]) + "\n")
    scores = fer.evaluate(run, resamples=20)
    assert scores.groups.query("metric == 'war'")["people"].tolist() == [5, 5]
    assert scores.group_differences["column"].tolist() == ["sex"]
    assert scores.people["war_shrunk"].between(0, 1).all()
    sex, people = scores.people_lines
    assert sex.startswith("sex: no difference in UAR was found between f (5 people) and m (5)")
    assert people.startswith("People: no difference in accuracy between the 10 people was found")
