"""Errors that a user can fix. Any other exception is a bug and keeps its traceback.

FerfusionError
├── VideoError         a video cannot be opened, decoded or encoded
├── CorpusError        a folder does not hold the expected corpus
├── DatasetError       a dataset folder is missing, damaged, or of another recipe
├── RunError           a run or study folder is missing or damaged, or a training cannot continue
├── ConfigError        a setting has a value that cannot be used
├── BundleError        a bundle cannot be read, or does not fit its use
├── FileError          a file or folder cannot be read or written, such as on a full disk
└── MissingExtraError  an optional dependency is not installed
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from ferfusion.temporary import final_path

_LONGEST_MESSAGE = 1400
_FULL = "free some space and run the same command again"
_CLOSED = "change its permissions, or name another place"
_ADVICE = MappingProxyType(
    {
        errno.ENOSPC: _FULL,
        errno.EDQUOT: _FULL,
        errno.EACCES: _CLOSED,
        errno.EPERM: _CLOSED,
        errno.EROFS: _CLOSED,
        errno.ENAMETOOLONG: "name a shorter one",
    }
)


def in_one_line(error: BaseException | str, *, longest: int = 300) -> str:
    r"""Return the text of a library's error, or text of a file, as one printable line for a message.

    Of a long text, the end is returned, which has the reason.

    >>> in_one_line(ValueError("bad\n  value"))
    'bad value'
    """
    text = " ".join(str(error).split()) or type(error).__name__
    return "".join(sign if sign.isprintable() else "?" for sign in text)[-longest:]


class FerfusionError(Exception):
    """Base of all errors; the message says what was found, what is expected and what to do."""

    def __str__(self) -> str:
        r"""Return the message as one line that can be printed, whatever the file names in it have.

        The middle of a message with a very long value is left out.

        >>> str(FerfusionError("a\nb\x1b[2J\udce9.mp4"))
        'a\\nb\\x1b[2J\\udce9.mp4'
        """
        text = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in super().__str__())
        half = _LONGEST_MESSAGE // 2
        return text if len(text) <= _LONGEST_MESSAGE else f"{text[:half]} … {text[-half:]}"


class VideoError(FerfusionError):
    """A video cannot be opened, decoded or encoded."""


class CorpusError(FerfusionError):
    """A folder does not hold the expected corpus."""


class DatasetError(FerfusionError):
    """A dataset folder is missing, damaged, or of another recipe."""


class RunError(FerfusionError):
    """A run or study folder is missing or damaged, or a training cannot continue."""


class ConfigError(FerfusionError):
    """A setting has a value that cannot be used."""


class BundleError(FerfusionError):
    """A bundle cannot be read, or does not fit its use."""


class FileError(FerfusionError):
    """A file or folder cannot be read or written, such as on a full disk."""


class MissingExtraError(FerfusionError):
    """An optional dependency is not installed."""


@contextmanager
def file_errors(path: PathLike[str] | None = None) -> Iterator[None]:
    """Raise the OSError of a file as a FileError that names the file.

    Args:
        path: The file or folder that is written; by default, the one that the OSError names. An OSError that
            names none passes, such as that of a closed pipe.

    Raises:
        FileError: a file or folder cannot be read or written.

    >>> with file_errors():
    ...     open("no/such.csv")
    Traceback (most recent call last):
    ferfusion.errors.FileError: Cannot read or write no/such.csv: No such file or directory
    """
    try:
        yield
    except OSError as error:
        name = error.filename if path is None else path
        if not isinstance(name, str | bytes | PathLike):
            raise
        verb = "read or write" if path is None else "write"
        shown = final_path(Path(os.fsdecode(name)))
        reason = error.strerror or in_one_line(error)
        hint = _ADVICE.get(error.errno or 0)
        advice = f"; {hint}" if hint else ""
        raise FileError(f"Cannot {verb} {shown}: {reason}{advice}") from error
