import pytest

from ferfusion.errors import ConfigError
from ferfusion.training.optim.recipe import OptimizerRecipe, ScheduleRecipe
from ferfusion.training.optim.schedules import SCHEDULES


@pytest.mark.parametrize(
    ("recipe", "setting", "message"),
    [
        (OptimizerRecipe, {"optimizer": "adam"}, "Unknown optimizer 'adam'.*Did you mean 'adamw'"),
        (OptimizerRecipe, {"epsilon": 0.0}, "epsilon must be above 0, got 0.0"),
        (ScheduleRecipe, {"schedule": "step"}, "Unknown schedule 'step'"),
        (ScheduleRecipe, {"plateau_patience": 0}, "plateau_patience must be at least 1, got 0"),
        (ScheduleRecipe, {"restart_below": 1.0}, "restart_below must be above 0 and below 1, got 1.0"),
    ],
)
def test_optim_recipes_refuse_settings_that_cannot_be_used(recipe, setting, message):
    with pytest.raises(ConfigError, match=message):
        recipe(**setting)


def test_has_fixed_length_is_a_property_of_the_schedule():
    fixed = {name for name in SCHEDULES if ScheduleRecipe(schedule=name).has_fixed_length}
    assert fixed == {"cosine"}
