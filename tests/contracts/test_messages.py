"""Messages: a number that may be 1 has its noun in the singular then (``reporting.words.counted``)."""

import ast
import re
from importlib.util import find_spec
from pathlib import Path

PACKAGE = Path(find_spec("ferfusion").submodule_search_locations[0])
NOUNS = (
    "cells channels classes clips columns comparisons crops embeddings epochs faces files folds "
    "frames images inputs labels layers outputs pairs parts people persons photographs predictions raters "
    "rows runs samples seeds segments streams subjects trainings values variants vectors videos votes weights"
).split()
COUNT = re.compile(r"^(len|sum|int)\(|\.(size|nunique\(\))$")
TWO_OR_MORE = {
    "{len(self.labels)} classes",
    "{len(header)} columns",
    "{len(column.groups)} values",
    "{len(entries)} layers",
    "{len(network.dense[0].weights[0])} values",
    "{len(interpretation.labels)} labels",
    "{len(network.columns)} classes",
    "{len(present)} classes",
    "{len(description.labels)} labels",
    "{len(members)} files",
    "{len(runtime.inputs)} inputs",
    "{len(names)} outputs",
    "{len(photographs)} photographs",
    "{len(uploads)} photographs",
    "{len(files)} videos",
    "{len(parts)} parts",
    "{len(parts)} subjects",
    "{len(others)} other runs",
    "{len(names)} variants",
    "{len(trained)} variants",
    "{len(pairs)} pairs",
    "{len(rows)} such rows",
    "{len(header)} cells",
    "{len(kernel)} values",
}
"""What is said only of two or more."""


def counts_before_plurals(source):
    """Every count in an f-string that stands before a plural noun, with one word between them at most."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            for value, text in zip(node.values, node.values[1:], strict=False):
                if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant):
                    number, after = (
                        ast.unparse(value.value),
                        re.match(r" (?:(?:other|such) )?([a-z]+)", str(text.value)),
                    )
                    if COUNT.search(number) and after and after[1] in NOUNS:
                        yield f"{{{number}}}{after[0]}"


def test_counts_before_plurals_finds_a_message_without_a_singular():
    found = counts_before_plurals("f\"{len(rows)} rows of {table}; {counted(len(rows), 'row')} {x} rows\"")
    assert list(found) == ["{len(rows)} rows"]


def test_messages_have_a_singular_for_every_count_that_may_be_one():
    found = {
        (path.relative_to(PACKAGE).as_posix(), text)
        for path in PACKAGE.rglob("*.py")
        for text in counts_before_plurals(path.read_text(encoding="utf-8"))
        if text not in TWO_OR_MORE
    }
    assert found == set()
