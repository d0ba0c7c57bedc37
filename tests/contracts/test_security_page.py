"""The limits in docs/security.md are those of the code."""

import importlib
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
ROW = re.compile(r"\| [^|]+ \| [^|]+ \| ([\d,]+) \| `([\w.]+)` \|")


def limits():
    return [(match[2], int(match[1].replace(",", ""))) for match in ROW.finditer(PAGE.read_text())]


@pytest.mark.parametrize(("name", "value"), limits())
def test_security_page_has_the_limit_of_the_code(name, value):
    module, _, constant = name.rpartition(".")
    assert getattr(importlib.import_module(module), constant) == value


def test_security_page_has_all_limits():
    assert len(limits()) == 25
