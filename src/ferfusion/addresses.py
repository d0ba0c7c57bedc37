"""Files and folders at addresses, such as s3://bucket/clip.mp4, on the file systems of fsspec."""

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import gettempdir
from types import MappingProxyType
from typing import Any

from ferfusion.errors import ConfigError, FileError, MissingExtraError, in_one_line
from ferfusion.extras import require
from ferfusion.outputs import new_result, only_writer
from ferfusion.urls import WEB, Url, in_extra, shown, without_secrets

EXTRA = "remote"
_SUMS = ("md5Hash", "Content-MD5", "content_md5", "crc32c", "checksum", "ETag", "etag")
_TIMES = ("mtime", "LastModified", "last_modified", "Last-Modified", "updated", "modified", "created")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_REASONS: Mapping[type[Exception], str] = MappingProxyType(
    {
        FileNotFoundError: "there is no such file, folder or bucket",
        PermissionError: "no permission; check the credentials that this host has for it",
        NotImplementedError: "its file system cannot do that",
        TimeoutError: "the server did not answer in time",
    }
)
_BROKEN = (
    *("ConnectionAbortedError", "ConnectionResetError", "BrokenPipeError", "EOFError"),
    *("ClientPayloadError", "ContentLengthError", "TransferEncodingError", "ServerDisconnectedError"),
    *("ChunkedEncodingError", "IncompleteRead", "IncompleteReadError", "ResponseStreamingError"),
)
"""Classes of the errors of a connection that ends too early; each package has its own."""
_PATIENCE_SECONDS = 60.0
_CONNECT_SECONDS, _READ_SECONDS = 30, 120
"""Time that a web server may take to answer, and then between two parts of a file of any length."""


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
        return shown(self.url)

    @property
    def name(self) -> str:
        """Name of the file, from the last part of the address; it leads to no other folder."""
        return self._parts.name

    @property
    def suffix(self) -> str:
        """Suffix of the name."""
        return PurePosixPath(self.name).suffix

    @property
    def path(self) -> PurePosixPath:
        """The text as a path that is only compared, never opened."""
        return PurePosixPath(str(self))

    def __truediv__(self, part: str) -> "Address":
        parts = self._parts
        return Address(str(replace(parts, path=f"{parts.path.rstrip('/')}/{part}")))

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
            self._check_parts()
            return self.ends_with_slash
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
            if not found and self.is_of_the_web:
                system.ls(path)  # find passes over the errors of a web server
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
    def _parts(self) -> Url:
        return Url.of(self.url)

    @property
    def is_of_the_web(self) -> bool:
        """Whether it is of a web server, which tells no folders and takes no files."""
        return self._parts.scheme in WEB

    @property
    def is_of_this_process(self) -> bool:
        """Whether its files are in the memory of this process, so that no other process has them."""
        return "memory://" in self.url.lower()

    @property
    def ends_with_slash(self) -> bool:
        """Whether it is named as a folder, with a slash at the end."""
        return self._parts.path.endswith("/")

    def _check_parts(self) -> None:
        parts = self._parts
        if not parts.chained and (fault := parts.fault):
            raise ConfigError(f"{self} is no address of a file or folder: {fault}")

    def _opened(self) -> tuple[Any, str]:
        """Return the file system and the path on it."""
        url_to_fs = require("fsspec.core", extra=EXTRA).url_to_fs
        parts = self._parts
        if not parts.chained and parts.scheme not in require("fsspec", extra=EXTRA).available_protocols():
            local = ", or a path with ./ before it" if os.path.lexists(Path(self.url)) else ""
            raise ConfigError(
                f"Unknown scheme {parts.scheme}:// of {self}; name an address such as s3://, gs:// or https://{local}"
            )
        self._check_parts()
        options: dict[str, Any] = {}
        if parts.scheme in ("file", "local"):
            options = {"auto_mkdir": True}
        elif self.is_of_the_web:
            timeout = require("aiohttp", extra=EXTRA).ClientTimeout(
                total=None, sock_connect=_CONNECT_SECONDS, sock_read=_READ_SECONDS
            )
            options = {"client_kwargs": {"timeout": timeout}, "encoded": "%" in self.url}
        try:
            system, path = url_to_fs(str(parts), **options)
        except (
            TypeError,
            AttributeError,
            LookupError,
        ) as error:  # of a constructor that the address does not suit
            why = f"its file system does not open from this address alone ({self._why(error)})"
            raise FileError(f"{self} cannot be opened: {why}") from None
        return system, path

    @contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        """Raise the errors of a file system, which each package has of its own, as one without secrets."""
        try:
            yield
        except ImportError as error:
            advice = f"; pip install 'ferfusion[{EXTRA}]'" if in_extra(self._parts.scheme) else ""
            raise MissingExtraError(
                f"{self} needs a package that is not installed: {in_one_line(error)}{advice}"
            ) from None
        except BaseException as error:
            if _is_of_file_system(error):
                # without its cause, whose text may have the secrets of the address
                raise FileError(f"{self} cannot be {done}: {self._why(error)}") from None
            raise

    def _why(self, error: BaseException) -> str:
        for kind, reason in _REASONS.items():
            if isinstance(error, kind):
                return reason
        if any(kind.__name__ in _BROKEN for kind in type(error).__mro__):
            return "the connection ended before the whole file was there"
        text = without_secrets(str(error), self.url)
        return in_one_line(text or type(error).__name__)


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
    # Windows has a temporary folder for each user, and no numbers of users
    user = os.getuid() if hasattr(os, "getuid") else 0
    parent = Path(gettempdir()) / f"ferfusion-{user}"
    parent.mkdir(mode=0o700, exist_ok=True)
    if parent.is_symlink() or parent.stat().st_uid != user:
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
