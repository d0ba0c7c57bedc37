"""What the site has beside docs/: the notebooks, and a page for every file of the repository that is named.

A page may link to any file of the repository, as in ``[fusion.py](../src/ferfusion/models/fusion.py)``. On
the site, that file has a page of its own below ``files/``, so that no link leaves the site.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"(?<=\]\()(?P<path>[^)\s#:]+)(?P<anchor>#[^)\s]*)?(?=\))")
HREF = re.compile(r'(?<=href=")(?P<path>[^":#]+\.(?:md|ipynb))(?P<anchor>#[^"]*)?(?=")')
LANGUAGES = {".py": "python", ".sh": "sh", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".R": "r"}
SHOWN_ALWAYS = ("CHANGELOG.md", "CONTRIBUTING.md")
_HIDDEN = "---\nsearch:\n  exclude: true\n---\n\n"


def page_of(path: str) -> str:
    """Return the page of a file or folder of the repository: its place below the site's root, as Markdown.

    >>> page_of("docs/study.md"), page_of("notebooks/1-prepare.ipynb"), page_of("CHANGELOG.md")
    ('study.md', 'notebooks/1-prepare.ipynb', 'files/CHANGELOG.md')
    >>> page_of("examples/api"), page_of("docs/hooks.py")
    ('files/examples/api.md', 'files/docs/hooks.py.md')
    """
    if path.startswith("docs/") and not path.endswith(".py"):
        return path.removeprefix("docs/")
    if path.endswith(".ipynb"):
        return path
    return f"files/{path}" if path.endswith(".md") else f"files/{path}.md"


def links(text: str, path: str) -> Iterator[str]:
    """Yield the files and folders of the repository that the Markdown file ``path`` links to."""
    for match in LINK.finditer(text):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), match["path"]))
        if not target.startswith(".."):
            yield target


def with_site_links(text: str, path: str) -> str:
    """Return Markdown of the file ``path`` with links to the pages of the site."""
    here = posixpath.dirname(page_of(path))

    def replace(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), match["path"]))
        return posixpath.relpath(page_of(target), here or ".") + (match["anchor"] or "")

    return LINK.sub(replace, text)


def file_page(path: str) -> str:
    """Return the Markdown of the page of a file or folder of the repository."""
    place = ROOT / path
    if place.is_dir():
        names = sorted(each.name for each in place.iterdir() if each.suffix in (".md", *LANGUAGES))
        lines = (f"- [{name}]({place.name}/{name})" for name in names)
        return f"{_HIDDEN}# `{path}`\n\n" + "\n".join(lines)
    text = place.read_text(encoding="utf-8")
    if place.suffix == ".md":
        return _HIDDEN + text
    return f"{_HIDDEN}# `{path}`\n\n``````{LANGUAGES.get(place.suffix, 'text')}\n{text}\n``````\n"


@event_priority(100)  # before the plugin of the notebooks
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the notebooks, and the pages of files outside of docs/ that pages name."""
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        place = notebook.relative_to(ROOT).as_posix()
        files.append(File(place, str(ROOT), config.site_dir, use_directory_urls=config.use_directory_urls))
    todo = list(SHOWN_ALWAYS)
    for file in files.documentation_pages():
        if file.src_uri.endswith(".md"):
            todo += links(file.content_string, f"docs/{file.src_uri}")
    done: set[str] = set()
    while todo:
        path = todo.pop()
        if path in done or not page_of(path).startswith("files/"):
            continue
        done.add(path)
        if not (ROOT / path).exists():
            raise PluginError(f"A page links to {path}, which is not there")
        content = file_page(path)
        if path.endswith(".md") or (ROOT / path).is_dir():
            where = path if path.endswith(".md") else f"{path}.md"
            todo += links(content, where)
        files.append(File.generated(config, page_of(path), content=content))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Make links to files of the repository links to their pages."""
    path = page.file.src_uri
    path = path.removeprefix("files/") if path.startswith("files/") else f"docs/{path}"
    return with_site_links(markdown, path)


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Make links of a notebook links to pages of the site."""
    if not page.file.src_uri.endswith(".ipynb"):
        return html

    def replace(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("notebooks", match["path"]))
        place = posixpath.relpath(page_of(target), "notebooks")
        return re.sub(r"\.(?:md|ipynb)$", ".html", place) + (match["anchor"] or "")

    return HREF.sub(replace, html)
