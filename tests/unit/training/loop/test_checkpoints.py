"""Files of every epoch, and early stopping by scripted scores."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from ferfusion.bundle import load_bundle
from ferfusion.compute import Compute
from ferfusion.evaluation.run_folder import EPOCH_COLUMNS
from ferfusion.models.build import build_model
from ferfusion.training.build import make_data, make_training, open_parts
from ferfusion.training.job import TrainJob
from ferfusion.training.loop.checkpoints import RunRecorder, stops_early
from ferfusion.training.loop.trainer import fit
from helpers.trainings import MODEL, SHORT, KillAt, KilledError, checkpoint, train

STOPPING = replace(SHORT, epochs=8, early_stopping=2)
SCORES = [0.3, 0.6, 0.5, 0.6, 0.9, 0.9, 0.9, 0.9]


def script(monkeypatch, scores):
    """Replace the validation scores by these."""
    monkeypatch.setattr(
        "ferfusion.training.loop.lightning_module.ExpressionTraining.score",
        property(lambda training: scores[training.current_epoch]),
    )


def scripted_scores(scores, patience, *, frozen=0):
    """The number of trained epochs, and the best one, with these validation scores."""
    best = epochs = 0
    for epochs in range(1, len(scores) + 1):
        if scores[epochs - 1] > (scores[best - 1] if best else float("-inf")):
            best = epochs
        if stops_early(epochs, max(best, frozen), patience):
            break
    return epochs, best


@pytest.mark.parametrize(
    ("scores", "patience", "expected"),
    [
        ([0.5, 0.4, 0.3, 0.9], 2, (3, 1)),
        ([0.5, 0.4, 0.6, 0.5, 0.5, 0.9], 2, (5, 3)),
        ([0.1, 0.2, 0.3, 0.4], 1, (4, 4)),
        ([0.5, 0.5, 0.5], 2, (3, 1)),  # as good as the best is not better
        ([0.5, 0.1, 0.1, 0.1, 0.1], 0, (5, 1)),
    ],
)
def test_stops_early_counts_epochs_since_the_best(scores, patience, expected):
    assert scripted_scores(scores, patience) == expected


def test_stops_early_does_not_count_epochs_with_frozen_streams():
    scores = [0.5, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]
    assert scripted_scores(scores, 2, frozen=3) == (5, 1)


def test_early_stopping_keeps_the_best_epoch(dataset, tmp_path, monkeypatch):
    script(monkeypatch, SCORES)
    result = train(dataset, tmp_path / "run", recipe=STOPPING)
    assert len(result.epochs) == 4
    assert load_bundle(tmp_path / "run" / "bundle.safetensors").training["epochs"] == 4
    # the weights of the second epoch: a run of two epochs ends with them
    train(dataset, tmp_path / "two", recipe=replace(SHORT, epochs=2))
    best = load_file(tmp_path / "run" / "checkpoints" / "best.safetensors")
    last = checkpoint(tmp_path / "two")["state_dict"]
    assert all(torch.equal(tensor, last[f"model.{name}"]) for name, tensor in best.items())


def test_early_stopping_trains_no_further_when_called_again(dataset, tmp_path, monkeypatch):
    script(monkeypatch, SCORES)
    train(dataset, tmp_path / "run", recipe=STOPPING)
    before = (tmp_path / "run" / "metrics.csv").read_bytes()
    (tmp_path / "run" / "bundle.safetensors").unlink()
    assert len(train(dataset, tmp_path / "run", recipe=STOPPING).epochs) == 4
    assert (tmp_path / "run" / "metrics.csv").read_bytes() == before


def test_early_stopping_resumes_its_count_after_a_kill(dataset, tmp_path, monkeypatch):
    script(monkeypatch, SCORES)
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", recipe=STOPPING, callbacks=[KillAt(3)])
    assert len(train(dataset, tmp_path / "run", recipe=STOPPING).epochs) == 4


def test_run_recorder_writes_every_metric_with_nine_digits(dataset, tmp_path):
    train(dataset, tmp_path / "run", recipe=SHORT)
    table = pd.read_csv(tmp_path / "run" / "metrics.csv", dtype=str)
    assert tuple(table.columns) == EPOCH_COLUMNS
    assert table["lr"].tolist() == ["0.0003", "0.0003"]
    state = checkpoint(tmp_path / "run")["callbacks"]
    [recorder] = [value for name, value in state.items() if "RunRecorder" in name]
    for row, kept in zip(table.to_dict("records"), recorder["rows"], strict=True):
        assert row == {name: f"{value:.9g}" for name, value in kept.items()}
    assert {path.name for path in (tmp_path / "run" / "checkpoints").iterdir()} == {
        "best.safetensors",
        "last.ckpt",
    }


def test_run_recorder_resumes_rows_and_best_epoch_from_its_state(tmp_path):
    first = RunRecorder(tmp_path, SHORT, announce=lambda row, *, is_best: None)
    first.load_state_dict({"rows": [{"epoch": 1.0}, {"epoch": 2.0}], "best_score": 0.5, "best_epoch": 1})
    second = RunRecorder(tmp_path, SHORT, announce=lambda row, *, is_best: None)
    second.load_state_dict(first.state_dict())
    assert second.best_row == {"epoch": 1.0}
    assert second.rows == first.rows
    # a copy: rows of the resumed run are not added to the state
    second.rows.append({"epoch": 3.0})
    assert len(first.rows) == 2


@pytest.mark.parametrize("frozen", [0, 1])
def test_run_recorder_stops_a_resumed_run_whose_patience_had_run_out(tmp_path, frozen):
    recipe = replace(STOPPING, frozen_epochs=frozen)
    recorder = RunRecorder(tmp_path, recipe, announce=lambda row, *, is_best: None)
    recorder.load_state_dict({"rows": [{}] * 2, "best_score": 0.5, "best_epoch": 0})
    trainer: Any = SimpleNamespace(should_stop=None, is_global_zero=True)
    recorder.on_fit_start(trainer, None)
    assert trainer.should_stop is (frozen == 0)


def test_run_recorder_writes_the_rows_that_a_killed_run_did_not_write(tmp_path):
    recorder = RunRecorder(tmp_path, SHORT, announce=lambda row, *, is_best: None)
    recorder.load_state_dict({"rows": [{"epoch": 1}, {"epoch": 2}], "best_score": 0.5, "best_epoch": 1})
    (tmp_path / "metrics.csv").write_text("epoch\n1\n")
    trainer: Any = SimpleNamespace(is_global_zero=True)
    recorder.on_fit_start(trainer, None)
    assert pd.read_csv(tmp_path / "metrics.csv")["epoch"].tolist() == [1, 2]


def test_run_recorder_adds_the_seconds_before_to_the_first_epoch(dataset, tmp_path):
    rows, are_best = [], []

    def announce(row, *, is_best):
        rows.append(row)
        are_best.append(is_best)

    recorder = RunRecorder(tmp_path / "run", SHORT, announce=announce, seconds_before=1000.0)
    job = TrainJob(dataset, tmp_path / "run", MODEL, SHORT, Compute("cpu"))
    source, pairs = open_parts(job)
    data = make_data(job, source, pairs)
    training = make_training(job, build_model(MODEL, 6, seed=0), data, pairs)
    fit(job, training, data, callbacks=[recorder], checkpoint=recorder.last_path)
    assert rows == recorder.rows
    assert are_best[0]
    assert rows[0]["seconds"] > 1000
    assert rows[1]["seconds"] < 1000
