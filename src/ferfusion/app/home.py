"""The app's home on disk: a folder of uploads and a folder of jobs, which are the whole state of the app."""

import errno
import json
import os
import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import ferfusion as fer
from ferfusion.errors import ConfigError, file_errors

try:
    import fcntl
except ModuleNotFoundError:
    raise ConfigError(
        "The app does not run on Windows; use the command line or Python there, or the app on Linux or macOS"
    ) from None

ID_PATTERN = r"^[0-9a-f]{16}$"
"""Pattern of the ids of uploads and jobs; they are names of folders."""
_ID = re.compile(ID_PATTERN)
_UNFIT = re.compile(r"[^\w.() +,=@\[\]-]")
_LONGEST_NAME = 120


@dataclass(frozen=True)
class Home:
    """Paths of the app's files.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def uploads(self) -> Path:
        """A folder for each upload: ``upload.json``, and the file if it was sent."""
        return self.path / "uploads"

    @property
    def jobs(self) -> Path:
        """A folder for each job."""
        return self.path / "jobs"

    @property
    def models_file(self) -> Path:
        """The models that were added."""
        return self.path / "models.json"

    @property
    def label_projects_file(self) -> Path:
        """The label projects that were opened."""
        return self.path / "label_projects.json"

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Make the folders, and keep other servers from using them.

        Raises:
            ConfigError: another server uses this home, or it is a file.
            FileError: it cannot be written.
        """
        fer.as_folder(self.path)
        with file_errors(self.path):
            for folder in (self.uploads, self.jobs):
                folder.mkdir(parents=True, exist_ok=True)
            file = (self.path / "server.lock").open("ab")
        with file:
            if not try_lock(file):
                raise ConfigError(
                    f"Another ferfusion app uses {self.path}; open its page, or name another --data"
                )
            yield


def default_home() -> Path:
    """Return the platform's folder for the data of a program, with the name of this one.

    >>> default_home().name
    'ferfusion'
    """
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "ferfusion"
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "share") / "ferfusion"


def new_id() -> str:
    """Return a new id, which cannot be guessed."""
    return secrets.token_hex(8)


def is_id(text: str) -> bool:
    """Return whether a text is an id, and so a safe name of a folder.

    >>> is_id("0123456789abcdef"), is_id("../../etc"), is_id("")
    (True, False, False)
    """
    return _ID.fullmatch(text) is not None


def safe_name(name: str) -> str:
    r"""Return a name that a browser gave as the name of a file inside a folder; the suffix stays.

    >>> safe_name("../../etc/passwd"), safe_name("C:\\film\\a b.MP4"), safe_name("..")
    ('passwd', 'a b.MP4', 'file')
    """
    last = re.split(r"[/\\]", name)[-1]
    fit = _UNFIT.sub("_", last).strip(" .") or "file"
    if len(fit) <= _LONGEST_NAME:
        return fit
    suffix = Path(fit).suffix[:12]
    return fit[: _LONGEST_NAME - len(suffix)].strip(" .") + suffix


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file whole or not at all; it is on the disk when this returns.

    Raises:
        FileError: it cannot be written.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.new")
    with file_errors(path):
        try:
            with new.open("w", encoding="utf-8") as file:
                json.dump(value, file, ensure_ascii=True)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the content of a file that ``write_json`` wrote; None if it is missing or damaged."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def try_lock(file: BinaryIO) -> bool:
    """Lock an open file for this process and those that inherit it; return whether it was free."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EAGAIN):
            raise
        return False
    return True


def time_of(path: Path) -> int:
    """Return when a file was changed, in nanoseconds; 0 if it does not exist."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def size_of(folder: Path) -> int:
    """Return the bytes of the files in a folder, at every depth; links are not followed."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
