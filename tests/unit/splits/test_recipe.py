import pytest

from ferfusion.errors import ConfigError
from ferfusion.splits.recipe import SplitRecipe


@pytest.mark.parametrize(("validation", "test"), [(0, 0.2), (0.2, 0), (0.6, 0.4), (-0.1, 0.2), (1, 0.1)])
def test_recipe_refuses_shares_that_leave_a_part_empty(validation, test):
    with pytest.raises(ConfigError, match=f"leave some for training, got {validation} and {test}"):
        SplitRecipe(validation=validation, test=test)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"folds": 1}, "folds must be 0, 2 or more, or subjects, got 1"),
        ({"folds": -2}, "folds must be 0, 2 or more, or subjects, got -2"),
        ({"folds": "people"}, "folds must be 0, 2 or more, or subjects, got people"),
        ({"folds": 3, "fold": 3}, "fold counts from 0 and must be less than folds, 3; got 3"),
        ({"fold": 1}, "fold counts from 0 and must be less than folds, 0; got 1"),
        ({"folds": 3, "official": True}, "official uses the parts of the corpus and folds makes other parts"),
        ({"similarity": 0.2}, "similarity must be from 0.9 to 1, got 0.2"),
    ],
)
def test_recipe_refuses_an_invalid_protocol(settings, message):
    with pytest.raises(ConfigError, match=message):
        SplitRecipe(**settings)


def test_recipe_reads_a_number_of_folds_as_text():
    assert SplitRecipe(folds="4") == SplitRecipe(folds=4)


def test_recipe_validation_of_rest_keeps_the_ratio_to_training():
    recipe = SplitRecipe(validation=0.2, test=0.2)
    assert recipe.validation_of_rest / (1 - recipe.validation_of_rest) == pytest.approx(0.2 / 0.6)
