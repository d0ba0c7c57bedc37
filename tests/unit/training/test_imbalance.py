"""Treatments of imbalance, each by what a run with it must leave, and by what it reads."""

import json
from dataclasses import replace

import pandas as pd
import pytest
import torch

from ferfusion.bundle import load_bundle
from ferfusion.evaluation.run_folder import read_run
from ferfusion.label_set import SIX
from ferfusion.studies.plan import read_variants
from ferfusion.training.imbalance import TREATMENTS
from helpers.trainings import MODEL, SHORT, KillAt, KilledError, different_weights, train

SADNESS = SIX.names.index("Sadness")
IN_ONE_STAGE = [name for name, treatment in TREATMENTS.items() if not treatment.retrains_head]


@pytest.mark.parametrize("imbalance", IN_ONE_STAGE)
def test_treatments_leave_a_normal_run_and_resume_to_the_same_weights(unbalanced, tmp_path, imbalance):
    recipe = replace(SHORT, imbalance=imbalance, learning_rate=1e-4)
    result = train(unbalanced, tmp_path / "whole", recipe=recipe)
    with pytest.raises(KilledError):
        train(unbalanced, tmp_path / "run", recipe=recipe, callbacks=[KillAt(1, batch=0)])
    train(unbalanced, tmp_path / "run", recipe=recipe)
    assert not different_weights(*(tmp_path / name / "bundle.safetensors" for name in ("whole", "run")))
    tables = [tmp_path / name / "predictions.csv" for name in ("whole", "run")]
    assert tables[0].read_bytes() == tables[1].read_bytes()
    assert len(result.epochs) == 2
    bundle = load_bundle(tmp_path / "whole" / "bundle.safetensors")
    assert bundle.training["recipe"]["imbalance"] == imbalance
    assert bundle.model_config.output == TREATMENTS[imbalance].output
    assert read_run(tmp_path / "whole").predictions["part"].nunique() == 2


@pytest.mark.parametrize("imbalance", ["cascade", "outlier"])
def test_two_step_treatments_separate_the_most_frequent_training_class(unbalanced, tmp_path, imbalance):
    train(unbalanced, tmp_path / "run", recipe=replace(SHORT, epochs=1, imbalance=imbalance))
    bundle = load_bundle(tmp_path / "run" / "bundle.safetensors")
    model = bundle.build_model()
    assert model.head.dense3.majority.nonzero().tolist() == [[SADNESS]]
    assert json.loads((tmp_path / "run" / "config.json").read_text())["model"]["output"] != "softmax"


def test_treatments_change_what_is_learned(unbalanced, tmp_path):
    """From the same start, every treatment gives other predictions."""
    for imbalance in IN_ONE_STAGE:
        train(unbalanced, tmp_path / imbalance, recipe=replace(SHORT, epochs=1, imbalance=imbalance))
    tables = {name: pd.read_csv(tmp_path / name / "predictions.csv") for name in IN_ONE_STAGE}
    probabilities = {
        tuple(table[list(SIX.probability_columns)].to_numpy().ravel()) for table in tables.values()
    }
    assert len(probabilities) == len(IN_ONE_STAGE)


@pytest.mark.slow
def test_cascade_of_two_processes_is_that_of_one(unbalanced, tmp_path):
    recipe = replace(
        SHORT, optimizer="sgd", learning_rate=0.005, batch_size=10, epochs=1, imbalance="cascade"
    )
    model = replace(MODEL, dropout=0.0)
    for name, devices in (("one", 1), ("two", 2)):
        train(unbalanced, tmp_path / name, model=model, recipe=recipe, devices=devices)
    one, two = (load_bundle(tmp_path / name / "bundle.safetensors").weights for name in ("one", "two"))
    for name, tensor in one.items():
        torch.testing.assert_close(tensor, two[name], atol=1e-5, rtol=0)


def test_treatments_are_variants_of_a_study():
    names = [name for name in TREATMENTS if name != "none"]
    found = read_variants([f"imbalance={name}" for name in names], model=MODEL, recipe=SHORT)
    assert [each.name for each in found] == names
    assert [each.recipe for each in found] == [replace(SHORT, imbalance=name) for name in names]
