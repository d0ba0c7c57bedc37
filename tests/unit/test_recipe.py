"""The base of every recipe, and a law over all recipes of the package."""

import math
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.compute import Compute
from ferfusion.errors import ConfigError
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.explanation.recipe import ExplainRecipe
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.recipe import Above, AtLeast, AtMost, Below, Recipe, bounds_of, value_type, value_types
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.studies.plan import StudyPlan
from ferfusion.synthesis.recipe import SynthesisRecipe
from ferfusion.training.recipe import TrainRecipe

RECIPES = (
    Compute,
    EvaluateRecipe,
    ExplainRecipe,
    ModelConfig,
    PredictRecipe,
    PrepareRecipe,
    SplitRecipe,
    StudyPlan,
    SynthesisRecipe,
    TrainRecipe,
)


@dataclass(frozen=True)
class Settings(Recipe):
    described_as: ClassVar[str] = "example"

    epochs: Annotated[int, AtLeast(1)] = 20
    rate: Annotated[float, Above(0)] = 0.1
    decay: Annotated[float, AtLeast(0), Below(1)] = 0.9
    angle: Annotated[float, AtLeast(0), AtMost(180, "degrees")] = 0.0
    share: Annotated[float, Above(0), AtMost(1)] = 0.5
    start: Annotated[float, AtLeast(0, "seconds")] = 0.0
    end: Annotated[float | None, AtLeast(0)] = None
    least: Annotated[float, Above(0), AtMost(1)] | None = None
    name: str = ""
    fast: bool = False
    factor: float = 1.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"epochs": 1.5}, "epochs must be a whole number, got 1.5"),
        ({"epochs": True}, "epochs must be a whole number, got True"),
        ({"epochs": "3"}, "epochs must be a whole number, got '3'"),
        ({"epochs": None}, "epochs must be a whole number, got None"),
        ({"rate": "fast"}, "rate must be a number, got 'fast'"),
        ({"end": "late"}, "end must be a number or unset, got 'late'"),
        ({"end": math.nan}, "end must be 0 or more, got nan"),
        ({"least": "few"}, "least must be a number or unset, got 'few'"),
        ({"least": 0}, "least must be above 0 and at most 1, got 0"),
        ({"name": ["x"]}, "name must be text, got ['x']"),
        ({"fast": 1}, "fast must be true or false, got 1"),
        ({"factor": math.inf}, "factor must be finite, got inf"),
        ({"rate": 0.0}, "rate must be above 0, got 0.0"),
        ({"rate": math.inf}, "rate must be above 0, got inf"),
        ({"decay": 1.0}, "decay must be at least 0 and below 1, got 1.0"),
        ({"angle": 181}, "angle must be from 0 to 180 degrees, got 181"),
        ({"share": 0}, "share must be above 0 and at most 1, got 0"),
        ({"start": -1}, "start must be 0 or more seconds, got -1"),
        ({"start": math.nan}, "start must be 0 or more seconds, got nan"),
        ({"end": -1.0}, "end must be 0 or more, got -1.0"),
        ({"epochs": 10**12}, "epochs must be at most 4,294,967,295 in size, got 1000000000000"),
        ({"epochs": 10**400}, f"epochs must be at most 4,294,967,295 in size, got 1{'0' * 79}"),
        ({"factor": -1e10}, "factor must be at most 4,294,967,295 in size, got -10000000000.0"),
    ],
)
def test_check_bounds_names_the_bound_or_the_type_and_the_value(settings, message):
    with pytest.raises(ConfigError) as caught:
        Settings(**settings)
    assert str(caught.value) == message


def test_check_bounds_allows_limits_numpy_numbers_and_none():
    Settings(epochs=1, decay=0, angle=180, share=1, start=0, end=None, least=1)
    numbers: dict[str, Any] = {"epochs": np.int64(3), "rate": np.float32(0.5)}
    Settings(**numbers)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_check_bounds_allows_exactly_the_values_between_two_bounds(value):
    if 0 <= value < 1:
        assert Settings(decay=value).decay == value
    else:
        with pytest.raises(ConfigError, match="decay must be"):
            Settings(decay=value)


def test_recipe_survives_a_round_trip_and_names_an_unknown_setting():
    settings = Settings(epochs=3, end=2.0)
    assert Settings.from_dict(settings.to_dict()) == settings
    with pytest.raises(ConfigError, match=r"Unknown example settings: epoch; did you mean epochs\?$"):
        Settings.from_dict({"epoch": 3})


def test_recipe_is_not_read_from_a_value_that_is_no_mapping():
    values: Any = ["epochs", 3]
    with pytest.raises(ConfigError, match=r"example settings must be named values, got \['epochs', 3\]"):
        Settings.from_dict(values)


def test_value_type_and_bounds_of_a_field():
    types = {field.name: value_type(field) for field in fields(Settings)}
    assert types["epochs"] is int
    assert types["end"] == float | None
    assert types["least"] == float | None
    assert types["name"] is str
    bounds = {field.name: bounds_of(field) for field in fields(Settings)}
    assert bounds["angle"] == (AtLeast(0), AtMost(180, "degrees"))
    assert bounds["least"] == (Above(0), AtMost(1))
    assert bounds["name"] == ()


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipe_describes_each_of_its_fields_in_one_class(recipe):
    """The command line reads the descriptions from the docstrings of the recipe and its bases."""
    docs = [kind.__doc__ or "" for kind in recipe.__mro__ if issubclass(kind, Recipe)]
    for field in fields(recipe):
        assert sum(f"\n        {field.name}: " in doc for doc in docs) == 1, field.name


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipe_bounds_hold_its_default_and_refuse_what_is_beyond(recipe):
    recipe()
    for field in fields(recipe):
        assert field.default is not MISSING
        for bound in bounds_of(field):
            # a whole number beyond the limit, so that the type is right
            beyond = math.floor(bound.limit) - 1 if isinstance(bound, AtLeast | Above) else bound.limit + 1
            with pytest.raises(ConfigError, match=f"^{field.name} must be"):
                recipe(**{field.name: value_types(field)[0](beyond)})
