from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from ferfusion.bundle import load_bundle
from ferfusion.training.loop.checkpoints import stops_early
from helpers.trainings import SHORT, KillAt, KilledError, checkpoint, train

STOPPING = replace(SHORT, epochs=8, early_stopping=2)
SCORES = [0.3, 0.6, 0.5, 0.6, 0.9, 0.9, 0.9, 0.9]


def script(monkeypatch, scores):
    """Let validation give these scores."""
    monkeypatch.setattr(
        "ferfusion.training.loop.lightning_module.ExpressionTraining.score",
        property(lambda training: scores[training.current_epoch]),
    )


def scripted_scores(scores, patience, *, frozen=0):
    """How many epochs are trained, and which is the best, if validation gives these scores."""
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
def test_patience_counts_epochs_since_the_best(scores, patience, expected):
    assert scripted_scores(scores, patience) == expected


def test_epochs_with_frozen_streams_try_nobodys_patience():
    scores = [0.5, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]
    assert scripted_scores(scores, 2, frozen=3) == (5, 1)


def test_a_run_stops_early_and_keeps_its_best_epoch(dataset, tmp_path, monkeypatch):
    script(monkeypatch, SCORES)
    result = train(dataset, tmp_path / "run", recipe=STOPPING)
    assert len(result.epochs) == 4
    assert load_bundle(tmp_path / "run" / "bundle.safetensors").training["epochs"] == 4
    # the second epoch's weights, which a run of two epochs ends with
    train(dataset, tmp_path / "two", recipe=replace(SHORT, epochs=2))
    best = load_file(tmp_path / "run" / "checkpoints" / "best.safetensors")
    last = checkpoint(tmp_path / "two")["state_dict"]
    assert all(torch.equal(tensor, last[f"model.{name}"]) for name, tensor in best.items())


def test_a_run_that_stopped_early_goes_no_further_when_called_again(dataset, tmp_path, monkeypatch):
    script(monkeypatch, SCORES)
    train(dataset, tmp_path / "run", recipe=STOPPING)
    before = (tmp_path / "run" / "metrics.csv").read_bytes()
    (tmp_path / "run" / "bundle.safetensors").unlink()
    assert len(train(dataset, tmp_path / "run", recipe=STOPPING).epochs) == 4
    assert (tmp_path / "run" / "metrics.csv").read_bytes() == before


def test_patience_goes_on_counting_after_a_kill(dataset, tmp_path, monkeypatch):
    script(monkeypatch, SCORES)
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", recipe=STOPPING, callbacks=[KillAt(3)])
    assert len(train(dataset, tmp_path / "run", recipe=STOPPING).epochs) == 4
