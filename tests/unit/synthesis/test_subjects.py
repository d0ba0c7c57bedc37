import pickle
import re
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from ferfusion.synthesis.casting import draw_subject
from ferfusion.synthesis.subjects import Brows, Hair, Light, Scene, Subject


@pytest.fixture
def subject():
    return draw_subject(3, seed=7)


def test_subject_is_a_frozen_value(subject):
    with pytest.raises(FrozenInstanceError):
        subject.blush = 1.0
    other = replace(subject, hair=replace(subject.hair, hairline_cm=subject.hair.hairline_cm + 1))
    assert other != subject
    assert replace(other, hair=subject.hair) == subject


def test_subject_can_be_sent_to_another_process(subject):
    assert pickle.loads(pickle.dumps(subject)) == subject


def test_subject_holds_the_values_of_a_person_and_of_the_place(subject):
    kinds = {"brows": Brows, "hair": Hair, "light": Light, "scene": Scene}
    assert {name: type(getattr(subject, name)) for name in kinds} == kinds


@pytest.mark.parametrize("value", [Scene, Subject])
def test_subject_and_scene_document_every_field_in_order(value):
    assert re.findall(r"^ {8}(\w+): ", value.__doc__, re.M) == [field.name for field in fields(value)]
