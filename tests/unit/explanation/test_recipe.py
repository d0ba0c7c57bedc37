import pytest

from ferfusion.errors import ConfigError
from ferfusion.explanation.cam import CAM_METHODS
from ferfusion.explanation.recipe import DEFAULT_METHOD, METHOD_NAMES, ExplainRecipe


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"method": "gradcam"}, "Unknown map method 'gradcam'"),
        ({"part": "tests"}, "Unknown part 'tests'"),
        ({"examples": 0}, "examples must be at least 1, got 0"),
        ({"seed": -1}, "seed must be 0 or more, got -1"),
    ],
)
def test_explain_recipe_refuses_settings_out_of_range(settings, words):
    with pytest.raises(ConfigError, match=words):
        ExplainRecipe(**settings)


def test_method_names_are_those_of_the_table_of_methods():
    assert METHOD_NAMES.keys() == CAM_METHODS.keys()
    assert ExplainRecipe().method == DEFAULT_METHOD
