from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import ferfusion as fer
from ferfusion.api.settings import (
    as_folder,
    as_new_file,
    as_path,
    as_place,
    as_predictions_folder,
    check_workers,
    with_settings,
    with_settings_of_each,
)

BOTH = [(fer.ModelConfig, None), (fer.TrainRecipe, None)]


def test_with_settings_of_each_gives_a_setting_to_the_recipe_that_has_it():
    model, recipe = with_settings_of_each(BOTH, {"fusion": "gap-sum", "epochs": 3})
    assert (model.fusion, recipe.epochs) == ("gap-sum", 3)


def test_with_settings_override_the_recipe():
    recipe = with_settings(fer.TrainRecipe, fer.TrainRecipe(epochs=7, seed=2), {"seed": 3})
    assert (recipe.epochs, recipe.seed) == (7, 3)


def test_with_settings_of_each_names_an_unknown_setting_with_the_nearest():
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
def test_with_settings_of_each_refuses_a_value_of_another_type(settings, words):
    with pytest.raises(fer.ConfigError, match=words):
        with_settings_of_each(BOTH, settings)


def test_with_settings_takes_numpy_numbers_and_counts_as_text():
    recipe = with_settings(
        fer.TrainRecipe, None, {"epochs": np.int64(3), "learning_rate": 1, "rho": np.float32(0.5)}
    )
    assert (recipe.epochs, recipe.learning_rate, recipe.rho) == (3, 1, 0.5)
    assert with_settings(fer.PredictRecipe, None, {"every": 5}).every == "5"
    assert with_settings(fer.PredictRecipe, None, {"end": None}).end is None
    assert with_settings(fer.SplitRecipe, None, {"folds": 5}).folds == 5


RECIPES = (
    fer.EvaluateRecipe,
    fer.ExplainRecipe,
    fer.ModelConfig,
    fer.PredictRecipe,
    fer.PrepareRecipe,
    fer.SplitRecipe,
    fer.SynthesisRecipe,
    fer.TrainRecipe,
)


@pytest.mark.parametrize("kind", RECIPES)
def test_with_settings_takes_every_field_of_every_recipe(kind):
    recipe = kind()
    for field in fields(recipe):
        value = getattr(recipe, field.name)
        assert with_settings(kind, None, {field.name: value}) == recipe, field.name
        with pytest.raises(fer.ConfigError, match=f"^{field.name} must be of type .*, got"):
            with_settings(kind, None, {field.name: object()})


def test_with_settings_checks_the_bounds_of_a_number_that_may_be_unset():
    assert with_settings(fer.PredictRecipe, None, {"min_face": 0.02}).min_face == 0.02
    assert with_settings(fer.PredictRecipe, None, {"min_face": np.float64(0.02)}).min_face == 0.02
    assert with_settings(fer.PredictRecipe, None, {"min_face": None}).min_face is None
    with pytest.raises(fer.ConfigError, match="min_face must be above 0 and at most 1, got 2"):
        with_settings(fer.PredictRecipe, None, {"min_face": 2})
    with pytest.raises(fer.ConfigError, match=r"min_face must be of type float or None, got 'x' \(str\)"):
        with_settings(fer.PredictRecipe, None, {"min_face": "x"})


@pytest.mark.parametrize("given", ["conv3d", {"epochs": 1}, fer.PredictRecipe()])
def test_with_settings_refuses_what_is_no_recipe(given):
    with pytest.raises(fer.ConfigError, match="Settings are given by keyword, or as a TrainRecipe; got"):
        with_settings(fer.TrainRecipe, given, {})


def test_as_path_takes_text_and_expands_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert as_path("~/data") == tmp_path / "data"
    assert as_path("~nosuchuser/x").name == "x"


@pytest.mark.parametrize("place", [3, None, "", ["a"], b"a"])
def test_as_path_refuses_what_is_no_path(place):
    with pytest.raises(fer.ConfigError, match="A path must be text or a Path, got"):
        as_path(place)


def test_as_folder_and_as_new_file_refuse_a_place_inside_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    for place in ("file", "file/deeper", "file/a/b"):
        with pytest.raises(fer.ConfigError, match=r"file is a file, not a folder; name a folder"):
            as_folder(tmp_path / place)
    with pytest.raises(fer.ConfigError, match="is a folder, not a file; name a file"):
        as_new_file(tmp_path)
    with pytest.raises(fer.ConfigError, match=r"file is a file, not a folder; name a folder"):
        as_new_file(tmp_path / "file" / "x.onnx")
    assert as_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"


def test_as_folder_refuses_a_link_that_leads_nowhere(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "gone").symlink_to(tmp_path / "missing")
    for name in ("loop", "gone", "gone/a"):
        with pytest.raises(fer.ConfigError, match=r"(loop|gone) is a link to nothing; name a folder"):
            as_folder(tmp_path / name)
    for place, words in (
        ("loop/a", "Too many levels"),
        ("x" * 300, "File name too long"),
        ("a\0b", "NUL|null"),
    ):
        with pytest.raises(fer.FerfusionError, match=words):
            as_folder(tmp_path / place)


def test_check_workers_refuses_a_number_below_one():
    check_workers(None)
    check_workers(1)
    for workers in (0, -2):
        with pytest.raises(fer.ConfigError, match=f"workers must be a whole number from 1 on, got {workers}"):
            check_workers(workers)


def test_as_place_tells_addresses_from_paths(tmp_path):
    assert str(as_place("s3://bucket/a.mp4")) == "s3://bucket/a.mp4"
    assert as_place("./s3://bucket/a.mp4") == Path("s3:/bucket/a.mp4")
    assert as_place(tmp_path) == tmp_path


@pytest.mark.parametrize("check", [as_path, as_folder, as_new_file])
@pytest.mark.parametrize("place", ["s3://b/q", "s3:/b/q", Path("s3://b/q"), Path("S3://me@b/q")])
def test_only_predict_takes_addresses(check, place, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(fer.ConfigError, match=r"^s3://.*b/q is an address, and only predict "):
        check(place)
    assert list(tmp_path.iterdir()) == []


def test_a_local_folder_of_such_a_name_is_named_with_a_dot(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert as_predictions_folder("./s3://b/q") == Path("s3:/b/q")
