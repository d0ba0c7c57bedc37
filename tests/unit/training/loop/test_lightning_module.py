import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional as F

from ferfusion.data.batches import Batch
from ferfusion.errors import RunError
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.training.loop.lightning_module import ExpressionTraining
from ferfusion.training.recipe import TrainRecipe
from helpers.inputs import drawn_inputs
from helpers.trainings import MODEL, SHORT, KillAt, KilledError, checkpoint, train

CONFIG = ModelConfig(architecture="two-stream", head_units=16, dropout=0.0)
PLAIN = {"l2_kernel": 0.0, "schedule": "constant"}


def training_of(config=CONFIG, **settings):
    recipe = TrainRecipe(**{**PLAIN, **settings})
    model = build_model(config, 6, seed=0)
    return ExpressionTraining(model, recipe, class_counts=[1] * 6, batches_per_epoch=1)


def batch_of(config=CONFIG, **values):
    spatial, flow, _ = drawn_inputs(config)
    count = len(spatial)
    return Batch(spatial, flow, torch.arange(count) % 6, torch.arange(count), **values)


def started(training):
    training.on_train_epoch_start()
    return training


def test_training_step_is_the_cross_entropy_of_the_batch_and_counts_it():
    training, batch = started(training_of()), batch_of()
    loss = training.training_step(batch, 0)
    torch.testing.assert_close(loss, F.cross_entropy(training.model(*batch.images), batch.codes))
    assert int(training._train_metrics.confusion.sum()) == len(batch.codes)


def test_training_step_scales_the_loss_by_the_weight_of_a_share():
    training = started(training_of())
    whole, half = (training.training_step(batch_of(weight=weight), 0) for weight in (1.0, 0.5))
    torch.testing.assert_close(half, whole / 2)


def test_training_step_of_a_batch_without_weight_counts_nothing():
    training = started(training_of())
    assert not training.training_step(batch_of(weight=0.0), 0).any()
    assert int(training._train_metrics.confusion.sum()) == 0


def test_training_step_adds_the_loss_of_the_votes():
    batch = batch_of()
    votes = torch.rand(len(batch.codes), 6).softmax(1)
    batch = batch._replace(targets=votes)
    plain, training = started(training_of()), started(training_of(vote_weight=0.5))
    expected = plain.training_step(batch, 0)
    found = training.training_step(batch, 0)
    torch.testing.assert_close(found, expected + 0.5 * training.votes.loss(votes))


def test_kept_model_is_the_average_with_a_weight_average():
    assert (plain := training_of()).kept_model is plain.model
    averaged = training_of(weight_average=0.9)
    assert averaged.kept_model is averaged.average.model


def test_configure_optimizers_has_the_vote_output_at_the_rate_of_the_head():
    optimizer = training_of(vote_weight=0.5, encoder_rate=0.1).configure_optimizers()
    assert optimizer.param_groups[-1]["rate_factor"] == 1.0
    count = sum(len(group["params"]) for group in optimizer.param_groups)
    assert count == len(list(training_of().parameters())) + 2


def test_score_is_negated_for_a_loss():
    for monitor, expected in (("val_uar", 0.4), ("val_loss", -1.5)):
        training = training_of(monitor=monitor)
        training.epoch_metrics = {"val_uar": 0.4, "val_loss": 1.5}
        assert training.score == expected


def test_draws_of_an_epoch_follow_from_seed_and_epoch(monkeypatch):
    def draws(seed, epoch):
        training = training_of(seed=seed)
        monkeypatch.setattr(ExpressionTraining, "current_epoch", epoch)
        return started(training)._rng.random(3).tolist()

    assert draws(0, 0) == draws(0, 0)
    assert len({tuple(draws(seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9


def test_schedule_is_saved_with_a_checkpoint():
    first, second = training_of(schedule="triangular2"), training_of(schedule="triangular2")
    for _ in range(3):
        first.on_train_batch_end(None, None, 0)
    checkpoint: dict[str, Any] = {}
    first.on_save_checkpoint(checkpoint)
    second.on_load_checkpoint(checkpoint)
    assert second._schedule.rate == first._schedule.rate
    assert checkpoint["schedule"] == {"batch": 3}


def test_epoch_metrics_are_those_of_an_untrained_model_at_a_rate_near_0(dataset, tmp_path):
    """At a rate of 1e-12 the weights stand still: the loss of six classes is near that of chance."""
    train(dataset, tmp_path / "run", recipe=replace(SHORT, learning_rate=1e-12))
    losses = pd.read_csv(tmp_path / "run" / "metrics.csv")[["train_loss", "val_loss"]].to_numpy()
    assert losses[0, 1] == pytest.approx(losses[1, 1], abs=1e-5)
    # an untrained softmax of Glorot weights is not exactly uniform
    assert np.allclose(losses, math.log(6), atol=0.5)


def test_loss_that_is_not_finite_ends_the_run_and_names_the_rate(dataset, tmp_path):
    recipe = TrainRecipe(epochs=2, learning_rate=1e9, schedule="constant")
    with pytest.raises(RunError, match=r"not a finite number in epoch .*; lower learning_rate, which is 1"):
        train(dataset, tmp_path / "run", recipe=recipe)


@pytest.mark.parametrize("stream", ["listing", "efficientnet-lite0"])
def test_frozen_epochs_keep_every_bit_of_the_streams_until_they_end(stream, dataset, tmp_path):
    """The statistics of batch norms too."""
    model = replace(MODEL, stream=stream)
    recipe = replace(SHORT, epochs=2, frozen_epochs=1, encoder_rate=0.1)
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", model=model, recipe=recipe, callbacks=[KillAt(1)])
    start = build_model(model, 6, seed=recipe.seed).state_dict()
    frozen = checkpoint(tmp_path / "run")["state_dict"]
    for name, tensor in start.items():
        is_same = torch.equal(tensor, frozen[f"model.{name}"])
        assert is_same == name.startswith("flow_stream"), name
    train(dataset, tmp_path / "run", model=model, recipe=recipe)
    thawed = checkpoint(tmp_path / "run")["state_dict"]
    assert not any(torch.equal(tensor, thawed[f"model.{name}"]) for name, tensor in start.items())
