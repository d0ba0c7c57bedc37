"""The pages that say how to add an item are right: each is followed to the letter in a copy of the source."""

import pytest

from helpers.followed_page import ROOT, changed, follow

PAGES = {
    "add-a-detector.md": 2,
    "add-a-flow.md": 10,
    "add-an-architecture.md": 10,
    "add-a-fusion.md": 10,
}
"""Each page, and the least number of tests that its command runs."""


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_add_page_gives_an_item_that_passes_its_tests(page, tmp_path):
    done = follow(page, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.rsplit(" passed", 1)[0].rsplit(maxsplit=1)[-1]) >= PAGES[page]


def test_add_pages_are_all_here():
    assert {path.name for path in (ROOT / "docs").glob("add-a*.md")} == {*PAGES, "add-a-corpus.md"}


def test_changed_refuses_a_diff_that_does_not_fit():
    assert changed("a\nb\n", "-a\n+c\n+d\n b\n") == "c\nd\nb\n"
    with pytest.raises(AssertionError, match="0 times in the file"):
        changed("a\nb\n", "-x\n")
