import pytest

from ferfusion.errors import ConfigError
from ferfusion.training.loop.epoch_metrics import EpochMetrics
from ferfusion.training.loop.recipe import MONITORS, LoopRecipe


def test_monitors_are_metrics_of_the_validation_part():
    import torch

    empty = EpochMetrics.empty(3, torch.device("cpu"))
    empty.add(torch.eye(3), torch.arange(3))
    assert set(MONITORS) == set(empty.metrics("val"))
    assert {name for name, sign in MONITORS.items() if sign < 0} == {"val_loss"}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"monitor": "train_uar"}, "Unknown metric to monitor 'train_uar'"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"early_stopping": 1.5}, "early_stopping must be a whole number, got 1.5"),
    ],
)
def test_loop_recipe_refuses_settings_that_cannot_be_used(setting, message):
    with pytest.raises(ConfigError, match=message):
        LoopRecipe(**setting)
