from dataclasses import replace
from typing import Any

import pytest

from ferfusion.errors import ConfigError
from ferfusion.preparation.recipe import PrepareRecipe

OTHERS: dict[str, Any] = {
    "size": 64,
    "detector": "yunet",
    "detector_sha256": "0123456789abcdef" * 4,
    "margin": 0.1,
    "min_face": 0.2,
    "flow": "dis",
    "flow_size": 96,
    "segment_length": 8,
    "keep_every": 1,
    "smoothing": 0.0,
}


def test_recipe_settings_all_have_another_value_here():
    assert set(OTHERS) == set(PrepareRecipe().to_dict())


@pytest.mark.parametrize("setting", OTHERS)
def test_recipe_of_another_value_has_another_hash_and_names_it(setting):
    usual = PrepareRecipe()
    other = replace(usual, **{setting: OTHERS[setting]})
    assert other.hash != usual.hash
    assert usual.differences(other) == [
        f"{setting} is {OTHERS[setting]!r}, expected {getattr(usual, setting)!r}"
    ]


def test_recipe_hash_depends_on_the_values_alone():
    assert PrepareRecipe().hash == PrepareRecipe().hash == PrepareRecipe(size=48).hash


def test_recipe_survives_a_round_trip():
    recipe = PrepareRecipe(**OTHERS)
    assert PrepareRecipe.from_dict(recipe.to_dict()) == recipe
    assert recipe.differences(PrepareRecipe.from_dict(recipe.to_dict())) == []


def test_recipe_refuses_an_unknown_key():
    with pytest.raises(ConfigError, match=r"Unknown preparation settings: colour, sizes"):
        PrepareRecipe.from_dict({"size": 48, "sizes": 64, "colour": "grey"})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 15}, "size must be from 16 to 512 pixels, got 15"),
        ({"detector_sha256": "abc"}, "must be empty or 64 digits, 0 to 9 and a to f, got 'abc'"),
        ({"flow_size": 47}, r"flow_size must be 0 .* or at least size, 48, got 47"),
        ({"margin": -0.1}, r"margin must be from 0 to 1, got -0\.1"),
        ({"margin": 1.1}, r"margin must be from 0 to 1, got 1\.1"),
        ({"min_face": 0}, "min_face must be above 0 and at most 1, got 0"),
        ({"min_face": 1.5}, r"min_face must be above 0 and at most 1, got 1\.5"),
        ({"segment_length": 1}, "segment_length must be from 2 to 10,000 frames, got 1"),
        ({"keep_every": 0}, r"keep_every must be from 1 .* to segment_length .*16.*, got 0"),
        ({"keep_every": 17}, r"keep_every must be from 1 .* to segment_length .*16.*, got 17"),
        ({"smoothing": -1}, "smoothing must be from 0 to 1,000 frames, got -1"),
        ({"smoothing": float("nan")}, "smoothing must be from 0 to 1,000 frames, got nan"),
        ({"smoothing": float("inf")}, "smoothing must be from 0 to 1,000 frames, got inf"),
    ],
)
def test_recipe_refuses_an_invalid_value(settings, message):
    with pytest.raises(ConfigError, match=message):
        PrepareRecipe(**settings)
