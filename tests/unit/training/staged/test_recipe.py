import pytest

from ferfusion.errors import ConfigError
from ferfusion.training.staged.recipe import HybridRecipe


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"rbm_epochs": 0}, "rbm_epochs must be at least 1, got 0"),
        ({"dbn_epochs": 0}, "dbn_epochs must be at least 1, got 0"),
        ({"dbn_learning_rate": 0.0}, "dbn_learning_rate must be above 0, got 0.0"),
        ({"svm_c": -1.0}, "svm_c must be above 0, got -1.0"),
    ],
)
def test_hybrid_recipe_refuses_settings_out_of_bounds(setting, message):
    with pytest.raises(ConfigError, match=message):
        HybridRecipe(**setting)
