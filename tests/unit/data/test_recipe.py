from dataclasses import fields

import pytest

from ferfusion.data.recipe import Augmentation, AugmentRanges, AugmentRecipe
from ferfusion.errors import ConfigError


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"flip": 1.1}, "flip must be from 0 to 1, got 1.1"),
        ({"zoom": 1.0}, "zoom must be at least 0 and below 1, got 1.0"),
        ({"shear": -0.1}, "shear must be at least 0 and below 1, got -0.1"),
        ({"rotate": 181}, "rotate must be from 0 to 180 degrees, got 181"),
        ({"translate": 1.0}, "translate must be at least 0 and below 1, got 1.0"),
        ({"random_erasing": -0.1}, "random_erasing must be from 0 to 1, got -0.1"),
    ],
)
def test_augmentation_refuses_settings_out_of_range(setting, message):
    with pytest.raises(ConfigError) as caught:
        Augmentation(**setting)
    assert str(caught.value) == message


def test_augmentation_of_a_recipe_has_its_ranges():
    recipe = AugmentRecipe(zoom=0.1, shear=0.3, rotate=20, translate=0.05, random_erasing=0.5)
    augmentation = recipe.augmentation
    for field in fields(AugmentRanges):
        assert getattr(augmentation, field.name) == getattr(recipe, field.name)
    assert augmentation.flip == Augmentation().flip


def test_augmentation_of_a_recipe_without_augment_is_none():
    assert AugmentRecipe(augment=False, rotate=20).augmentation is None
