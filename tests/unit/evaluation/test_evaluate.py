"""A whole evaluation: the files, the figures and the page."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from ferfusion.cli.evaluate import evaluate
from ferfusion.evaluation.evaluate import evaluate_run
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.labels import SEVEN
from helpers.runs import fake_config, fake_predictions, write_run

QUICK = EvaluateRecipe(resamples=50)
PNG = b"\x89PNG\r\n\x1a\n"


class Page(HTMLParser):
    """The text of a page, and everything that it would load."""

    def __init__(self, html):
        super().__init__()
        self.text, self.loads, self.alts, self.open_tags = "", [], [], []
        self._in_style = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self._in_style = tag == "style"
        if tag not in {"meta", "img", "br"}:
            self.open_tags.append(tag)
        self.loads += [values[name] for name in ("src", "href") if name in values]
        if tag == "img":
            self.alts.append(values.get("alt", ""))

    def handle_endtag(self, tag):
        self._in_style = False
        assert self.open_tags.pop() == tag

    def handle_data(self, data):
        if not self._in_style:
            self.text += data

    @property
    def words(self):
        return re.sub(r"\s+", " ", self.text)


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    return evaluate_run(write_run(tmp_path_factory.mktemp("runs") / "gap-concat"), QUICK)


@pytest.fixture(scope="module")
def page(evaluated):
    return Page(evaluated.report.read_text(encoding="utf-8"))


def test_every_file_is_written(evaluated):
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


def test_the_page_needs_nothing_but_itself(page, evaluated):
    assert page.loads
    assert all(load.startswith("data:image/png;base64,") for load in page.loads)
    assert "http" not in page.words
    assert "@import" not in evaluated.report.read_text(encoding="utf-8")


def test_the_page_is_whole(page):
    assert page.open_tags == []
    assert all(page.alts)


def test_war_never_stands_without_uar_and_the_baseline(page, evaluated):
    head = evaluated.scored.of("test", "video")
    for estimate in (head.war, head.uar):
        assert f"{100 * estimate.value:.1f} %" in page.words
        assert f"{100 * estimate.majority:.1f} %" in page.words
    assert "Always answering “Sadness” would give 40.0 % and 16.7 %" in page.words


def test_the_page_states_protocol_and_limits(page):
    for words in ("displayed expression", "does not read minds", "predicted once", "Nobody is in two parts"):
        assert words in page.words
    assert "fewer than 10" in page.words  # four people


def test_the_page_holds_the_whole_recipe(page):
    config = fake_config()
    for section in ("model", "recipe"):
        assert all(key in page.words for key in config[section])
    assert "recipe.keep_every" in page.words


def test_the_same_run_gives_the_same_bytes(tmp_path, evaluated):
    again = evaluate_run(write_run(tmp_path / "gap-concat"), QUICK)
    assert again.report.read_bytes() == evaluated.report.read_bytes()


def test_written_scores_are_those_returned(evaluated):
    table = pd.read_csv(evaluated.report.parent / "scores.csv")
    row = table[(table["part"] == "test") & (table["level"] == "video") & (table["metric"] == "uar")].iloc[0]
    estimate = evaluated.scored.of("test", "video").uar
    assert row["value"] == pytest.approx(estimate.value)
    assert row["low"] == pytest.approx(estimate.interval.low)
    assert row["baseline"] == pytest.approx(estimate.majority)


def test_a_write_that_fails_leaves_the_old_report(tmp_path, monkeypatch):
    run = write_run(tmp_path / "run")
    before = evaluate_run(run, QUICK).report.read_bytes()

    def full_disk(path, text, **settings):
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_text", full_disk)
    with pytest.raises(OSError, match="No space"):
        evaluate_run(run, EvaluateRecipe(resamples=60))
    assert (run / "report.html").read_bytes() == before
    assert not list(run.glob(".*"))


def test_other_label_sets_and_one_person_are_reported(tmp_path):
    table = fake_predictions(labels=SEVEN, subjects={"validation": 1, "test": 1}, pairs=2)
    config = fake_config(labels=SEVEN)
    words = Page(
        evaluate_run(write_run(tmp_path / "run", config=config, predictions=table), QUICK).report.read_text()
    ).words
    assert "no interval: one subject" in words
    assert "the 7 expressions" in words


def test_a_model_that_knows_nothing_is_called_so(tmp_path):
    run = write_run(tmp_path / "run", predictions=fake_predictions(skill=0.0, seed=1))
    words = Page(evaluate_run(run, QUICK).report.read_text()).words
    assert "does not show that the model recognises expressions" in words
    assert "On accuracy alone (WAR), always answering “Sadness” would be as good or better" in words


def test_names_from_the_run_are_text_not_markup(tmp_path):
    config = json.loads(json.dumps(fake_config()).replace('"sample"', '"<script>alert(1)</script>"'))
    html = evaluate_run(write_run(tmp_path / "run", config=config), QUICK).report.read_text()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_command_prints_both_metrics_and_where_the_report_is(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    run = write_run(tmp_path / "run")
    evaluate(run, recipe=QUICK)
    printed = capsys.readouterr().out
    for words in (
        "WAR",
        "UAR",
        "macro-F1",
        "Protocol: people held apart",
        "always Sadness",
        str(run / "report.html"),
    ):
        assert words in printed
