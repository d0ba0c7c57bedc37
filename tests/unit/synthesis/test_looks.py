from typing import get_args, get_type_hints

import pytest

from ferfusion.label_set import SIX
from ferfusion.synthesis.actions import PROTOTYPES
from ferfusion.synthesis.casting import draw_subject
from ferfusion.synthesis.looks import LOOKS
from ferfusion.synthesis.recipe import SynthesisRecipe


def test_looks_are_those_of_the_recipe():
    assert tuple(LOOKS) == get_args(get_type_hints(SynthesisRecipe)["look"])


def test_looks_have_the_same_classes():
    for look in LOOKS.values():
        assert set(look.variants) == set(SIX.names)


def test_looks_begin_with_the_studio_of_the_sample():
    studio = LOOKS["studio"]
    assert studio.cast(3, seed=7) == draw_subject(3, seed=7)
    assert {name: ways[0] for name, ways in studio.variants.items()} == dict(PROTOTYPES)
    assert all(len(ways) == 1 for ways in studio.variants.values())


@pytest.mark.parametrize("name", LOOKS)
def test_looks_keep_the_name_of_a_person(name):
    assert LOOKS[name].cast(9, seed=1).name == "s10"
