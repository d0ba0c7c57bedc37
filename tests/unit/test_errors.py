import errno
import inspect
import os
import re
from pathlib import Path

import pytest

from ferfusion import errors
from ferfusion.errors import FerfusionError, FileError, file_errors, in_one_line

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


@pytest.mark.parametrize(
    ("number", "named", "path", "words"),
    [
        (errno.ENOSPC, None, "a.csv", "Cannot write a.csv: No space left on device; free some space and run"),
        (errno.EROFS, ".a.csv.7.partial", "a.csv", "Cannot write a.csv: Read-only file system; change its"),
        (errno.EACCES, "b", None, "Cannot read or write b: Permission denied; change its permissions"),
        (errno.ENOENT, b"b", None, "Cannot read or write b: No such file or directory"),
    ],
)
def test_file_errors_name_the_file_the_reason_and_what_to_do(number, named, path, words):
    with pytest.raises(FileError, match=f"^{re.escape(words)}"), file_errors(path and Path(path)):
        raise OSError(number, os.strerror(number), named)


def test_file_errors_pass_what_is_of_no_file():
    with pytest.raises(BrokenPipeError), file_errors():
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def test_ferfusion_error_leaves_out_the_middle_of_a_very_long_message():
    """A dataset.json with a field name of 10,000 characters gave a message that fills the terminal."""
    message = str(FerfusionError(f"Unknown setting {'x' * 10_000}; delete it"))
    assert message.startswith("Unknown setting x")
    assert message.endswith("x; delete it")
    assert len(message) < 1500
