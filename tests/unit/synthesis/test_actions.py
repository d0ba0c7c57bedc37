import numpy as np
import pytest

from ferfusion.actions.names import ACTIONS
from ferfusion.errors import ConfigError
from ferfusion.label_set import SIX
from ferfusion.synthesis.actions import (
    ACTION_UNITS,
    PROTOTYPES,
    draw_units,
    sides,
    weights_of_units,
)

# Du, Tao and Martinez 2014, Table 1: units that at least half of the people showed
DU_TAO_MARTINEZ = {
    "Anger": {4, 7, 24},
    "Disgust": {9, 10, 17},
    "Fear": {1, 4, 20, 25},
    "Happiness": {12, 25},
    "Sadness": {4, 15},
    "Surprise": {1, 2, 25, 26},
}


def test_actions_are_52_and_every_unit_uses_known_ones():
    assert len(ACTIONS) == len(set(ACTIONS)) == 52
    used = {action for names in ACTION_UNITS.values() for name in names for action in sides(name)}
    assert used <= set(ACTIONS)


def test_prototypes_exist_for_every_class_and_use_known_units():
    assert tuple(PROTOTYPES) == SIX.names
    for prototype in PROTOTYPES.values():
        assert {*prototype.core, *prototype.optional} <= set(ACTION_UNITS)
        assert not set(prototype.core) & set(prototype.optional)


@pytest.mark.parametrize("expression", SIX.names)
def test_prototypes_have_the_units_of_the_literature(expression):
    prototype = PROTOTYPES[expression]
    parts_lips = {25} if {26, 27} & set(prototype.core) else set()  # a dropped jaw parts the lips
    assert {*prototype.core, *prototype.optional} | parts_lips >= DU_TAO_MARTINEZ[expression]


@pytest.mark.parametrize("expression", SIX.names)
def test_prototypes_are_the_same_on_both_sides(expression):
    weights = weights_of_units(PROTOTYPES[expression].core)
    for name, weight in weights.items():
        assert 0 < weight <= 1
        if name.endswith("Left"):
            assert weights[name.removesuffix("Left") + "Right"] == weight


def test_weights_of_units_add_up_and_stop_at_one():
    assert weights_of_units({26: 0.4, 27: 0.3})["jawOpen"] == pytest.approx(0.54)
    assert weights_of_units({26: 1.0, 27: 1.0})["jawOpen"] == 1.0


@pytest.mark.parametrize("expression", SIX.names)
def test_draw_units_has_all_core_units_and_some_optional_ones(expression):
    prototype = PROTOTYPES[expression]
    drawn = [draw_units(expression, np.random.default_rng(seed)) for seed in range(40)]
    for units in drawn:
        assert set(prototype.core) <= set(units) <= {*prototype.core, *prototype.optional}
    for unit in prototype.optional:
        assert 5 < sum(unit in units for units in drawn) < 35


def test_draw_units_names_an_unknown_expression():
    with pytest.raises(ConfigError, match=r"Unknown expression 'Angr'.*Did you mean 'Anger'"):
        draw_units("Angr", np.random.default_rng(0))
