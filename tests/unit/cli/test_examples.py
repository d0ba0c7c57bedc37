"""The commands that examples/cli shows can be given as they stand."""

import re
import shlex
from pathlib import Path

import pytest

from ferfusion.cli import build_app

SCRIPTS = sorted((Path(__file__).parents[3] / "examples" / "cli").glob("*.sh"))
LINES = [
    (script.name, line)
    for script in SCRIPTS
    for line in re.findall(r"^ferfusion (.+)$", script.read_text(encoding="utf-8").replace("\\\n", " "), re.M)
]


@pytest.mark.parametrize(("script", "line"), LINES, ids=lambda value: value[:30])
def test_example_command_is_understood(script, line):
    tokens = shlex.split(line.replace("$sample", "sample").replace("$1", "file.h5"))
    build_app(tokens[0]).parse_args(tokens, exit_on_error=False, print_error=False)


def test_example_scripts_have_a_command():
    assert {script for script, _ in LINES} == {script.name for script in SCRIPTS}
