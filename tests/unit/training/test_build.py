import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from ferfusion.compute import Compute
from ferfusion.errors import ConfigError, DatasetError
from ferfusion.label_set import SIX
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.outputs import set_majority
from ferfusion.training.build import codes_to_learn, make_data, make_order, make_training, open_parts
from ferfusion.training.job import TrainJob
from ferfusion.training.recipe import TrainRecipe
from helpers.trainings import MODEL, SHORT, STILLS_MODEL, STILLS_RECIPE, train

SADNESS = SIX.names.index("Sadness")


def job_of(dataset, model=MODEL, **settings):
    return TrainJob(dataset, dataset / "run", model, replace(SHORT, **settings), Compute("cpu"))


@pytest.fixture
def pairs(unbalanced):
    return open_parts(job_of(unbalanced))[1]


def counts(rows, pairs):
    return np.bincount(pairs.codes[rows], minlength=6)


def test_open_parts_reads_the_part_of_every_pair(unbalanced, pairs):
    # the unbalanced dataset of these tests: each part has every class, and half of the pairs are of Sadness
    of_all = np.bincount(pairs.codes)
    assert of_all[SADNESS] / of_all.sum() == pytest.approx(0.5, abs=0.03)
    rows = np.concatenate([pairs.rows(part) for part in ("train", "validation", "test")])
    assert sorted(rows) == list(range(len(pairs.codes)))
    for part in ("train", "validation", "test"):
        assert counts(pairs.rows(part), pairs).all()


def test_open_parts_refuses_crops_of_another_size_before_anything_is_written(dataset, tmp_path):
    with pytest.raises(ConfigError, match=r"reads crops of 64 pixels.*train with --size 48"):
        train(dataset, tmp_path / "run", model=replace(MODEL, size=64))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("architecture", ["two-stream", "flow", "stack", "lstm"])
def test_open_parts_refuses_models_of_motion_on_still_images(voted, tmp_path, architecture):
    model = replace(STILLS_MODEL, architecture=architecture)
    with pytest.raises(ConfigError, match=f"{architecture} reads motion.*train with --architecture spatial"):
        train(voted, tmp_path / "run", model=model, recipe=STILLS_RECIPE)
    assert not (tmp_path / "run").exists()


def test_open_parts_refuses_soft_labels_without_votes_before_anything_is_written(dataset, tmp_path):
    with pytest.raises(ConfigError, match="no votes"):
        train(dataset, tmp_path / "run", recipe=replace(SHORT, soft_labels=True))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("subjects.csv", "subject,age\nS1,30\nS1,31\n", r"subjects\.csv, line 3: subject 'S1' comes twice"),
        ("votes.csv", "video,fear\nv,-1\n", r"votes\.csv, line 2: fear -1 is no number of votes"),
    ],
)
def test_open_parts_refuses_damaged_votes_and_people_before_the_training(
    dataset, tmp_path, name, text, message
):
    damaged = shutil.copytree(dataset, tmp_path / "data")
    (damaged / name).write_text(text)
    with pytest.raises(DatasetError, match=message):
        open_parts(job_of(damaged))


def test_open_parts_refuses_a_dataset_without_a_split(tmp_path, dataset):
    shutil.copytree(dataset, tmp_path / "dataset")
    (tmp_path / "dataset" / "splits.csv").unlink()
    with pytest.raises(DatasetError, match="ferfusion split"):
        open_parts(job_of(tmp_path / "dataset"))


def test_codes_to_learn_are_the_true_ones_or_shuffled_among_training_videos(pairs):
    assert np.array_equal(codes_to_learn(SHORT, pairs), pairs.codes)
    shuffled = codes_to_learn(replace(SHORT, shuffle_labels=True), pairs)
    train_rows = pairs.rows("train")
    is_other = np.setdiff1d(np.arange(len(shuffled)), train_rows)
    assert (shuffled[is_other] == pairs.codes[is_other]).all()
    assert (shuffled[train_rows] != pairs.codes[train_rows]).any()
    # the labels of whole videos change places: the classes keep their numbers
    assert np.bincount(shuffled).tolist() == np.bincount(pairs.codes).tolist()


@pytest.mark.parametrize(("imbalance", "size"), [("oversample", max), ("downsample", min)])
def test_make_data_balances_the_classes_of_the_training_part_alone(unbalanced, imbalance, size):
    job = job_of(unbalanced, imbalance=imbalance)
    source, pairs = open_parts(job)
    data = make_data(job, source, pairs)
    rows = np.concatenate([batch.rows.numpy() for batch in data.train_dataloader()])
    assert set(rows) <= set(pairs.rows("train"))
    assert counts(rows, pairs).tolist() == [size(counts(pairs.rows("train"), pairs))] * 6
    assert -(-len(rows) // 16) == len(data.train_dataloader())
    for part in ("validation", "test"):
        rows = np.concatenate([batch.rows.numpy() for batch in data.batches(part)])
        assert rows.tolist() == pairs.rows(part).tolist()


def test_make_data_has_the_models_windows_and_the_recipes_batches(dataset):
    model = ModelConfig(architecture="stack", frames=3)
    job = job_of(dataset, model, batch_size=5)
    batch = next(iter(make_data(job, *open_parts(job)).train_dataloader()))
    assert batch.frames.shape == (5, 3, 3, 48, 48)
    assert batch.targets is None


def test_make_data_has_the_votes_of_a_recipe_that_uses_them(voted):
    job = TrainJob(voted, voted / "run", STILLS_MODEL, replace(STILLS_RECIPE, soft_labels=True))
    batch = next(iter(make_data(job, *open_parts(job)).train_dataloader()))
    # all raters of these images agree with the label
    torch.testing.assert_close(batch.targets, torch.eye(7)[batch.codes])


def test_make_order_oversamples_every_row_and_downsamples_others_each_epoch(pairs):
    rows = pairs.rows("train")
    epochs = {}
    for imbalance in ("oversample", "downsample"):
        order = make_order(TrainRecipe(imbalance=imbalance), rows, pairs.codes)
        epochs[imbalance] = [set(order.draw(torch.Generator().manual_seed(epoch))) for epoch in range(2)]
    assert epochs["oversample"] == [set(rows)] * 2
    first, second = epochs["downsample"]
    assert first != second


def test_make_order_without_treatment_reads_every_row_once(pairs):
    rows = pairs.rows("train")
    drawn = make_order(TrainRecipe(), rows, pairs.codes).draw(torch.Generator().manual_seed(0))
    assert sorted(drawn) == sorted(rows)
    assert drawn.tolist() != rows.tolist()


def test_make_training_sets_the_majority_and_counts_the_training_part(unbalanced):
    model = build_model(replace(MODEL, output="cascade", head_units=8), 6)
    set_majority(model, 0)
    job = job_of(unbalanced, model=replace(MODEL, output="cascade", head_units=8), imbalance="cascade")
    source, pairs = open_parts(job)
    training = make_training(job, model, make_data(job, source, pairs), pairs)
    assert model.head.dense3.majority.nonzero().tolist() == [[SADNESS]]
    assert training.model is model
    assert training.recipe == job.recipe
