"""A whole evaluation: the files and the figures."""

from pathlib import Path

import pandas as pd
import pytest

from ferfusion.errors import FileError
from ferfusion.evaluation.evaluate import evaluate_run
from ferfusion.evaluation.recipe import EvaluateRecipe
from helpers.runs import write_run

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
