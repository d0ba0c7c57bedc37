import pytest

import ferfusion as fer


def test_options_of_train_have_kinds_defaults_and_descriptions():
    options = {option.name: option for option in fer.recipe_options("train")}
    assert options["epochs"].kind == "int"
    assert options["epochs"].default == fer.TrainRecipe().epochs
    assert options["learning_rate"].kind == "float"
    assert options["augment"].kind == "bool"
    assert "two-stream" in options["architecture"].choices
    assert options["architecture"].group == "model"
    assert "sgd" in options["optimizer"].choices
    assert [option.name for option in options.values() if not option.text] == []


def test_options_of_predict_name_the_estimators_of_actions():
    options = {option.name: option for option in fer.recipe_options("predict")}
    assert options["min_face"].kind == "float"
    assert options["actions"].choices[0] == ""
    assert "small" in options["actions"].choices


def test_unknown_verb_is_refused():
    with pytest.raises(fer.ConfigError, match="verb with a recipe"):
        fer.recipe_options("dance")
