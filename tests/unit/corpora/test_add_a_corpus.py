"""The loader that docs/add-a-corpus.md shows does what the page says."""

import re
from pathlib import Path
from typing import Any

from helpers.corpora import left_out_of, rows_of, write_files

PAGE = Path(__file__).parents[3] / "docs/add-a-corpus.md"


def test_add_a_corpus_page_has_a_loader_that_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    write_files(tmp_path, "TINY_P01_angry_1.mp4", "x/tiny_p02_HAPPY_2.avi", "x/TINY_P02_happy_2.mp4", "b.mp4")
    listing = names["list_tiny"](tmp_path)
    assert rows_of(listing) == [
        ("P01-Anger-1", "P01", "Anger", None),
        ("P02-Happiness-2", "P02", "Happiness", None),
    ]
    assert left_out_of(listing) == {
        "b.mp4": "not named like TINY_P01_angry_1",
        "x/tiny_p02_HAPPY_2.avi": "the same take as x/TINY_P02_happy_2.mp4",
    }


def test_add_a_corpus_page_names_files_that_exist() -> None:
    text = PAGE.read_text(encoding="utf-8")
    root = PAGE.parents[1]
    for name in ("catalogue.py", "recognise.py", "official_split.py"):
        assert name in text
        assert (root / "src/ferfusion/corpora" / name).is_file()
    for path in re.findall(r"`(tests/[\w/]+\.py)`", text):
        assert (root / path).is_file()
