"""A page as a test reads it."""

import re
from html.parser import HTMLParser


class Page(HTMLParser):
    """The text of a page, and everything that it would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.loads: list[str | None] = []
        self.alts: list[str | None] = []
        self.open_tags: list[str] = []
        self._in_style = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self._in_style = tag == "style"
        if tag not in {"meta", "img", "br"}:
            self.open_tags.append(tag)
        self.loads += [values[name] for name in ("src", "href") if name in values]
        if tag == "img":
            self.alts.append(values.get("alt", ""))

    def handle_endtag(self, tag):
        self._in_style = False
        assert self.open_tags.pop() == tag

    def handle_data(self, data):
        if not self._in_style:
            self.text += data

    @property
    def words(self) -> str:
        """The text with single spaces."""
        return re.sub(r"\s+", " ", self.text)
