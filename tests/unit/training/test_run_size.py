import pytest

from ferfusion.models.build import build_model, count_parameters
from ferfusion.models.config import ModelConfig
from ferfusion.reporting.disk import folder_bytes
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.run_size import least_run_bytes, run_bytes
from ferfusion.training.train import train_run
from helpers.datasets import write_dataset

FLOW = ModelConfig(architecture="flow", head_units=16)
WEIGHTS = 4 * count_parameters(build_model(FLOW, 6))


@pytest.mark.parametrize(
    ("settings", "copies"),
    [
        ({}, 4),
        ({"optimizer": "adamw"}, 5),
        ({"weight_average": 0.99}, 5),
        ({"imbalance": "smote"}, 8),
    ],
)
def test_run_bytes_count_the_copies_of_the_weights(settings, copies):
    assert run_bytes(FLOW, TrainRecipe(**settings), classes=6, pairs=0) == copies * WEIGHTS


def test_run_bytes_count_the_rows_of_predictions():
    assert run_bytes(FLOW, TrainRecipe(), classes=6, pairs=1000) == 4 * WEIGHTS + 60_000


def test_run_bytes_are_about_those_of_a_trained_run(tmp_path):
    dataset = write_dataset(tmp_path / "dataset", subjects=4, frames=3)
    run = tmp_path / "run"
    train_run(dataset, run, model_config=FLOW, recipe=TrainRecipe(epochs=1))
    assert run_bytes(FLOW, TrainRecipe(), classes=6, pairs=48) == pytest.approx(folder_bytes(run), rel=0.1)
    assert least_run_bytes(FLOW, TrainRecipe(), classes=6) <= folder_bytes(run)
