import numpy as np
import pytest

import ferfusion as fer
from ferfusion.api.settings import as_folder, as_new_file, as_path, with_settings, with_settings_of_each

BOTH = [(fer.ModelConfig, None), (fer.TrainRecipe, None)]


def test_each_setting_goes_to_the_recipe_that_has_it():
    model, recipe = with_settings_of_each(BOTH, {"fusion": "gap-sum", "epochs": 3})
    assert (model.fusion, recipe.epochs) == ("gap-sum", 3)


def test_settings_stand_over_a_recipe_that_is_given():
    recipe = with_settings(fer.TrainRecipe, fer.TrainRecipe(epochs=7, seed=2), {"seed": 3})
    assert (recipe.epochs, recipe.seed) == (7, 3)


def test_an_unknown_setting_is_named_with_the_nearest():
    with pytest.raises(fer.ConfigError, match=r"Unknown setting 'epoch'; .*Did you mean 'epochs'\?"):
        with_settings_of_each(BOTH, {"epoch": 3})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epochs": "3"}, r"epochs must be of type int, got '3' \(str\)"),
        ({"epochs": 1.5}, r"epochs must be of type int, got 1\.5 \(float\)"),
        ({"epochs": True}, r"epochs must be of type int, got True \(bool\)"),
        ({"batch_size": None}, r"batch_size must be of type int, got None"),
        ({"fusion": ["gap-sum"]}, r"fusion must be of type str, got \['gap-sum'\] \(list\)"),
        ({"augment": 1}, r"augment must be of type bool, got 1 \(int\)"),
    ],
)
def test_a_value_of_another_type_is_named(settings, words):
    with pytest.raises(fer.ConfigError, match=words):
        with_settings_of_each(BOTH, settings)


def test_what_means_the_same_is_taken():
    recipe = with_settings(
        fer.TrainRecipe, None, {"epochs": np.int64(3), "learning_rate": 1, "rho": np.float32(0.5)}
    )
    assert (recipe.epochs, recipe.learning_rate, recipe.rho) == (3, 1, 0.5)
    assert with_settings(fer.PredictRecipe, None, {"every": 5}).every == "5"
    assert with_settings(fer.PredictRecipe, None, {"end": None}).end is None
    assert with_settings(fer.SplitRecipe, None, {"folds": 5}).folds == 5


@pytest.mark.parametrize("given", ["conv3d", {"epochs": 1}, fer.PredictRecipe()])
def test_something_else_than_a_recipe_is_refused(given):
    with pytest.raises(fer.ConfigError, match="Settings are given by keyword, or as a TrainRecipe; got"):
        with_settings(fer.TrainRecipe, given, {})


def test_text_is_a_path_and_knows_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert as_path("~/data") == tmp_path / "data"
    assert as_path("~nosuchuser/x").name == "x"


@pytest.mark.parametrize("place", [3, None, "", ["a"], b"a"])
def test_what_is_no_path_is_named(place):
    with pytest.raises(fer.ConfigError, match="A path must be text or a Path, got"):
        as_path(place)


def test_what_is_written_does_not_lie_in_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    for place in ("file", "file/deeper", "file/a/b"):
        with pytest.raises(fer.ConfigError, match=r"file is a file; name a folder"):
            as_folder(tmp_path / place)
    with pytest.raises(fer.ConfigError, match="is a folder; name a file"):
        as_new_file(tmp_path)
    with pytest.raises(fer.ConfigError, match=r"file is a file; name a folder"):
        as_new_file(tmp_path / "file" / "x.onnx")
    assert as_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
