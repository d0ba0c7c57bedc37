import json
import subprocess
import sys
from dataclasses import fields

import pytest

from ferfusion.data.recipe import AugmentRecipe
from ferfusion.errors import ConfigError
from ferfusion.training.loop.recipe import LoopRecipe
from ferfusion.training.objective.recipe import ObjectiveRecipe
from ferfusion.training.optim.recipe import OptimizerRecipe, ScheduleRecipe
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.staged.recipe import HybridRecipe

BASES = (LoopRecipe, OptimizerRecipe, ScheduleRecipe, ObjectiveRecipe, AugmentRecipe, HybridRecipe)


def test_train_recipe_is_flat_and_each_field_has_one_owner():
    names = [field.name for field in fields(TrainRecipe)]
    owned = [field.name for base in BASES for field in fields(base)]
    assert len(set(owned)) == len(owned)
    assert names[: len(owned)] == owned
    values = TrainRecipe().to_dict()
    assert list(values) == names
    assert json.loads(json.dumps(values)) == values


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"schedule": "plateu"}, "Did you mean 'plateau'"),
        ({"monitor": "val_acc"}, "Did you mean 'val_accuracy'"),
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0, got 0.0"),
        ({"l2_kernel": -1.0}, "l2_kernel must be 0 or more, got -1.0"),
        ({"early_stopping": -1}, "early_stopping must be 0 or more, got -1"),
        ({"weight_average": 1.0}, "weight_average must be at least 0 and below 1"),
        ({"label_smoothing": -0.1}, "label_smoothing must be at least 0 and below 1"),
        ({"encoder_rate": 0.0}, "encoder_rate must be above 0"),
        ({"optimizer": "adam"}, "Did you mean 'adamw'"),
        ({"imbalance": "smoote"}, "Did you mean 'smote'"),
        ({"schedule": "cosine", "epochs": 3, "warmup_epochs": 4}, "must fit into epochs, got 4 of 3"),
        ({"soft_labels": True, "shuffle_labels": True}, "unset soft_labels, vote_weight and teachers"),
        ({"vote_weight": 0.5, "imbalance": "smote"}, "unset soft_labels, vote_weight and teachers"),
        ({"rho": 1.0}, "rho must be above 0 and below 1, got 1.0"),
        ({"cycle_range": 0.5}, "cycle_range must be at least 1, got 0.5"),
        ({"zoom": 1.5}, "zoom must be at least 0 and below 1, got 1.5"),
        ({"svm_c": 0.0}, "svm_c must be above 0, got 0.0"),
    ],
)
def test_train_recipe_refuses_a_setting_that_cannot_be_used(setting, message):
    with pytest.raises(ConfigError, match=message):
        TrainRecipe(**setting)


def test_train_recipe_allows_a_long_warmup_where_no_schedule_reads_it():
    TrainRecipe(schedule="constant", epochs=3, warmup_epochs=4)


def test_train_recipe_survives_a_round_trip_and_refuses_unknown_keys():
    recipe = TrainRecipe(epochs=3, schedule="triangular2", rotate=15)
    assert TrainRecipe.from_dict(recipe.to_dict()) == recipe
    with pytest.raises(ConfigError, match="Unknown training settings: epoch"):
        TrainRecipe.from_dict({"epoch": 3})


def test_train_recipe_is_imported_without_torch():
    code = "import ferfusion.training.recipe, sys; print('torch' in sys.modules, 'lightning' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_train_recipe_refuses_a_seed_that_no_generator_takes():
    TrainRecipe(seed=2**32 - 1)
    with pytest.raises(ConfigError, match="seed must be from 0 to 4,294,967,295, got 1180591620717411303424"):
        TrainRecipe(seed=2**70)
