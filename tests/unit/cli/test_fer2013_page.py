"""The commands that docs/fer2013.md shows can be given as they stand."""

import re
import shlex
from pathlib import Path

import pytest

from ferfusion.cli import build_app

PAGE = Path(__file__).parents[3] / "docs/fer2013.md"
COMMANDS = re.findall(r"^    ferfusion (.+)$", PAGE.read_text(encoding="utf-8"), re.M)


def test_fer2013_page_shows_every_command():
    assert [line.split()[0] for line in COMMANDS][:3] == ["prepare", "split", "train"]


@pytest.mark.parametrize("line", COMMANDS)
def test_fer2013_page_command_is_understood(line):
    tokens = shlex.split(line)
    _, bound, _ = build_app(tokens[0]).parse_args(tokens, exit_on_error=False, print_error=False)
    if "--stream" in tokens:
        assert bound.arguments["model"].stream == tokens[tokens.index("--stream") + 1]
    for option in ("vote-weight", "rotate", "random-erasing", "mixup"):
        if f"--{option}" in tokens:
            setting = getattr(bound.arguments["recipe"], option.replace("-", "_"))
            assert setting == float(tokens[tokens.index(f"--{option}") + 1])
