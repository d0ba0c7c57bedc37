"""Going on with a run: after a kill, with more epochs, or not at all."""

import json
from dataclasses import replace

import pandas as pd
import pytest
import torch

from ferfusion.bundle import load_bundle
from ferfusion.errors import ConfigError, DatasetError, RunError
from ferfusion.training.recipe import TrainRecipe
from helpers.datasets import write_dataset
from helpers.trainings import RECIPE, SHORT, KillAt, KilledError, checkpoint, different_weights, train

EVERYTHING = TrainRecipe(
    epochs=4,
    batch_size=16,
    optimizer="adamw",
    weight_decay=0.01,
    learning_rate=3e-4,
    schedule="cosine",
    imbalance="class-weights",
    label_smoothing=0.1,
    weight_average=0.9,
    frozen_epochs=1,
    encoder_rate=0.5,
)


@pytest.mark.parametrize("kill", [KillAt(1), KillAt(2, batch=1)])
def test_with_every_option_a_killed_run_goes_on_to_the_very_same_weights(dataset, tmp_path, kill):
    train(dataset, tmp_path / "whole", recipe=EVERYTHING)
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", recipe=EVERYTHING, callbacks=[kill])
    train(dataset, tmp_path / "run", recipe=EVERYTHING)
    for name in ("checkpoints/best.safetensors", "bundle.safetensors"):
        assert different_weights(tmp_path / "whole" / name, tmp_path / "run" / name) == []
    whole, again = (checkpoint(tmp_path / name)["state_dict"] for name in ("whole", "run"))
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_more_epochs_go_on_from_where_a_finished_run_ended(dataset, tmp_path):
    train(dataset, tmp_path / "whole", recipe=RECIPE)
    train(dataset, tmp_path / "run", recipe=replace(RECIPE, epochs=2))
    result = train(dataset, tmp_path / "run", recipe=RECIPE)
    assert len(result.epochs) == 4
    for name in ("checkpoints/best.safetensors", "bundle.safetensors"):
        assert different_weights(tmp_path / "whole" / name, tmp_path / "run" / name) == []
    assert json.loads((tmp_path / "run" / "config.json").read_text())["recipe"]["epochs"] == 4
    assert load_bundle(tmp_path / "run" / "bundle.safetensors").training["recipe"]["epochs"] == 4


def test_more_epochs_go_on_with_a_stopped_run(dataset, tmp_path):
    train(dataset, tmp_path / "whole", recipe=replace(SHORT, epochs=3))
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", recipe=SHORT, callbacks=[KillAt(1)])
    train(dataset, tmp_path / "run", recipe=replace(SHORT, epochs=3))
    assert not different_weights(*(tmp_path / name / "bundle.safetensors" for name in ("whole", "run")))


def test_more_epochs_are_refused_where_the_rates_follow_from_their_number(dataset, tmp_path):
    recipe = replace(SHORT, epochs=1, schedule="cosine")
    train(dataset, tmp_path / "run", recipe=recipe)
    with pytest.raises(ConfigError, match=r"epochs is 1 in the folder, 2 in this call.*cosine"):
        train(dataset, tmp_path / "run", recipe=replace(recipe, epochs=2))
    assert (tmp_path / "run" / "bundle.safetensors").is_file()


def test_more_epochs_and_another_setting_are_refused(dataset, tmp_path):
    train(dataset, tmp_path / "run", recipe=replace(SHORT, epochs=1))
    with pytest.raises(ConfigError, match="seed is 0 in the folder, 1 in this call"):
        train(dataset, tmp_path / "run", recipe=replace(SHORT, seed=1))
    assert (tmp_path / "run" / "bundle.safetensors").is_file()


def test_a_run_that_has_not_begun_may_change_its_settings(dataset, tmp_path):
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", recipe=replace(SHORT, seed=1), callbacks=[KillAt(0)])
    train(dataset, tmp_path / "run", recipe=replace(SHORT, epochs=1))
    assert json.loads((tmp_path / "run" / "config.json").read_text())["recipe"]["seed"] == 0


@pytest.mark.parametrize("damage", ["cut", "empty", "noise"])
def test_a_damaged_checkpoint_is_named_with_what_to_do(dataset, tmp_path, damage):
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", recipe=SHORT, callbacks=[KillAt(1)])
    path = tmp_path / "run" / "checkpoints" / "last.ckpt"
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[: len(whole) // 2], "empty": b"", "noise": b"\x07" * 999}[damage])
    with pytest.raises(RunError, match=r"last.ckpt is damaged .*delete it") as error:
        train(dataset, tmp_path / "run", recipe=SHORT)
    assert "\n" not in str(error.value)
    path.unlink()
    assert len(train(dataset, tmp_path / "run", recipe=SHORT).epochs) == 2


def test_a_run_is_not_resumed_on_labels_that_changed_since(tmp_path):
    dataset = write_dataset(tmp_path / "dataset", frames=3)
    train(dataset, tmp_path / "run", recipe=replace(SHORT, epochs=1))
    table = pd.read_csv(dataset / "data.csv")
    table.loc[table["clip"] == "S00_fear_0", ["emotion", "code"]] = ("Anger", 0)
    table.to_csv(dataset / "data.csv", index=False)
    with pytest.raises(DatasetError, match=r"another label: 1 \(S00_fear_0: Fear before, Anger now\)"):
        train(dataset, tmp_path / "run", recipe=replace(SHORT, epochs=1))
