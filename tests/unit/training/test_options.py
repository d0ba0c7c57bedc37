"""Options of a training, each by a law that its run must obey."""

from dataclasses import replace

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from ferfusion.errors import ConfigError
from ferfusion.models.build import build_model
from helpers.trainings import MODEL, SHORT, KillAt, KilledError, checkpoint, different_weights, train


@pytest.mark.parametrize("settings", [{"optimizer": "sgd"}, {"optimizer": "adamw"}, {"weight_average": 0.9}])
def test_seed_repeats_a_run_bit_for_bit(dataset, tmp_path, settings):
    for name in ("one", "other"):
        train(dataset, tmp_path / name, recipe=replace(SHORT, epochs=1, **settings))
    assert not different_weights(*(tmp_path / name / "bundle.safetensors" for name in ("one", "other")))


def test_weight_average_is_validated_and_kept(dataset, tmp_path):
    result = train(dataset, tmp_path / "run", recipe=replace(SHORT, epochs=1, weight_average=0.9))
    state = checkpoint(tmp_path / "run")["state_dict"]
    best = load_file(tmp_path / "run" / "checkpoints" / "best.safetensors")
    assert all(torch.equal(tensor, state[f"average.model.{name}"]) for name, tensor in best.items())
    assert not any(torch.equal(tensor, state[f"model.{name}"]) for name, tensor in best.items())
    table = pd.read_csv(tmp_path / "run" / "predictions.csv").query("part == 'validation'")
    right = (table["expression"] == table["emotion"]).mean()
    assert right == pytest.approx(result.best["val_accuracy"])


def test_weight_average_leaves_the_trained_weights_alone(dataset, tmp_path):
    train(dataset, tmp_path / "plain", recipe=SHORT)
    train(dataset, tmp_path / "averaged", recipe=replace(SHORT, weight_average=0.9))
    plain, averaged = (checkpoint(tmp_path / name)["state_dict"] for name in ("plain", "averaged"))
    assert all(torch.equal(plain[name], averaged[name]) for name in plain)


def test_frozen_epochs_keep_every_bit_of_the_streams_which_learn_afterwards(dataset, tmp_path):
    recipe = replace(SHORT, epochs=3, frozen_epochs=2, encoder_rate=0.1)
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", recipe=recipe, callbacks=[KillAt(2)])
    start = build_model(MODEL, 6, seed=recipe.seed).state_dict()
    frozen = checkpoint(tmp_path / "run")["state_dict"]
    for name, tensor in start.items():
        is_same = torch.equal(tensor, frozen[f"model.{name}"])
        assert is_same == name.startswith("flow_stream"), name
    train(dataset, tmp_path / "run", recipe=recipe)
    thawed = checkpoint(tmp_path / "run")["state_dict"]
    assert not any(torch.equal(tensor, thawed[f"model.{name}"]) for name, tensor in start.items())


def test_encoder_rate_of_a_hundredth_changes_the_streams_less(dataset, tmp_path):
    start = build_model(MODEL, 6).state_dict()
    moved = {}
    for factor in (1.0, 0.01):
        run = tmp_path / str(factor)
        train(dataset, run, recipe=replace(SHORT, epochs=1, encoder_rate=factor))
        state = checkpoint(run)["state_dict"]
        moved[factor] = float(
            (state["model.flow_stream.conv5.weight"] - start["flow_stream.conv5.weight"]).norm()
        )
    assert moved[0.01] < 0.05 * moved[1.0]


def test_soft_labels_are_refused_before_anything_is_written(dataset, tmp_path):
    with pytest.raises(ConfigError, match="no votes"):
        train(dataset, tmp_path / "run", recipe=replace(SHORT, soft_labels=True))
    assert not (tmp_path / "run").exists()
