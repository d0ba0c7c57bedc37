"""Files that are written whole or not at all: to a temporary name, which then becomes the name."""

import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import Any
from unicodedata import category

from ferfusion.encodings import encoding_of
from ferfusion.errors import ConfigError, DatasetError, FerfusionError, file_errors, in_one_line
from ferfusion.recipe import has_type
from ferfusion.temporary import final_path, temporary_path

_PROBE_BYTES = 4096
"""What is written to see whether a disk is full: a page, since a disk may have space for a name alone."""
_TRIES = 40 if os.name == "nt" else 0
"""How often a rename is tried again while somebody reads the file in its place."""
_BETWEEN_TRIES_SECONDS = 0.05


def check_output_folder(folder: Path) -> None:
    """Check, before a long work, that a folder can be written to; it is made later if it is missing.

    Raises:
        ConfigError: the path is a file, or lies inside one.
        FileError: no file can be written there.
    """
    with file_errors(folder):
        try:
            nearest = next(each for each in (folder, *folder.parents) if _is_there(each))
        except ValueError as error:  # it has the character NUL
            raise ConfigError(f"{folder} is no path ({error}); name a folder to write to") from error
        if nearest.is_symlink() and not nearest.exists():
            raise ConfigError(f"{nearest} is a link to nothing; name a folder to write to, or a new one")
        if not nearest.is_dir():
            raise ConfigError(f"{no_such(nearest, wanted='folder')}; name a folder to write to, or a new one")
        with TemporaryFile(dir=nearest) as file:  # it has no name where the system can do that
            file.write(bytes(_PROBE_BYTES))
            file.flush()


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Call ``write`` with a temporary path beside ``path``, then rename the file that it wrote to ``path``.

    The temporary name is the process's own, so that two processes can write the same file. If
    ``write`` raises, the temporary file is removed and ``path`` stays as it was.

    Raises:
        FileError: the file cannot be written.
    """
    with file_errors(final_path(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = temporary_path(path)
        try:
            write(partial)
            replace_file(partial, path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


def replace_file(new: Path, place: Path) -> None:
    """Rename a file to a place where another one may be.

    Windows renames to no file that somebody reads; there it waits for up to two seconds.
    """
    for _ in range(_TRIES):
        try:
            new.replace(place)
        except PermissionError:
            time.sleep(_BETWEEN_TRIES_SECONDS)
        else:
            return
    new.replace(place)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all.

    What UTF-8 cannot encode, such as a part of a file name in another encoding, is written with a backslash.
    """
    write_whole(
        path,
        lambda partial: partial.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n"),
    )


def printable(text: str) -> str:
    r"""Return text with backslashes for what cannot be seen in it, such as a byte of a file name.

    These are control characters, what UTF-8 cannot encode, and what changes the order of other characters.
    Joiners stay, which emoji and Persian names need.

    >>> printable("caf\udce9.mp4"), printable("\u202egpj.mp4")
    ('caf\\udce9.mp4', '\\u202egpj.mp4')
    """
    return "".join(repr(sign)[1:-1] if _is_hidden(sign) else sign for sign in text)


def encodable(text: str) -> str:
    r"""Return text with backslashes for what UTF-8 cannot encode, as files have it: Arrow takes no other.

    >>> encodable("caf\udce9.mp4"), encodable("café")
    ('caf\\udce9.mp4', 'café')
    """
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


@contextmanager
def utf8_path(path: Path) -> Iterator[str]:
    """Yield a path to a file for libraries that open none that is not UTF-8; it ends with this context."""
    text = str(path)
    if encodable(text) == text:
        yield text
    else:
        with path.open("rb") as file:
            yield f"/dev/fd/{file.fileno()}"


def _is_hidden(sign: str) -> bool:
    return category(sign) in _HIDDEN and sign not in _JOINERS


_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
_JOINERS = "\u200c\u200d"


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    write_whole(path, lambda partial: partial.write_bytes(content))


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file whole or not at all."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_rows(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file of many rows whole or not at all, on one line, which is quicker."""
    write_text(path, json.dumps(value, ensure_ascii=False) + "\n")


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON text from a file that others may have written.

    Raises:
        ValueError: the text is damaged or nested too deep, repeats a name, or has a number that is not
            finite.

    >>> parse_json('{"size": 48, "size": 96}')
    Traceback (most recent call last):
    ValueError: the name 'size' comes twice
    """
    try:
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise ValueError(f"the name {name!r:.80} comes twice")
        values[name] = value
    return values


def _refuse_constant(name: str) -> None:
    raise ValueError(f"it has the number {name}, which is not finite")


def no_such(path: Path, *, wanted: str = "file") -> str:
    """Return why a path is not what is wanted: nothing is there, or something else.

    >>> no_such(Path("no/such.mp4")), no_such(Path("/dev/zero"), wanted="bundle")
    ('There is no file no/such.mp4', '/dev/zero is a device, not a bundle')
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return f"There is no {wanted} {path}"
    return f"{path} is a {_KINDS.get(stat.S_IFMT(mode), 'file')}, not a {wanted}"


FOLDERS = MappingProxyType(
    {"dataset": "dataset.json", "run": "config.json", "study": "study.json", "prediction": "verdict.json"}
)
"""What a folder can be, and the file that tells it."""
_KINDS = MappingProxyType(
    {
        stat.S_IFDIR: "folder",
        stat.S_IFIFO: "pipe",
        stat.S_IFSOCK: "socket",
        stat.S_IFCHR: "device",
        stat.S_IFBLK: "device",
    }
)


def check_kind_of_folder(folder: Path, *, wanted: str, error: type[FerfusionError]) -> None:
    """Refuse a folder that another command wrote.

    Args:
        folder: The folder.
        wanted: What it should be, a key of ``FOLDERS``.
        error: The error to raise.

    Raises:
        FerfusionError: ``error``, if it is another key of ``FOLDERS``.
    """
    if (folder / FOLDERS[wanted]).exists():
        return
    for kind, name in FOLDERS.items():
        if (folder / name).is_file():
            runs = folder / "runs"
            where = f" (its runs are in {runs})" if wanted == "run" and runs.is_dir() else ""
            raise error(f"{folder} is a {kind}, not a {wanted}; name the folder of a {wanted}{where}")


def check_is_file(path: Path, *, error: type[FerfusionError] = DatasetError) -> None:
    """Check that a path is a file: reading a pipe or a device may never end.

    Raises:
        FerfusionError: ``error``, if it is something else, or if nothing is there.

    >>> check_is_file(Path("/dev/zero"))
    Traceback (most recent call last):
    ferfusion.errors.DatasetError: /dev/zero is a device, not a file
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError) as missing:
        raise error(no_such(path)) from missing
    except OSError as failed:
        raise error(f"Cannot read {path}: {failed.strerror}") from failed
    if not stat.S_ISREG(mode):
        raise error(no_such(path))


def read_json(
    path: Path,
    *,
    keys: Mapping[str, Any] = MappingProxyType({}),
    error: type[FerfusionError] = DatasetError,
    advice: str = "run the command that wrote it",
) -> dict[str, Any]:
    """Read an object from a JSON file.

    Args:
        path: The file.
        keys: Names that it must have, with the type of each value (see ``has_type``).
        error: The error to raise.
        advice: What the user can do about a missing or damaged file.

    Raises:
        FerfusionError: ``error``, if the file is missing or damaged, holds no object, or lacks a name or has
            a value of another type.
    """
    if not path.exists():
        raise error(f"{path} is missing; {advice}")
    check_is_file(path, error=error)
    try:
        value = parse_json(path.read_text(encoding="utf-8"))
    except OSError as failed:
        raise error(f"{path} cannot be read ({failed.strerror}); {advice}") from failed
    except ValueError as damaged:
        raise error(f"{path} is damaged ({in_one_line(damaged)}); {advice}") from damaged
    if not isinstance(value, dict):
        raise error(f"{path} is damaged (it holds a {type(value).__name__}, expected an object); {advice}")
    lacking = [name for name in keys if name not in value]
    if lacking:
        raise error(f"{path} lacks {', '.join(lacking)}; {advice}")
    for name, kind in keys.items():
        if not has_type(value[name], kind):
            words = _WORDS.get(kind, str(kind))
            raise error(f"{path} has {name} {value[name]!r:.80}, expected {words}; {advice}")
    return value


_WORDS = MappingProxyType(
    {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "named values",
        list[str]: "a list of text",
    }
)


def decode_text(content: bytes) -> str:
    r"""Return the text of a file that a person may have saved, in the encoding that ``encoding_of`` returns.

    Raises:
        ValueError: it is no text.

    >>> decode_text(b"Zo\xeb"), decode_text("Zo\xeb".encode()), decode_text("Zo\xeb".encode("utf-16"))
    ('Zoë', 'Zoë', 'Zoë')
    """
    text = content.decode(encoding_of(content))
    if "\0" in text:
        raise ValueError("it has bytes that are no text; a spreadsheet must be saved as CSV")
    return text


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def target_of(path: Path) -> Path:
    """Return the file that a path leads to; of a loop of links, a path in it."""
    return Path(os.path.realpath(path))
