"""A whole evaluation: the files and the figures."""

from pathlib import Path

import pandas as pd
import pytest

from ferfusion.errors import FileError
from ferfusion.evaluation.evaluate import evaluate_run
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.reporting.columns.page import table_kind
from helpers.html_page import Page
from helpers.runs import fake_predictions, write_run

QUICK = EvaluateRecipe(resamples=50)
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    return evaluate_run(write_run(tmp_path_factory.mktemp("runs") / "gap-concat"), QUICK)


def test_evaluate_run_writes_every_file(evaluated):
    folder = evaluated.report.parent
    tables = {path.name for path in folder.glob("*.csv")}
    matrices = {f"confusion_{part}_{level}" for part in ("test", "validation") for level in ("pair", "video")}
    assert tables >= {f"{name}.csv" for name in (*matrices, "scores", "per_class", "predictions_videos")}
    figures = {path.stem for path in (folder / "figures").glob("*.png")}
    learning = {"learning_loss", "learning_scores", "learning_rate"}
    assert figures == {
        *matrices,
        *(f"{name}_counts" for name in matrices),
        *learning,
        "recall",
        "class_histogram",
    }
    assert all(path.read_bytes().startswith(PNG) for path in (folder / "figures").glob("*.png"))


def test_evaluate_run_gives_the_same_bytes_again(tmp_path, evaluated):
    again = evaluate_run(write_run(tmp_path / "gap-concat"), QUICK)
    assert again.report.read_bytes() == evaluated.report.read_bytes()


def test_evaluate_run_writes_the_scores_that_it_returns(evaluated):
    table = pd.read_csv(evaluated.report.parent / "scores.csv")
    row = table[(table["part"] == "test") & (table["level"] == "video") & (table["metric"] == "uar")].iloc[0]
    estimate = evaluated.scored.of("test", "video").uar
    assert row["value"] == pytest.approx(estimate.value)
    assert row["low"] == pytest.approx(estimate.interval.low)
    assert row["baseline"] == pytest.approx(estimate.baseline)


def test_evaluate_run_that_cannot_write_leaves_the_old_report(tmp_path, monkeypatch):
    run = write_run(tmp_path / "run")
    monkeypatch.setattr("ferfusion.evaluation.evaluate.draw_figures", lambda *_: {})
    before = evaluate_run(run, QUICK).report.read_bytes()

    def full_disk(path, text, **settings):
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_text", full_disk)
    with pytest.raises(FileError, match="No space"):
        evaluate_run(run, EvaluateRecipe(resamples=60))
    assert (run / "report.html").read_bytes() == before
    assert not list(run.glob(".*"))


@pytest.fixture
def grouped_run(tmp_path, monkeypatch):
    """A run of twelve test people with the columns that they have."""
    monkeypatch.setattr("ferfusion.evaluation.evaluate.draw_figures", lambda *_: {})
    run = write_run(
        tmp_path / "run", predictions=fake_predictions(pairs=1, subjects={"validation": 1, "test": 12})
    )
    rows = [f"St{number:02d},{'fm'[number % 2]},{20 + number}" for number in range(12)]
    (run / "subjects.csv").write_text("\n".join(["subject,sex,<b>age</b>", *rows, "Sv00,x,99"]) + "\n")
    return run


def test_evaluate_run_scores_the_groups_of_its_test_people(grouped_run):
    page = Page(evaluate_run(grouped_run, QUICK).report.read_text(encoding="utf-8"))
    groups = pd.read_csv(grouped_run / "groups.csv").query("metric == 'uar'")
    assert list(zip(groups["column"], groups["group"], groups["people"], strict=True)) == [
        ("sex", "f", 6),
        ("sex", "m", 6),
        ("<b>age</b>", "20 to 23", 4),
        ("<b>age</b>", "24 to 27", 4),
        ("<b>age</b>", "28 to 31", 4),
    ]
    videos = pd.read_csv(grouped_run / "predictions_videos.csv")
    women = videos[videos["subject"].isin([f"St{number:02d}" for number in range(0, 12, 2)])]
    right = women["emotion"] == women["expression"]
    assert groups["value"].iloc[0] == pytest.approx(right.groupby(women["emotion"]).mean().mean())
    differences = pd.read_csv(grouped_run / "group_differences.csv")
    assert differences[["column", "first", "second"]].to_numpy().tolist() == [["sex", "f", "m"]]
    people = pd.read_csv(grouped_run / "people.csv")
    for name in ("groups.csv", "group_differences.csv", "people.csv", "subjects.csv"):
        columns = pd.read_csv(grouped_run / name).columns
        assert table_kind("RUN", name).unknown(list(columns)) == []
    between = people["war"].mean()
    assert ((people["war_shrunk"] - between).abs() <= (people["war"] - between).abs() + 1e-9).all()
    assert page.open_tags == []
    for words in ("<b>age</b>", "too few people for a claim", "Protocol: no person in two parts", "28 to 31"):
        assert words in page.words
    assert "f (6 people) and m (6)" in page.words


def test_evaluate_run_without_columns_of_people_writes_no_groups(grouped_run):
    evaluate_run(grouped_run, QUICK)
    (grouped_run / "subjects.csv").unlink()
    page = Page(evaluate_run(grouped_run, QUICK).report.read_text(encoding="utf-8"))
    assert not list(grouped_run.glob("group*.csv"))
    assert (
        "no columns of people, such as age or sex, so that groups of people cannot be compared" in page.words
    )
