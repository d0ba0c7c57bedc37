"""Patterns of paths that hold the subject or the label: ``{subject}_session{session}/{label}_take{n}``."""

import re
from dataclasses import dataclass
from functools import cached_property

from ferfusion.corpora.named_files import components
from ferfusion.errors import ConfigError, CorpusError
from ferfusion.video.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES

_FIELD = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True)
class PathPattern:
    """A pattern that the end of a path fits, without its suffix; each field is a part of one name.

    Raises:
        ConfigError: it has no field, or one that is no name.

    >>> PathPattern("{subject}_s{session}/{label}_{n}").read("videos/ann_s2/joy_1.mp4")
    {'subject': 'ann', 'session': '2', 'label': 'joy', 'n': '1'}
    """

    text: str

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) or not self.fields:
            raise ConfigError(
                f"A pattern has fields such as {{subject}}/{{label}}_{{n}}, got {self.text!r:.80}"
            )
        literal = _FIELD.sub("", self.text)
        if any(not field.isidentifier() for field in self.fields) or set("{}") & set(literal):
            raise ConfigError(
                f"A field of a pattern is a name in braces, such as {{subject}}, got {self.text!r:.80}"
            )
        if "path" in self.fields:
            raise ConfigError("A pattern is that of the path; name the field {path} otherwise")
        if "}{" in self.text:
            raise ConfigError(f"Two fields of a pattern need a sign between them, got {self.text!r:.80}")

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields, in their order."""
        return tuple(dict.fromkeys(_FIELD.findall(self.text)))

    @cached_property
    def _longest_and_shortest(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        return self._compiled("[^/]+"), self._compiled("[^/]+?")

    def read(self, path: str) -> dict[str, str]:
        """Return the text of each field.

        Raises:
            CorpusError: the path does not fit, or fits in several ways; the message is the reason.
        """
        whole = "/".join(components(path))
        stem, dot, suffix = whole.rpartition(".")
        plain = stem if f"{dot}{suffix.lower()}" in VIDEO_SUFFIXES | IMAGE_SUFFIXES else whole
        longest, shortest = (pattern.fullmatch(plain) for pattern in self._longest_and_shortest)
        if longest is None or shortest is None:
            raise CorpusError(f"the path does not fit the pattern {self.text}")
        for field, value in longest.groupdict().items():
            if value != shortest[field]:
                raise CorpusError(
                    f"the path fits the pattern {self.text} in several ways: {field} can be "
                    f"{shortest[field]!r} or {value!r}"
                )
        return longest.groupdict()

    def _compiled(self, text: str) -> re.Pattern[str]:
        wanted = "/".join(components(self.text))
        expression, at, seen = "(?:.*/)?", 0, set[str]()
        for match in _FIELD.finditer(wanted):
            name = match[1]
            expression += re.escape(wanted[at : match.start()])
            expression += f"(?P={name})" if name in seen else f"(?P<{name}>{text})"
            seen.add(name)
            at = match.end()
        return re.compile(expression + re.escape(wanted[at:]))
