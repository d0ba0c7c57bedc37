"""The parts of an address as text: its user, its path, its query, and the text that may be shown."""

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import unquote

WEB = frozenset({"http", "https"})
_WITH_USER = WEB | {"ftp", "ftps", "sftp", "ssh", "smb", "webdav", "webdavs", "hdfs", "webhdfs"}
"""Schemes with a user before the ``@``; in others, such as abfs and github, it is a container."""
_EXTRA = frozenset({"s3", "s3a", "gs", "gcs", *WEB})
_OTHER = (
    "abfs",
    "abfss",
    "adl",
    "az",
    "box",
    "dropbox",
    "file",
    "gdrive",
    "git",
    "github",
    "hf",
    "local",
    "memory",
)
KNOWN = _WITH_USER | _EXTRA | {*_OTHER, "oci", "oss", "root"}
"""Usual schemes; fsspec has the whole list, and is an extra."""

_ADDRESS = re.compile(r"[A-Za-z][\w+.-]*://")
_IN_TEXT = re.compile(r"[A-Za-z][\w+.-]*://[^\s'\"<>]+")
_LINK = re.compile(r"::(?=[A-Za-z][\w+.-]*::|[A-Za-z][\w+.-]*://)")
"""What parts a chain of addresses, such as ``zip://a.mp4::https://host/b.zip``."""
_PORT = re.compile(r"(?:[^@]*\]|[^@:]*)(?::\d*)?")
_HOST = r"(?:localhost|\[[\da-fA-F:.]+\]|[\w-]+(?:\.[\w-]+)+|[\w.-]+(?=:\d))(?::\d+)?"
_PARAMETER = re.compile(r";(?:[^/;]*=[^/;]*|(?![^/]*\.\w{1,5}(?:[/;]|$))[^/;]*)")
"""``;name=value`` or ``;value`` after a part of a path; ``a;b.mp4``, which ends with a suffix, is a name."""
_SECRET = re.compile(
    r"^x-amz-|^x-goog-|access.?id|access.?key|api.?key|\bauth(?!or)|credential|expires|key-pair-id|password|"
    r"policy|secret|session.?id|signature|token|^(sig|s[ektprv]|spr|skoid|sktid|skt|ske|sks|skv)$",
    re.IGNORECASE,
)
"""Names in a query that signs it; the short ones are those of Azure."""
_CODES: Mapping[str, str] = MappingProxyType({"/": "%2F", "?": "%3F", "#": "%23"})


def is_address(place: object) -> bool:
    """Return whether a text is an address: it begins with a scheme and ``://``.

    >>> is_address("s3://bucket/clip.mp4"), is_address("talks/a: b.mp4")
    (True, False)
    """
    return isinstance(place, str) and _ADDRESS.match(place) is not None


@dataclass(frozen=True)
class Url:
    """An address in parts.

    Attributes:
        scheme: Scheme, in lower case.
        user: User and password with their ``@``; empty for none.
        path: The rest, without the query and fragment of a web address.
        query: Query of a web address; for other schemes, a ``?`` is of a name.
        chained: The links after the first one, as text.
    """

    scheme: str
    user: str
    path: str
    query: str = ""
    chained: str = ""

    @classmethod
    def of(cls, url: str) -> "Url":
        """Return the parts of an address.

        >>> Url.of("https://me:p/w@host/a.mp4?id=1#t=3")
        Url(scheme='https', user='me:p/w@', path='host/a.mp4', query='id=1', chained='')
        >>> Url.of("abfs://container@account/a?.mp4").path
        'container@account/a?.mp4'
        """
        first, *links = _LINK.split(url)
        scheme, _, rest = first.partition("://")
        scheme = scheme.lower()
        end = _end_of_user(rest) if scheme in _WITH_USER else 0
        user, path, query = rest[:end], rest[end:], ""
        if scheme in WEB:
            path, _, query = path.partition("#")[0].partition("?")
        return cls(scheme, user, path, query, "::".join(links))

    def __str__(self) -> str:
        chained = f"::{self.chained}" if self.chained else ""
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{self.user}{self.path}{query}{chained}"

    @property
    def shown(self) -> str:
        """The text without password, query and parameters; a hash of what signs nothing tells two apart."""
        user = self.user.removesuffix("@").partition(":")[0]  # that of a web address may be a token
        user = f"{user}@" if user and self.scheme not in WEB else ""
        chained = "".join(f"::{shown(link)}" for link in _LINK.split(self.chained) if link)
        return f"{self.scheme}://{user}{self._bare_path}{self._mark}{chained}"

    @property
    def _bare_path(self) -> str:
        return _PARAMETER.sub("", self.path) if self.scheme in WEB else self.path

    @property
    def _mark(self) -> str:
        if self.scheme not in WEB:
            return ""
        parts = [each[1:] for each in _PARAMETER.findall(self.path)] + re.split("[&;]", self.query)
        kept = "&".join(sorted(part for part in parts if part and not _signs(part)))
        return f"?query={hashlib.sha256(kept.encode()).hexdigest()[:8]}" if kept else ""

    @property
    def name(self) -> str:
        """Last part of the path, as the name of a local file: it leads to no other folder."""
        last = self._bare_path.rstrip("/").rpartition("/")[2]
        name = (unquote(last).replace("/", "_") if self.scheme in WEB else last).replace("\0", "_")
        return "file" if name in ("", ".", "..") else name

    @property
    def fault(self) -> str:
        """Why it leads to no file or folder, and what to do; empty if it may lead to one."""
        if self.scheme == "data":
            return "its content is in the address itself; write that to a file, and name the file"
        if not self.path.strip("/") and self.scheme not in ("file", "local"):
            return "it has no path; name a file or folder there"
        if self.scheme in ("file", "local") and not self.path.startswith("/"):
            return "its path is not absolute; write it as file:///…, or as a path without a scheme"
        found = [f"{sign} as {code}" for sign, code in _CODES.items() if sign in self.user]
        if found and self.scheme in WEB:
            return f"its password has signs that end the name of a host; write {', '.join(found)}"
        return "its password has a / ? or #, which no address can have" if found else ""


def _signs(part: str) -> bool:
    """Return whether a part of a query signs it; what has no name may tell two files apart."""
    name, is_named, _ = part.partition("=")
    return bool(is_named and _SECRET.search(name))


def _end_of_user(rest: str) -> int:
    """Return where the user information ends, which is 0 without any.

    It ends at the last ``@`` of the authority. A password may have ``/``, ``?`` or ``#``, which end the
    authority too early: what follows the colon is then no port, or what follows the ``@`` no usual host.
    """
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    user, at, host = authority.rpartition("@")
    end = len(user) + len(at)
    is_cut = ":" in user and not re.fullmatch(_HOST, host) if at else not _PORT.fullmatch(authority)
    if not is_cut:
        return end
    hosts = [found.end() for found in re.finditer(rf"@(?={_HOST}/)", rest)]
    return hosts[-1] if hosts else end or rest.rfind("@") + 1


def shown(url: str) -> str:
    """Return the text of an address that may be shown: it has no password, signature or token.

    >>> shown("https://me:secret@host/talk%201.mp4?Expires=9&Signature=abc"), shown("sftp://me:secret@host/a.mp4")
    ('https://host/talk%201.mp4', 'sftp://me@host/a.mp4')
    """
    return Url.of(url).shown if is_address(url) else url


def without_secrets(text: str, url: str) -> str:
    """Return a text, such as the message of a library, with its addresses as they are shown."""
    for given in (url, str(Url.of(url))):
        text = text.replace(given, shown(url))
    text = _IN_TEXT.sub(lambda found: shown(found[0]), text)
    is_of_web = any(link.lower().startswith(("http://", "https://")) for link in _LINK.split(url))
    return re.sub(r"\?(?!query=[\da-f]{8}\b)[^\s'\"]+", "?…", text) if is_of_web else text


def lost_slash(path: str) -> str | None:
    """Return the address that a path has been, such as ``s3:/bucket/a``; None if it has been none.

    >>> lost_slash("s3:/bucket/a"), lost_slash("./s3:/bucket/a"), lost_slash("talks: 1/a")
    ('s3://bucket/a', None, None)
    """
    first, _, rest = path.partition("/")
    scheme = first.removesuffix(":")
    if scheme == first or scheme.lower() not in KNOWN or os.path.lexists(first):
        return None
    return f"{scheme}://{rest.lstrip('/')}"


def in_extra(scheme: str) -> bool:
    """Return whether the extra remote brings the package of a scheme."""
    return scheme in _EXTRA
