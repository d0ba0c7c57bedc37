"""SMOTE on embeddings: what is drawn, and the head that is trained on it."""

import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ferfusion.bundle import load_bundle
from ferfusion.data.batches import Batch
from ferfusion.data.row_order import Shuffled
from ferfusion.errors import ConfigError, MissingExtraError
from ferfusion.labels import SIX
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.staged.embeddings import Embedded, EmbeddingBatches, HeadOfNetwork, embed
from ferfusion.training.staged.smote import check_samples, smote
from helpers.datasets import drop_videos, write_dataset
from helpers.inputs import drawn_inputs
from helpers.trainings import SHORT, KillAt, KilledError, different_weights, train

RECIPE = replace(SHORT, imbalance="smote", learning_rate=1e-4)
SIZES = (20, 3, 8)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = write_dataset(
        tmp_path_factory.mktemp("data") / "dataset", subjects=9, videos_per_class=2, frames=3
    )
    return drop_videos(root, leading="Sadness", share=0.5)


@pytest.fixture(scope="module")
def whole_run(dataset, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "whole"
    return run, train(dataset, run, recipe=RECIPE)


@pytest.fixture
def own():
    codes = torch.tensor([code for code, size in enumerate(SIZES) for _ in range(size)])
    embeddings = torch.randn(len(codes), 4, generator=torch.Generator().manual_seed(0)) + 3 * codes[:, None]
    return Embedded(embeddings, codes)


def distance_from_segments(point, points):
    """The least distance of a point from any segment between two of the points, by its foot on each."""
    distances = []
    for start in points:
        for end in points:
            along = end - start
            length = float(along @ along)
            share = 0.0 if length == 0 else min(1.0, max(0.0, float((point - start) @ along) / length))
            distances.append(np.linalg.norm(point - (start + share * along)))
    return min(distances)


def test_every_class_gets_as_many_as_the_most_frequent_after_the_own_ones(own):
    train = smote(own, seed=0)
    assert torch.bincount(train.codes).tolist() == [20, 20, 20]
    assert torch.equal(train.embeddings[: len(own)], own.embeddings)
    assert torch.equal(train.codes[: len(own)], own.codes)


def test_what_is_drawn_lies_between_two_embeddings_of_its_class(own):
    train = smote(own, seed=0)
    for code in (1, 2):
        points = own.embeddings[own.codes == code].double().numpy()
        drawn = train.embeddings[len(own) :][train.codes[len(own) :] == code].double().numpy()
        assert len(drawn) == 20 - SIZES[code]
        assert max(distance_from_segments(point, points) for point in drawn) < 1e-5
        # and not on the embeddings themselves
        assert np.median([min(np.linalg.norm(points - point, axis=1)) for point in drawn]) > 0.05


def test_the_seed_decides_what_is_drawn(own):
    first, same, other = (smote(own, seed=seed).embeddings for seed in (1, 1, 2))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_a_single_sample_is_named():
    with pytest.raises(ConfigError, match="Disgust has a single sample"):
        check_samples(np.array([0, 0, 1, 4, 4]), SIX.names)
    check_samples(np.array([0, 0, 4, 4]), SIX.names)


def test_a_missing_package_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "imblearn", None)
    with pytest.raises(MissingExtraError, match=r"ferfusion\[imbalance\]"):
        check_samples(np.array([0, 0, 1, 1]), SIX.names)


@pytest.mark.parametrize("architecture", ["two-stream", "late-fusion", "convlstm"])
def test_the_head_on_embeddings_answers_as_the_network_on_faces(architecture):
    config = ModelConfig(architecture=architecture, frames=3, head_units=16)
    network = build_model(config, 6).eval()
    spatial, flow, frames = drawn_inputs(config, 5)
    rows = torch.tensor([7, 2, 9, 4, 0])
    batch = Batch(spatial, flow, torch.zeros(5, dtype=torch.int64), rows, frames=frames)
    codes = np.arange(10) % 6
    part = embed(network, [batch], codes)
    assert part.codes.tolist() == codes[rows.numpy()].tolist()
    with torch.inference_mode():
        expected = network(*batch.images)
        assert torch.equal(HeadOfNetwork(network)(part.embeddings), expected)


def test_batches_of_embeddings_are_all_of_them_once(own):
    batches = list(EmbeddingBatches(own, Shuffled(np.arange(len(own))), batch_size=8))
    assert [len(batch.rows) for batch in batches] == [8, 8, 8, 7]
    rows = torch.cat([batch.rows for batch in batches])
    assert sorted(rows.tolist()) == list(range(len(own)))
    assert torch.equal(torch.cat([batch.embeddings for batch in batches]), own.embeddings[rows])
    assert torch.equal(torch.cat([batch.codes for batch in batches]), own.codes[rows])


def test_the_network_is_trained_as_usual_and_its_head_alone_anew(whole_run, dataset, tmp_path):
    run, _ = whole_run
    train(dataset, tmp_path / "usual", recipe=replace(RECIPE, imbalance="none"))
    usual = tmp_path / "usual" / "bundle.safetensors"
    assert not different_weights(run / "network" / "bundle.safetensors", usual)
    before, after = (load_bundle(path / "bundle.safetensors") for path in (run / "network", run))
    for name, tensor in before.weights.items():
        assert torch.equal(tensor, after.weights[name]) != name.startswith("head."), name
    assert after.training["recipe"]["imbalance"] == "smote"


def test_the_run_is_scored_with_its_own_head(whole_run):
    run, result = whole_run
    table = pd.read_csv(run / "predictions.csv").query("part == 'validation'")
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
def test_a_killed_run_goes_on_to_the_very_same_weights(whole_run, dataset, tmp_path, kill):
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", recipe=RECIPE, callbacks=[kill])
    assert (tmp_path / "run" / "network" / "bundle.safetensors").is_file() == isinstance(kill, KillHeadAt)
    train(dataset, tmp_path / "run", recipe=RECIPE)
    assert not different_weights(whole_run[0] / "bundle.safetensors", tmp_path / "run" / "bundle.safetensors")
    tables = [run / "predictions.csv" for run in (whole_run[0], tmp_path / "run")]
    assert tables[0].read_bytes() == tables[1].read_bytes()


def test_more_epochs_would_be_of_another_network(whole_run, dataset):
    with pytest.raises(ConfigError, match=r"the embeddings that smote starts from follow from epochs"):
        train(dataset, whole_run[0], recipe=replace(RECIPE, epochs=3))


def test_every_option_of_a_training_holds_for_the_head(dataset, tmp_path):
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
        train(dataset, tmp_path / name, model=model, recipe=recipe)
    assert not different_weights(*(tmp_path / name / "bundle.safetensors" for name in ("one", "other")))
    before, after = (
        load_bundle(tmp_path / "one" / name / "bundle.safetensors").weights for name in ("network", ".")
    )
    changed = {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}
    assert changed == {name for name in before if "_head." in name}


def test_votes_are_refused():
    with pytest.raises(ConfigError, match="smote adds synthetic embeddings, which have no votes"):
        TrainRecipe(imbalance="smote", soft_labels=True)
