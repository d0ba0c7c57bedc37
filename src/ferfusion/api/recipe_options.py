"""The settings of a verb as a list, with their types, defaults and descriptions."""

import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any

from ferfusion.environment import load_torch
from ferfusion.lookup import choose
from ferfusion.recipe import value_types

_KINDS = ((bool, "bool"), (int, "int"), (float, "float"))


@dataclass(frozen=True)
class RecipeOption:
    """A setting of a recipe; ``recipe_options`` lists them.

    Attributes:
        name: Its name, as a keyword and as an option.
        kind: ``bool``, ``int``, ``float``, ``choice`` or ``text``.
        default: Its default value.
        choices: The names that can be chosen; empty if it is free.
        text: What it does.
        group: The recipe that it belongs to: model or training.
    """

    name: str
    kind: str
    default: bool | int | float | str | None
    choices: tuple[str, ...]
    text: str
    group: str


def recipe_options(verb: str = "train") -> list[RecipeOption]:
    """Return the settings of a verb.

    Args:
        verb: train, or predict.

    Raises:
        ConfigError: there is no such verb.

    >>> option = fer.recipe_options("train")[0]
    >>> option.name, option.kind, option.default
    ('architecture', 'choice', 'two-stream')
    """
    recipes = choose(dict(_recipes()), verb, what="verb with a recipe")
    return [option for group, recipe in recipes for option in _options(recipe, group)]


def _recipes() -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    load_torch()
    from ferfusion.inference.recipe import PredictRecipe  # noqa: PLC0415
    from ferfusion.models.config import ModelConfig  # noqa: PLC0415 torch
    from ferfusion.training.recipe import TrainRecipe  # noqa: PLC0415

    yield "train", [("model", ModelConfig), ("training", TrainRecipe)]
    yield "predict", [("prediction", PredictRecipe)]


def _tables() -> dict[str, Iterable[str]]:
    """Return the names that some settings choose from."""
    from ferfusion.actions.estimators import ACTION_ESTIMATORS  # noqa: PLC0415 OpenCV
    from ferfusion.flow.encodings import FLOW_ENCODINGS  # noqa: PLC0415
    from ferfusion.models.architectures import ARCHITECTURES  # noqa: PLC0415
    from ferfusion.training.optim.optimizers import OPTIMIZERS  # noqa: PLC0415 torch
    from ferfusion.training.optim.schedules import SCHEDULES  # noqa: PLC0415

    return {
        "architecture": ARCHITECTURES,
        "flow_encoding": FLOW_ENCODINGS,
        "optimizer": OPTIMIZERS,
        "schedule": SCHEDULES,
        "actions": ("", *ACTION_ESTIMATORS),
    }


def _options(recipe: Any, group: str) -> Iterator[RecipeOption]:
    texts, tables = _texts(recipe), _tables()
    for field in fields(recipe):
        choices = tuple(tables.get(field.name, ()))
        kind = "choice" if choices else _kind_of(field)
        default = field.default if field.default is not MISSING else None
        if default is None or isinstance(default, bool | int | float | str):
            yield RecipeOption(field.name, kind, default, choices, texts.get(field.name, ""), group)


def _kind_of(field: "Field[Any]") -> str:
    first = value_types(field)[0]
    return next((name for kind, name in _KINDS if first is kind), "text")


def _texts(recipe: Any) -> dict[str, str]:
    """Return the descriptions of the attributes of a class and of its bases."""
    texts: dict[str, str] = {}
    for kind in reversed(inspect.getmro(recipe)):
        _, _, listed = (inspect.cleandoc(kind.__doc__ or "")).partition("Attributes:\n")
        for name, text in re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", listed, re.M):
            texts[name] = " ".join(text.split())
    return texts
