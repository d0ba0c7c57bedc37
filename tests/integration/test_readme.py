"""What the README shows of a prediction is what one gives; its first script is in the front door's walk."""

import contextlib
import io
import re
from pathlib import Path

import pytest

import ferfusion as fer

README = Path(__file__).parents[2] / "README.md"
ROOT = README.parent


def test_readme_fits_on_a_few_screens_and_its_links_hold():
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 110
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert len(links) > 25
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.slow
def test_readme_prediction_prints_what_stands_below_it(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    text = README.read_text(encoding="utf-8")
    [(script, printed)] = re.findall(r"```python\n((?:(?!```).)+)```\n\n```text\n(.+?)```", text, re.S)
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        exec(compile(script, "README.md", "exec"), {"fer": fer})
    assert shown.getvalue() == printed
    assert list(tmp_path.iterdir()) == []
