from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
import torch

from ferfusion.bundle import load_bundle
from ferfusion.errors import ConfigError
from ferfusion.evaluation.run_folder import read_run
from ferfusion.label_set import SIX
from ferfusion.models.architectures import ARCHITECTURES, Architecture
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.two_stream import FusedStreams
from ferfusion.training import procedures
from ferfusion.training.end_to_end import train_end_to_end
from ferfusion.training.imbalance import TREATMENTS
from ferfusion.training.procedures import PROCEDURES, Procedure, procedure_of
from ferfusion.training.recipe import TrainRecipe
from helpers.trainings import MODEL, SHORT, train

HYBRID = ModelConfig(architecture="hybrid")
CODE = 4


def predict_one_class(model, batches, pairs, *, part):
    """Every row of a part with probability 0.75 for one class."""
    rows = pairs.rows(part)
    probabilities = np.full((len(rows), 6), 0.05, np.float32)
    probabilities[:, CODE] = 0.75
    return rows, probabilities


@pytest.fixture
def added(monkeypatch):
    """The names of an architecture and of its procedure, each added to its table; and the trained models."""
    trained = []

    def train_without_batches(opened):
        model = build_model(opened.job.model_config, len(opened.pairs.labels), seed=41)
        row = dict.fromkeys(("lr", "train_loss", "train_accuracy", "train_uar"), 0.0)
        scores = {"val_loss": 1.5, "val_accuracy": 0.25, "val_uar": 0.125, "seconds": 2.0}
        pd.DataFrame([{"epoch": 1, **row, **scores}]).to_csv(opened.run.metrics_file, index=False)
        trained.append(model)
        return model

    procedure = Procedure(train_without_batches, predict_one_class, imbalance=("none",))
    architecture = Architecture(FusedStreams, ("flow",), procedure="one-class")
    monkeypatch.setattr(procedures, "PROCEDURES", MappingProxyType({**PROCEDURES, "one-class": procedure}))
    monkeypatch.setattr(
        "ferfusion.models.config.ARCHITECTURES", MappingProxyType({**ARCHITECTURES, "constant": architecture})
    )
    return trained


def test_procedures_table_needs_one_item_for_a_new_procedure(added, dataset, tmp_path):
    """It trains and predicts by its name in an item of the architectures' table alone."""
    config = ModelConfig(architecture="constant", head_units=8)
    result = train(dataset, tmp_path / "run", model=config, recipe=SHORT)
    [model] = added
    assert (result.best_epoch, result.best["val_accuracy"], result.seconds) == (1, 0.25, 2.0)
    table = read_run(tmp_path / "run").predictions
    assert set(table["part"]) == {"validation", "test"}
    assert set(table["expression"]) == {SIX.names[CODE]}
    assert set(table[SIX.probability_columns[CODE]]) == {0.75}
    bundle = load_bundle(tmp_path / "run" / "bundle.safetensors")
    assert bundle.model_config == config
    assert all(torch.equal(bundle.weights[name], tensor) for name, tensor in model.state_dict().items())


def test_procedures_table_item_refuses_a_treatment_that_it_does_not_support(added, dataset, tmp_path):
    with pytest.raises(ConfigError, match=r"'constant' is trained by one-class, .* is none; got 'focal'"):
        train(
            dataset,
            tmp_path / "run",
            model=ModelConfig(architecture="constant"),
            recipe=replace(SHORT, imbalance="focal"),
        )
    assert not (tmp_path / "run").exists()


def test_procedure_of_an_architecture_that_names_none_of_the_table_is_refused(monkeypatch):
    item = replace(ARCHITECTURES["flow"], procedure="end-to-ned")
    monkeypatch.setattr("ferfusion.models.config.ARCHITECTURES", {**ARCHITECTURES, "flow": item})
    with pytest.raises(ConfigError, match=r"Unknown training procedure 'end-to-ned'.*'end-to-end'"):
        procedure_of(MODEL, SHORT)


@pytest.mark.parametrize("imbalance", ["focal", "oversample", "smote", "outlier"])
def test_procedure_of_the_hybrid_refuses_other_treatments_in_one_line(dataset, tmp_path, imbalance):
    with pytest.raises(ConfigError, match=f"none or class-weights; got '{imbalance}'") as error:
        train(dataset, tmp_path / "run", model=HYBRID, recipe=replace(SHORT, imbalance=imbalance))
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("imbalance", TREATMENTS)
def test_procedure_of_two_stream_depends_on_whether_the_treatment_retrains_the_head(imbalance):
    recipe = TrainRecipe(imbalance=imbalance)
    expected = "retrain-head" if recipe.treatment.retrains_head else "end-to-end"
    assert procedure_of(ModelConfig(), recipe) is PROCEDURES[expected]


def test_procedure_of_the_hybrid_is_its_own():
    assert procedure_of(HYBRID, TrainRecipe()) is PROCEDURES["streams-dbn-svm"]
    assert procedure_of(HYBRID, TrainRecipe(imbalance="class-weights")) is PROCEDURES["streams-dbn-svm"]
    assert PROCEDURES["end-to-end"].train is train_end_to_end
