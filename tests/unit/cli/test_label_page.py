"""The commands that docs/label.md shows can be given as they stand."""

import re
import shlex
from pathlib import Path

import pytest

from ferfusion.cli import build_app

PAGE = Path(__file__).parents[3] / "docs" / "label.md"
COMMANDS = re.findall(r"^    ferfusion ([^#\n]+)", PAGE.read_text(encoding="utf-8"), re.M)


def test_label_page_has_every_option_of_the_command():
    page = PAGE.read_text(encoding="utf-8")
    for option in ("export", "which", "import", "rater", "item", "queue", "dataset", "corpus", "number"):
        assert f"--{option} " in page or f"--{option}`" in page


@pytest.mark.parametrize("line", COMMANDS)
def test_label_page_command_is_understood(line):
    tokens = shlex.split(line)
    build_app(tokens[0]).parse_args(tokens, exit_on_error=False, print_error=False)
