import pytest

import ferfusion as fer
from ferfusion.api.settings import as_path, with_settings_of_each


def test_each_setting_goes_to_the_recipe_that_has_it():
    model, recipe = with_settings_of_each(
        [fer.ModelConfig(), fer.TrainRecipe()], {"fusion": "gap-sum", "epochs": 3}
    )
    assert (model.fusion, recipe.epochs) == ("gap-sum", 3)


def test_an_unknown_setting_is_named_with_the_nearest():
    with pytest.raises(fer.ConfigError, match=r"Unknown setting 'epoch'; .*Did you mean 'epochs'\?"):
        with_settings_of_each([fer.ModelConfig(), fer.TrainRecipe()], {"epoch": 3})


def test_text_is_a_path_and_knows_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert as_path("~/data") == tmp_path / "data"
