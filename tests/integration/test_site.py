"""The documentation site: it builds without a warning, its links hold, and reading it needs no network."""

import os
import posixpath
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import ferfusion

ROOT = Path(__file__).parents[2]
LOADS = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
}
"""Elements, and their attributes from which a browser loads while a page is read."""
STYLES = ("stylesheet", "preload", "preconnect", "icon", "modulepreload", "prefetch", "dns-prefetch")


class PageReader(HTMLParser):
    """Ids of a page, where its links lead, and what a browser loads."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loaded = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and set(given.get("rel", "").split()) & set(STYLES):
            self.loaded.append(given["href"])
        self.loaded += [given[name] for name in LOADS.get(tag, ()) if name in given]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return {
        path.relative_to(site).as_posix(): PageReader(path.read_text(encoding="utf-8"))
        for path in site.rglob("*.html")
    }


@pytest.mark.slow
def test_site_pages_load_nothing_from_a_network(pages):
    assert len(pages) > 40
    loaded = {(name, address) for name, page in pages.items() for address in page.loaded}
    assert [each for each in loaded if urlsplit(each[1]).netloc] == []
    assert [(name, each) for name, each in loaded if each.startswith("//")] == []


@pytest.mark.slow
def test_site_styles_load_nothing_from_a_network(site):
    for path in site.rglob("*.css"):
        addresses = re.findall(r"(?:url\(|@import\s+)['\"]?([^'\")]+)", path.read_text(encoding="utf-8"))
        assert [each for each in addresses if each.startswith(("http", "//"))] == [], path


@pytest.mark.slow
def test_site_links_lead_to_pages_and_places_that_are_there(site, pages):
    wrong = []
    for name, page in pages.items():
        if name == "404.html":  # its links begin at the root of a server
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
            target = name if not parts.path else target
            is_there = target in pages or (site / target).is_file()
            anchor = unquote(parts.fragment)
            if not is_there or (anchor and target in pages and anchor not in pages[target].ids):
                wrong.append((name, link))
    assert wrong == [], wrong


@pytest.mark.slow
def test_site_documents_every_public_name(pages):
    documented = {each for name, page in pages.items() if name.startswith("api/") for each in page.ids}
    public = set(ferfusion.__all__) - {"__version__"}
    assert {name for name in public if f"ferfusion.{name}" not in documented} == set()
