"""A head that is retrained on balanced embeddings, after its network was trained end to end."""

from dataclasses import replace

import pandas as pd
import pytest
import torch

from ferfusion.bundle import load_bundle
from ferfusion.errors import ConfigError
from ferfusion.models.config import ModelConfig
from ferfusion.training.staged.embeddings import HeadOfNetwork
from helpers.datasets import write_dataset
from helpers.trainings import SHORT, KillAt, KilledError, different_weights, train

RECIPE = replace(SHORT, imbalance="smote", learning_rate=1e-4)


@pytest.fixture(scope="module")
def whole_run(unbalanced, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "whole"
    return run, train(unbalanced, run, recipe=RECIPE)


def test_retrain_head_changes_the_head_of_a_normal_training_alone(whole_run, unbalanced, tmp_path):
    run, _ = whole_run
    train(unbalanced, tmp_path / "usual", recipe=replace(RECIPE, imbalance="none"))
    usual = tmp_path / "usual" / "bundle.safetensors"
    assert not different_weights(run / "network" / "bundle.safetensors", usual)
    before, after = (load_bundle(path / "bundle.safetensors") for path in (run / "network", run))
    for name, tensor in before.weights.items():
        assert torch.equal(tensor, after.weights[name]) != name.startswith("head."), name
    assert after.training["recipe"]["imbalance"] == "smote"


def test_retrain_head_scores_the_run_with_the_new_head(whole_run):
    run, result = whole_run
    table = pd.read_csv(run / "predictions_validation.csv")
    right = (table["expression"] == table["emotion"]).mean()
    assert right == pytest.approx(result.best["val_accuracy"])
    network = pd.read_csv(run / "network" / "metrics.csv")
    assert len(result.epochs) == len(network) == 2
    assert result.epochs["seconds"].iloc[0] > network["seconds"].sum()


class KillHeadAt(KillAt):
    def on_train_epoch_start(self, trainer, pl_module):
        if isinstance(pl_module.model, HeadOfNetwork):
            super().on_train_epoch_start(trainer, pl_module)


@pytest.mark.parametrize("kill", [KillAt(1), KillHeadAt(1)])
def test_retrain_head_resumes_to_the_same_weights_from_both_stages(whole_run, unbalanced, tmp_path, kill):
    with pytest.raises(KilledError):
        train(unbalanced, tmp_path / "run", recipe=RECIPE, callbacks=[kill])
    assert (tmp_path / "run" / "network" / "bundle.safetensors").is_file() == isinstance(kill, KillHeadAt)
    train(unbalanced, tmp_path / "run", recipe=RECIPE)
    assert not different_weights(whole_run[0] / "bundle.safetensors", tmp_path / "run" / "bundle.safetensors")
    tables = [run / "predictions.csv" for run in (whole_run[0], tmp_path / "run")]
    assert tables[0].read_bytes() == tables[1].read_bytes()


def test_retrain_head_refuses_more_epochs_which_would_change_the_network(whole_run, unbalanced):
    with pytest.raises(ConfigError, match=r"the embeddings that smote starts from follow from epochs"):
        train(unbalanced, whole_run[0], recipe=replace(RECIPE, epochs=3))


def test_retrain_head_supports_the_options_of_a_training(unbalanced, tmp_path):
    recipe = replace(
        RECIPE,
        optimizer="adamw",
        weight_decay=0.01,
        weight_average=0.9,
        l1_activity=1e-4,
        frozen_epochs=1,
        label_smoothing=0.1,
        early_stopping=1,
    )
    model = ModelConfig(architecture="late-fusion", dropout=0.3)
    for name in ("one", "other"):
        train(unbalanced, tmp_path / name, model=model, recipe=recipe)
    assert not different_weights(*(tmp_path / name / "bundle.safetensors" for name in ("one", "other")))
    before, after = (
        load_bundle(tmp_path / "one" / name / "bundle.safetensors").weights for name in ("network", ".")
    )
    changed = {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}
    assert changed == {name for name in before if "_head." in name}


def test_retrain_head_refuses_a_class_of_one_sample_before_anything_is_trained(tmp_path):
    """SMOTE needs two samples of a class to draw between."""
    root = write_dataset(tmp_path / "dataset", frames=2)  # a clip has one pair
    table, parts = (pd.read_csv(root / f"{name}.csv") for name in ("data", "splits"))
    in_training = table["clip"].isin(parts.loc[parts["part"] == "train", "clip"])
    fear = table.index[in_training & (table["emotion"] == "Fear")]
    table.loc[fear[1:], ["emotion", "code"]] = ("Anger", 0)
    table.to_csv(root / "data.csv", index=False)
    with pytest.raises(ConfigError, match="Fear has a single sample"):
        train(root, tmp_path / "run", recipe=RECIPE)
    assert not (tmp_path / "run" / "network").exists()
