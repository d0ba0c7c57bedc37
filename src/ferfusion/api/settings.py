"""Settings by keyword: which recipe each one belongs to."""

from collections.abc import Mapping
from dataclasses import fields, replace
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar, cast

from ferfusion.lookup import choose

Recipe = TypeVar("Recipe")
PathOrText = str | PathLike[str]


def with_settings(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """Return a recipe with other values for some of its fields.

    Raises:
        ConfigError: a name is no field of the recipe, or a value cannot be used.
    """
    [changed] = with_settings_of_each([recipe], settings)
    return cast(Recipe, changed)


def with_settings_of_each(recipes: list[Any], settings: Mapping[str, Any]) -> list[Any]:
    """Return recipes with other values for some of their fields, each setting in the recipe that has it.

    Raises:
        ConfigError: a name is no field of any of them, or a value cannot be used.
    """
    names = [{field.name for field in fields(recipe)} for recipe in recipes]
    known = dict.fromkeys(sorted(set().union(*names)))
    for name in settings:
        choose(known, name, what="setting")
    return [
        replace(recipe, **{name: value for name, value in settings.items() if name in own})
        for recipe, own in zip(recipes, names, strict=True)
    ]


def as_path(place: PathOrText) -> Path:
    """Return a path that may be given as text, with ``~`` as the user's folder."""
    return Path(place).expanduser()
