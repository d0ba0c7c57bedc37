import pytest

from ferfusion.errors import ConfigError
from ferfusion.evaluation.recipe import EvaluateRecipe


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"beta": 0.0}, "beta must be above 0, got 0"),
        ({"resamples": 0}, "resamples must be at least 1, got 0"),
        ({"confidence": 1.0}, "confidence must be above 0 and below 1, got 1"),
        ({"confidence": 0.0}, "confidence must be above 0 and below 1, got 0"),
        ({"seed": -1}, "seed must be 0 or more, got -1"),
    ],
)
def test_evaluate_recipe_refuses_settings_out_of_range(settings, words):
    with pytest.raises(ConfigError, match=words):
        EvaluateRecipe(**settings)


def test_evaluate_recipe_is_the_same_from_its_dict():
    recipe = EvaluateRecipe(beta=1.0, resamples=10, confidence=0.9, seed=3)
    assert EvaluateRecipe.from_dict(recipe.to_dict()) == recipe
