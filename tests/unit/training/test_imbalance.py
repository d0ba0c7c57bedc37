"""Treatments of imbalance, each by what a run with it must leave, and by what it reads."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ferfusion.bundle import load_bundle
from ferfusion.data.pairs import parted_pairs
from ferfusion.errors import ConfigError
from ferfusion.evaluation.run_folder import read_run
from ferfusion.labels import SIX
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.dataset import open_dataset
from ferfusion.splits.split import read_splits
from ferfusion.studies.plan import read_variants
from ferfusion.training.build import make_data, make_order, open_parts
from ferfusion.training.imbalance import TREATMENTS
from ferfusion.training.job import TrainJob, treated_config
from ferfusion.training.recipe import TrainRecipe
from helpers.datasets import drop_videos, write_dataset
from helpers.trainings import MODEL, SHORT, KillAt, KilledError, different_weights, train

SADNESS = SIX.names.index("Sadness")
IN_ONE_STAGE = [name for name, treatment in TREATMENTS.items() if not treatment.retrains_head]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Two pairs a clip; half of the videos are of Sadness."""
    root = write_dataset(
        tmp_path_factory.mktemp("data") / "dataset", subjects=9, videos_per_class=2, frames=3
    )
    return drop_videos(root, leading="Sadness", share=0.5)


@pytest.fixture(scope="module")
def pairs(dataset):
    source = open_dataset(dataset)
    return parted_pairs(source.pairs, read_splits(source), labels=source.labels)


def counts(rows, pairs):
    return np.bincount(pairs.codes[rows], minlength=6)


def test_dataset_of_these_tests_is_unbalanced(pairs):
    of_all = np.bincount(pairs.codes)
    assert of_all[SADNESS] / of_all.sum() == pytest.approx(0.5, abs=0.03)
    for part in ("train", "validation", "test"):
        assert counts(pairs.rows(part), pairs).all()


@pytest.mark.parametrize(("imbalance", "size"), [("oversample", max), ("downsample", min)])
def test_resampling_balances_the_classes_of_the_training_part_alone(dataset, pairs, imbalance, size):
    job = TrainJob(dataset, dataset / "run", MODEL, TrainRecipe(imbalance=imbalance))
    data = make_data(job, *open_parts(job))
    training = counts(pairs.rows("train"), pairs)
    rows = np.concatenate([batch.rows.numpy() for batch in data.train_dataloader()])
    assert set(rows) <= set(pairs.rows("train"))
    assert counts(rows, pairs).tolist() == [size(training)] * 6
    assert -(-len(rows) // 16) == len(data.train_dataloader())
    for part in ("validation", "test"):
        rows = np.concatenate([batch.rows.numpy() for batch in data.batches(part)])
        assert rows.tolist() == pairs.rows(part).tolist()


def test_oversample_reads_every_row_and_downsample_others_in_every_epoch(pairs):
    rows = pairs.rows("train")
    epochs = {}
    for imbalance in ("oversample", "downsample"):
        order = make_order(TrainRecipe(imbalance=imbalance), rows, pairs.codes)
        epochs[imbalance] = [set(order.draw(torch.Generator().manual_seed(epoch))) for epoch in range(2)]
    assert epochs["oversample"] == [set(rows)] * 2
    first, second = epochs["downsample"]
    assert first != second


@pytest.mark.parametrize("imbalance", IN_ONE_STAGE)
def test_treatment_leaves_a_normal_run_and_resumes_to_the_same_weights(dataset, tmp_path, imbalance):
    recipe = replace(SHORT, imbalance=imbalance, learning_rate=1e-4)
    result = train(dataset, tmp_path / "whole", recipe=recipe)
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", recipe=recipe, callbacks=[KillAt(1, batch=0)])
    train(dataset, tmp_path / "run", recipe=recipe)
    assert not different_weights(*(tmp_path / name / "bundle.safetensors" for name in ("whole", "run")))
    tables = [tmp_path / name / "predictions.csv" for name in ("whole", "run")]
    assert tables[0].read_bytes() == tables[1].read_bytes()
    assert len(result.epochs) == 2
    bundle = load_bundle(tmp_path / "whole" / "bundle.safetensors")
    assert bundle.training["recipe"]["imbalance"] == imbalance
    assert bundle.model_config.output == TREATMENTS[imbalance].output
    assert read_run(tmp_path / "whole").predictions["part"].nunique() == 2


@pytest.mark.parametrize("imbalance", ["cascade", "outlier"])
def test_two_step_output_separates_the_most_frequent_training_class(dataset, tmp_path, imbalance):
    train(dataset, tmp_path / "run", recipe=replace(SHORT, epochs=1, imbalance=imbalance))
    bundle = load_bundle(tmp_path / "run" / "bundle.safetensors")
    model = bundle.build_model()
    assert model.head.dense3.majority.nonzero().tolist() == [[SADNESS]]
    assert json.loads((tmp_path / "run" / "config.json").read_text())["model"]["output"] != "softmax"


def test_treatments_change_what_is_learned(dataset, tmp_path):
    """From the same start, every treatment gives other predictions."""
    for imbalance in IN_ONE_STAGE:
        train(dataset, tmp_path / imbalance, recipe=replace(SHORT, epochs=1, imbalance=imbalance))
    tables = {name: pd.read_csv(tmp_path / name / "predictions.csv") for name in IN_ONE_STAGE}
    answers = {tuple(table[list(SIX.probability_columns)].to_numpy().ravel()) for table in tables.values()}
    assert len(answers) == len(IN_ONE_STAGE)


@pytest.mark.slow
def test_cascade_of_two_processes_is_that_of_one(dataset, tmp_path):
    recipe = replace(
        SHORT, optimizer="sgd", learning_rate=0.005, batch_size=10, epochs=1, imbalance="cascade"
    )
    model = replace(MODEL, dropout=0.0)
    for name, devices in (("one", 1), ("two", 2)):
        train(dataset, tmp_path / name, model=model, recipe=recipe, devices=devices)
    one, two = (load_bundle(tmp_path / name / "bundle.safetensors").weights for name in ("one", "two"))
    for name, tensor in one.items():
        torch.testing.assert_close(tensor, two[name], atol=1e-5, rtol=0)


def test_treatments_are_variants_of_a_study():
    names = [name for name in TREATMENTS if name != "none"]
    found = read_variants([f"imbalance={name}" for name in names], model=MODEL, recipe=SHORT)
    assert [each.name for each in found] == names
    assert [each.recipe for each in found] == [replace(SHORT, imbalance=name) for name in names]


@pytest.mark.parametrize("imbalance", ["focal", "oversample", "smote", "outlier"])
def test_hybrid_refuses_treatments_that_its_svm_does_not_have(dataset, tmp_path, imbalance):
    with pytest.raises(ConfigError, match=f"none or class-weights; got '{imbalance}'"):
        train(
            dataset,
            tmp_path / "run",
            model=ModelConfig(architecture="hybrid"),
            recipe=replace(SHORT, imbalance=imbalance),
        )
    assert not (tmp_path / "run").exists()


def test_treated_config_has_the_output_of_the_treatment():
    assert treated_config(MODEL, TrainRecipe(imbalance="cascade")) == replace(MODEL, output="cascade")
    with pytest.raises(ConfigError, match="output 'cascade' does not go with imbalance 'focal'"):
        treated_config(replace(MODEL, output="cascade"), TrainRecipe(imbalance="focal"))
