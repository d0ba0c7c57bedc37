"""Files and folders at addresses, such as s3://bucket/clip.mp4, on the file systems of fsspec."""

import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import gettempdir
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from ferfusion.errors import ConfigError, FileError, MissingExtraError, in_one_line
from ferfusion.extras import require
from ferfusion.outputs import new_result, only_writer

EXTRA = "remote"
_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*)://")
_USER = re.compile(r"(?<=://)[^/@?#\s]*@")
_QUERY = re.compile(r"\?(?=[^/?#]*=)")
"""A question mark in the name of an object, which no name=value follows, begins no query."""
_SECRET = re.compile(
    r"^x-amz-|^x-goog-|access.?id|access.?key|api.?key|\bauth(?!or)|credential|expires|key-pair-id|password|policy|"
    r"secret|signature|token|^(sig|s[ektprv]|spr|skoid|sktid|skt|ske|sks|skv)$",
    re.IGNORECASE,
)
"""Names in a query that signs it; the short ones are those of Azure."""
_SUMS = ("md5Hash", "Content-MD5", "content_md5", "crc32c", "checksum", "ETag", "etag")
_TIMES = ("mtime", "LastModified", "last_modified", "Last-Modified", "updated", "modified", "created")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_REASONS: Mapping[type[Exception], str] = MappingProxyType(
    {
        FileNotFoundError: "there is no such file, folder or bucket",
        PermissionError: "no permission; check the credentials that this host has for it",
        NotImplementedError: "its file system cannot do that",
    }
)
_PATIENCE_SECONDS = 60.0
_CONNECT_SECONDS, _READ_SECONDS = 30, 120
"""Time that a web server may take to answer, and then between two parts of a file of any length."""


def is_address(place: object) -> bool:
    """Return whether a text is an address: it begins with a scheme and ``://``.

    >>> is_address("s3://bucket/clip.mp4"), is_address("talks/a: b.mp4")
    (True, False)
    """
    return isinstance(place, str) and _ADDRESS.match(place) is not None


@dataclass(frozen=True)
class Address:
    """A file or folder on a file system of fsspec. As text, it has no password, signature or token.

    Attributes:
        url: The address as it was given.
        listed: What tells the file's content, from the listing of its folder (see ``content``).

    >>> print(Address("https://me:secret@host/talk%201.mp4?Expires=9&Signature=abc"))
    https://host/talk%201.mp4
    >>> Address("https://host/talk%201.mp4?Expires=9").name, str(Address("s3://bucket/out") / "videos.csv")
    ('talk 1.mp4', 's3://bucket/out/videos.csv')
    """

    url: str = field(repr=False)
    listed: str = field(default="", repr=False, compare=False)

    def __str__(self) -> str:
        path, query = _parted(self.url)
        parts = (part for part in query.split("&") if part and not _SECRET.search(part.partition("=")[0]))
        kept = "&".join(sorted(parts))
        # the rest tells two files apart, and may still be private
        mark = f"?query={hashlib.sha256(kept.encode()).hexdigest()[:8]}" if kept else ""
        return _USER.sub("", path) + mark

    @property
    def name(self) -> str:
        """Name of the file, from the last part of the address."""
        path, _ = _parted(self.url)
        last = _USER.sub("", path).rstrip("/").rpartition("/")[2]
        return (unquote(last).replace("/", "_") if self.is_of_the_web else last) or "file"

    @property
    def suffix(self) -> str:
        """Suffix of the name."""
        return PurePosixPath(self.name).suffix

    @property
    def path(self) -> PurePosixPath:
        """The text as a path that is only compared, never opened."""
        return PurePosixPath(str(self))

    def __truediv__(self, part: str) -> "Address":
        path, query = _parted(self.url)
        return Address(f"{path.rstrip('/')}/{part}{'?' if query else ''}{query}")

    def exists(self) -> bool:
        """Return whether there is such a file or folder.

        Raises:
            FerfusionError: the file system does not answer, or cannot be used.
        """
        with self._errors("found"):
            system, path = self._opened()
            return bool(system.exists(path))

    def is_folder(self) -> bool:
        """Return whether it is a folder; a web server has folders only with a slash at the end.

        Raises:
            FerfusionError: the file system does not answer, or cannot be used.
        """
        if self.is_of_the_web:
            return _parted(self.url)[0].endswith("/")
        with self._errors("searched"):
            system, path = self._opened()
            return bool(system.isdir(path))

    def files(self) -> dict[str, Mapping[str, Any]]:
        """Return what the file system tells of each file inside the folder, by its path in the folder.

        Raises:
            FerfusionError: the folder cannot be listed.
        """
        with self._errors("listed"):
            system, path = self._opened()
            system.invalidate_cache()
            root = f"{path.rstrip('/')}/"
            found = system.find(path, detail=True)
            return {name.removeprefix(root): info for name, info in found.items() if name.startswith(root)}

    def content(self) -> str:
        """Return what tells the file's content without reading it: its size, and a checksum or a time.

        It is empty if the file system tells neither.

        Raises:
            FerfusionError: there is no such file, or it cannot be read.
        """
        if self.listed:
            return self.listed
        with self._errors("read"):
            system, path = self._opened()
            return content_of(system.info(path))

    def read(self) -> bytes:
        """Return the content of a small file.

        Raises:
            FerfusionError: it cannot be read.
        """
        with self._errors("read"):
            system, path = self._opened()
            return bytes(system.cat_file(path))

    def download(self, file: Path) -> None:
        """Copy the file.

        Raises:
            FerfusionError: it cannot be read.
        """
        with self._errors("read"):
            system, path = self._opened()
            system.get_file(path, str(file))

    def upload(self, file: Path) -> None:
        """Copy a file to this address; in an object store, it is there whole or not at all.

        Raises:
            FerfusionError: it cannot be written.
        """
        with self._errors("written"):
            system, path = self._opened()
            system.put_file(str(file), path)

    def remove(self) -> None:
        """Remove the file.

        Raises:
            FerfusionError: it cannot be removed.
        """
        with self._errors("removed"):
            system, path = self._opened()
            system.rm_file(path)

    def check(self) -> None:
        """Check that the packages for this address are installed; nothing is connected.

        Raises:
            ConfigError: fsspec does not know the scheme.
            MissingExtraError: a package is missing.
        """
        with self._errors("used"):
            self._opened()

    @property
    def _scheme(self) -> str:
        return self.url.partition("://")[0].lower()

    @property
    def is_of_the_web(self) -> bool:
        """Whether it is of a web server, which tells no folders and takes no files."""
        return self._scheme in ("http", "https")

    def _opened(self) -> tuple[Any, str]:
        """Return the file system and the path on it."""
        fsspec = require("fsspec.core", extra=EXTRA)
        scheme = self._scheme if "::" not in self.url else ""
        if scheme and scheme not in require("fsspec", extra=EXTRA).available_protocols():
            raise ConfigError(
                f"Unknown scheme {scheme}:// of {self}; name an address such as s3://, gs:// or https://, or "
                "a path with ./ before it"
            )
        options: dict[str, Any] = {}
        if scheme in ("file", "local"):
            options = {"auto_mkdir": True}
        elif self.is_of_the_web:
            timeout = require("aiohttp", extra=EXTRA).ClientTimeout(
                total=None, sock_connect=_CONNECT_SECONDS, sock_read=_READ_SECONDS
            )
            options = {"client_kwargs": {"timeout": timeout}, "encoded": "%" in self.url}
        system, path = fsspec.url_to_fs(self.url, **options)
        return system, path

    @contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        """Raise the errors of a file system, which each package has of its own, as one without secrets."""
        try:
            yield
        except BaseException as error:
            if isinstance(error, ImportError):
                raise MissingExtraError(
                    f"{self} needs a package that is not installed ({in_one_line(error)}); for s3, gs and "
                    f"https: pip install 'ferfusion[{EXTRA}]'"
                ) from None
            if _is_of_file_system(error):
                # without its cause, whose text may have the secrets of the address
                raise FileError(f"{self} cannot be {done}: {self._why(error)}") from None
            raise

    def _why(self, error: BaseException) -> str:
        for kind, reason in _REASONS.items():
            if isinstance(error, kind):
                return reason
        text = in_one_line(str(error).replace(self.url, str(self)) or type(error).__name__)
        return re.sub(r"\?[^\s'\"]*", "?…", _USER.sub("", text))


def _parted(url: str) -> tuple[str, str]:
    """Return an address without its query, and the query."""
    path, *query = _QUERY.split(url, maxsplit=1)
    if query or not url.startswith("http"):
        return path, "".join(query).partition("#")[0]
    return path.partition("#")[0], ""


def _is_of_file_system(error: BaseException) -> bool:
    """Return whether an error is of the outside world: an OSError, or of a class of another package.

    A TypeError or KeyError is a bug and keeps its traceback; a full disk is reported by ``file_errors``.
    """
    if isinstance(error, OSError):
        return error.errno not in _FULL
    package = type(error).__module__.partition(".")[0]
    known = isinstance(error, ValueError | NotImplementedError)
    return isinstance(error, Exception) and (known or package not in ("builtins", "ferfusion"))


def check_out(address: Address) -> None:
    """Check, before a model is loaded, that an address can have predictions; nothing is connected.

    Raises:
        ConfigError: the address is of a web server, or of an unknown file system.
        MissingExtraError: a package is missing.
    """
    if address.is_of_the_web:
        raise ConfigError(
            f"Predictions cannot be written to a web server ({address}); name a folder, or an address such "
            "as s3://bucket/folder"
        )
    address.check()


def content_of(info: Mapping[str, Any]) -> str:
    """Return what tells the content of a file, from what its file system tells of it; empty if nothing does.

    >>> content_of({"name": "bucket/clip.mp4", "size": 7, "ETag": "ab", "LastModified": "today"})
    '[7, "ETag", "ab"]'
    """
    told = next((name for name in (*_SUMS, *_TIMES) if info.get(name)), None)
    if told is None:
        return ""
    value = info[told]  # a time is a datetime in a listing and a number elsewhere, or the reverse
    text = str(value.timestamp() if isinstance(value, datetime) else value)
    return json.dumps([info.get("size"), told, text])


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a new folder of this process, which is removed at the end.

    Those of killed processes are removed when the next one begins.

    Raises:
        FileError: another user has the folder of all of them.
    """
    parent = Path(gettempdir()) / f"ferfusion-{os.getuid()}"
    parent.mkdir(mode=0o700, exist_ok=True)
    if parent.is_symlink() or parent.stat().st_uid != os.getuid():
        raise FileError(f"{parent} belongs to another user; set TMPDIR to a folder of your own")
    with ExitStack() as opened:
        with only_writer(parent, patience_seconds=_PATIENCE_SECONDS):
            new = opened.enter_context(new_result(parent))
        yield new


@contextmanager
def local_copy(address: Address) -> Iterator[Path]:
    """Yield a temporary copy of a file, with its name; it is removed at the end.

    Raises:
        FerfusionError: the file cannot be read.
    """
    with temporary_folder() as folder:
        file = folder / address.name
        address.download(file)
        yield file
