"""The members of a zip file, each read on its own, so that one damaged member does not stop the others."""

import lzma
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, LargeZipFile, ZipFile, ZipInfo

from ferfusion.errors import CorpusError, in_one_line
from ferfusion.tables import LARGEST_BYTES

_DAMAGE = (BadZipFile, LargeZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError)
_DAMAGED_MEMBER = (*_DAMAGE, zlib.error, lzma.LZMAError)

MOST_BYTES = LARGEST_BYTES
"""Bytes of all members that are read, when they are unpacked: one table may have as many."""


def zip_members(path: Path) -> Mapping[str, Callable[[], bytes]]:
    """Return a reader for each member of a zip file, by its name.

    A reader raises CorpusError for a member that is damaged or encrypted, whose name leads out of the zip
    file, or whose name comes twice, and for members beyond ``MOST_BYTES``; the message is the reason.

    Raises:
        CorpusError: the file is no zip file, or its directory is damaged.
    """
    try:
        archive = ZipFile(path)
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror or in_one_line(error)}") from error
    except _DAMAGE as error:
        raise CorpusError(
            f"{path} is neither a folder nor a zip file that can be read ({in_one_line(error)})"
        ) from error
    return dict(_readers(archive))


def _readers(archive: ZipFile) -> Iterator[tuple[str, Callable[[], bytes]]]:
    # is_dir() fails for a member without a name
    members = sorted((info for info in archive.infolist() if not info.filename.endswith("/")), key=_name)
    times: Counter[str] = Counter()
    left_bytes = MOST_BYTES
    for info in members:
        name = info.filename
        times[name] += 1
        if times[name] > 1:
            yield f"{name}: copy {times[name]}", partial(_refuse, "another member has this name")
        elif ".." in PurePosixPath(name).parts or name.startswith("/"):
            yield name, partial(_refuse, "its name leads out of the zip file")
        elif info.file_size > left_bytes:
            reason = (
                f"it has {info.file_size:,} bytes when it is unpacked; a zip file may have {MOST_BYTES:,}"
            )
            yield name, partial(_refuse, reason)
        else:
            left_bytes -= info.file_size
            yield name, partial(_read, archive, info)


def _name(info: ZipInfo) -> str:
    return info.filename


def _refuse(reason: str) -> bytes:
    raise CorpusError(reason)


def _read(archive: ZipFile, info: ZipInfo) -> bytes:
    if info.flag_bits & 1:
        raise CorpusError("it is encrypted; make the zip file without a password")
    try:
        return archive.read(info)
    except _DAMAGED_MEMBER as error:
        raise CorpusError(f"it is damaged ({in_one_line(error)}); download the zip file again") from error
