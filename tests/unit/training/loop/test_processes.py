"""Several processes train one model together: the same batches, shared, to the same weights."""

import io
import multiprocessing
import os
import signal
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from lightning.pytorch import Callback
from safetensors.torch import load_file

from ferfusion.data.batches import Draws, PairBatches, Share
from ferfusion.data.recipe import Augmentation
from ferfusion.data.row_order import Shuffled
from ferfusion.errors import ConfigError
from ferfusion.models.config import ModelConfig
from helpers.trainings import RECIPE, SHORT, KillAt, KilledError, lines_into, open_reader, train

# Without dropout: each process has draws of its own. With few units: of thousands, one may lie so near the
# kink of its ReLU that rounding decides on which side, and so whether it has a gradient.
MODEL = ModelConfig(architecture="flow", dropout=0.0, head_units=64)
TOLERANCE = 1e-5
"""Largest difference of any weight and metric: sums of gradients are rounded in another order."""


def largest_differences(first, second):
    one, other = load_file(first), load_file(second)
    return {name: float((one[name] - other[name]).abs().max()) for name in one}


class Terminate(Callback):
    def on_train_batch_end(self, *_):
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def reader(dataset):
    return open_reader(dataset)


@pytest.mark.parametrize("processes", [2, 3, 5])
def test_share_of_every_process_together_is_the_batch(reader, processes):
    def batches(share):
        return PairBatches(
            reader,
            Shuffled(np.arange(34)),
            np.arange(len(reader)) % 6,
            batch_size=8,
            flow_encoding="uvm",
            draws=Draws(3, lambda: 1, Augmentation()),
            share=share,
        )

    shared = [list(batches(Share(rank, processes))) for rank in range(processes)]
    whole = list(batches(Share()))
    assert len(whole) == len(batches(Share(0, processes))) == 5
    assert {batch.weight for batch in whole} == {1.0}
    for batch, *parts in zip(whole, *shared, strict=True):
        counted = [part for part in parts if part.weight]
        for name in ("rows", "codes", "spatial", "flow"):
            expected, found = getattr(batch, name), torch.cat([getattr(part, name) for part in counted])
            assert torch.equal(expected, found), name
        # the mean of weighted means is the mean of the whole
        weighted = sum(part.weight * part.spatial.mean() for part in parts) / processes
        assert float(weighted) == pytest.approx(float(batch.spatial.mean()), rel=1e-5)


@pytest.mark.slow
def test_processes_train_to_the_result_of_one(dataset, tmp_path):
    # sgd, whose steps are the gradients: rmsprop's first steps are their signs, however small they are
    recipe = replace(SHORT, optimizer="sgd", learning_rate=0.005, batch_size=10)
    recipe = replace(recipe, label_smoothing=0.1, imbalance="class-weights", l1_activity=1e-4)
    one = train(dataset, tmp_path / "one", model=MODEL, recipe=recipe)
    two = train(dataset, tmp_path / "two", model=MODEL, recipe=recipe, devices=2)
    for name in ("checkpoints/best.safetensors", "bundle.safetensors"):
        differences = largest_differences(tmp_path / "one" / name, tmp_path / "two" / name)
        assert max(differences.values()) < TOLERANCE, differences
    columns = ["lr", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_uar"]
    pd.testing.assert_frame_equal(two.epochs[columns], one.epochs[columns], atol=TOLERANCE, rtol=0)


@pytest.mark.slow
def test_processes_freeze_average_stop_and_resume(dataset, tmp_path):
    recipe = replace(RECIPE, epochs=3, frozen_epochs=1, weight_average=0.9, batch_size=12)
    recipe = replace(recipe, optimizer="sgd", learning_rate=0.005)
    whole = train(dataset, tmp_path / "whole", model=MODEL, recipe=recipe)
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", model=MODEL, recipe=recipe, devices=2, callbacks=[KillAt(2)])
    assert not torch.distributed.is_initialized()
    again = train(dataset, tmp_path / "run", model=MODEL, recipe=recipe, devices=2)
    differences = largest_differences(*(run.bundle_file for run in (whole, again)))
    assert max(differences.values()) < TOLERANCE, differences
    assert again.epochs["epoch"].tolist() == [1, 2, 3]


@pytest.mark.slow
def test_processes_all_end_with_a_terminated_run_that_can_resume(dataset, tmp_path):
    output, handler = io.StringIO(), signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as stop:
        train(dataset, tmp_path / "run", devices=2, on_progress=lines_into(output), callbacks=[Terminate()])
    assert stop.value.code == 143
    assert "The same command resumes" in output.getvalue()
    assert multiprocessing.active_children() == []
    assert signal.getsignal(signal.SIGTERM) is handler


def test_precision_that_is_unknown_is_refused(dataset, tmp_path):
    with pytest.raises(ConfigError, match="Did you mean '16-mixed'"):
        train(dataset, tmp_path / "run", recipe=SHORT, precision="16mixed")
