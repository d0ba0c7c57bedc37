from typing import get_args

from ferfusion.parts import PARTS, Part


def test_parts_are_those_of_the_type_in_the_order_of_their_use():
    assert PARTS == ("train", "validation", "test")
    assert get_args(Part) == PARTS
