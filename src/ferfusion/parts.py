"""The three parts of a dataset."""

from typing import Literal, get_args

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
ALL = "all"
"""Stands for a whole dataset where a part can be named."""


def part_title(part: str) -> str:
    """Return a part as a title.

    >>> part_title("test"), part_title("all")
    ('Test', 'Whole dataset')
    """
    return "Whole dataset" if part == ALL else part.capitalize()


def part_words(part: str) -> str:
    """Return a part as words of a sentence.

    >>> part_words("test"), part_words("all")
    ('the test part', 'the dataset')
    """
    return "the dataset" if part == ALL else f"the {part} part"
