"""The commands that docs/own-corpus.md and its example show can be given as they stand, and are the same."""

import re
import shlex
from pathlib import Path

import pytest

from ferfusion.cli import build_app

ROOT = Path(__file__).parents[3]
PAGE, README = ROOT / "docs" / "own-corpus.md", ROOT / "examples" / "own_corpus" / "README.md"
COMMAND = re.compile(r"^ *ferfusion (.+)$", re.M)
LINES = COMMAND.findall(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", LINES)
def test_own_corpus_page_command_is_understood(line: str) -> None:
    tokens = shlex.split(line)
    build_app(tokens[0]).parse_args(tokens, exit_on_error=False, print_error=False)


def test_own_corpus_page_has_the_commands_of_the_example() -> None:
    assert COMMAND.findall(README.read_text(encoding="utf-8")) == LINES
