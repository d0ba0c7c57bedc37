import inspect
import re

import pytest

from ferfusion import errors
from ferfusion.errors import FerfusionError, in_one_line

CLASSES = {
    name: item
    for name, item in inspect.getmembers(errors, inspect.isclass)
    if item.__module__ == errors.__name__
}
CLASSES_IN_ORDER = re.findall(r"^class (\w+)", inspect.getsource(errors), re.MULTILINE)
DRAWN = re.findall(r"^(?:├──|└──) (\w+) +(.+)$", errors.__doc__, re.MULTILINE)


def test_errors_docstring_draws_the_tree_of_classes():
    assert re.search(r"^FerfusionError$", errors.__doc__, re.MULTILINE)
    assert [name for name, _ in DRAWN] == [name for name in CLASSES_IN_ORDER if name != "FerfusionError"]


@pytest.mark.parametrize(("name", "words"), DRAWN)
def test_error_class_is_one_level_down_with_the_drawn_docstring(name, words):
    assert CLASSES[name].__bases__ == (FerfusionError,)
    assert CLASSES[name].__doc__.lower() == words + "."


def test_ferfusion_error_alone_is_a_plain_exception():
    assert FerfusionError.__bases__ == (Exception,)
    assert set(CLASSES) == set(CLASSES_IN_ORDER)


def test_ferfusion_error_message_can_be_printed_whatever_the_name_of_a_file():
    assert str(errors.VideoError("no file caf\udce9.mp4")) == r"no file caf\udce9.mp4"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n\tb", "a b"),
        ("", "ValueError"),
        ("\x1b[2J\udcff", "?[2J?"),
        ("x" * 400 + " why", "x" * 296 + " why"),
    ],
)
def test_in_one_line_is_short_and_printable(text, line):
    assert in_one_line(ValueError(text)) == line
