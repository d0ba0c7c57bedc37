"""Errors that a user can fix. Any other exception is a bug and keeps its traceback.

FerfusionError
├── VideoError         a video cannot be opened, decoded or written
├── CorpusError        a folder does not hold the expected corpus
├── DatasetError       a dataset folder is missing, damaged, or of another recipe
├── RunError           a run or study folder is missing or damaged, or a training cannot continue
├── ConfigError        a setting has a value that cannot be used
├── BundleError        a bundle cannot be read, or does not fit its use
└── MissingExtraError  an optional dependency is not installed
"""


def in_one_line(error: BaseException, *, longest: int = 300) -> str:
    r"""Return the text of a library's error as one printable line, for a message that quotes it.

    Of a long text, the end is returned, which has the reason.

    >>> in_one_line(ValueError("bad\n  value"))
    'bad value'
    """
    text = " ".join(str(error).split()) or type(error).__name__
    return "".join(sign if sign.isprintable() else "?" for sign in text)[-longest:]


class FerfusionError(Exception):
    """Base of all errors; the message says what was found, what is expected and what to do."""

    def __str__(self) -> str:
        """Return the message; a file name in it that is not UTF-8 can still be printed."""
        return super().__str__().encode("utf-8", errors="backslashreplace").decode("utf-8")


class VideoError(FerfusionError):
    """A video cannot be opened, decoded or written."""


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


class MissingExtraError(FerfusionError):
    """An optional dependency is not installed."""
