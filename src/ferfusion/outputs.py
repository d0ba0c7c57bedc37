"""Outputs that one process writes at a time, and results whose files are replaced together.

Unfinished files have temporary names. A process that is killed leaves them; the next one that writes the same
output removes them, and never reads them.
"""

import errno
import os
import shutil
import socket
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ferfusion.errors import FileError, RunError, file_errors
from ferfusion.files import replace_file
from ferfusion.temporary import LOCK, LONGEST_NAME, RESULT, TEMPORARY, is_lock, temporary_path

_PATIENCE_SECONDS = 1.0
"""A worker of a killed process may hold an output for a moment after it."""
_WITHOUT_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP)


@contextmanager
def only_writer(
    folder: Path, *, subfolders: Iterable[str] = (), patience_seconds: float = _PATIENCE_SECONDS
) -> Iterator[None]:
    """Keep other processes from writing a folder, and remove the temporary files of killed ones.

    The folder is made if it is missing. The lock is not held by a process that has ended, in whatever way.

    Args:
        folder: The folder.
        subfolders: Its folders whose temporary files are removed too.
        patience_seconds: How long to wait for another process.

    Raises:
        FileError: another process writes the folder; the message names it.
    """
    with _held(folder / LOCK, folder, patience_seconds=patience_seconds):
        for each in (folder, *(folder / name for name in subfolders)):
            _remove_temporary_files(each)
        yield


@contextmanager
def only_writer_of_file(file: Path) -> Iterator[None]:
    """Do as ``only_writer`` for a single file, in a folder that holds other things.

    Raises:
        FileError: another process writes the file; the message names it.
    """
    name = file.name[:LONGEST_NAME]
    with _held(file.with_name(f".{name}{LOCK}"), file, patience_seconds=_PATIENCE_SECONDS):
        _remove_temporary_files(file.parent, of=name)
        yield


def is_new_or_empty(folder: Path) -> bool:
    """Return whether there is no such folder, or nothing in it but locks and what killed processes left."""
    return not folder.exists() or (folder.is_dir() and not _contents(folder))


def refuse_other_files(folder: Path, *, marker: str, files: Iterable[str], what: str) -> None:
    """Refuse to write a result into a folder that holds something else than an earlier one.

    Args:
        folder: The folder; one that is new or empty is not refused.
        marker: Name of the file that tells an earlier result.
        files: Names of its files, which a killed process leaves without the marker.
        what: What is written, for the message.

    Raises:
        RunError: it holds other files.
    """
    if is_new_or_empty(folder) or (folder / marker).is_file():
        return
    was_killed = folder.is_dir() and any(_temporary_name(path) == RESULT for path in folder.iterdir())
    if not was_killed or not _contents(folder) <= set(files):
        raise RunError(f"{folder} holds other files; name a new folder for {what}")


def _contents(folder: Path) -> set[str]:
    """Return the names in a folder without those of locks and temporary files."""
    return {path.name for path in folder.iterdir() if not is_lock(path) and not _temporary_name(path)}


def _temporary_name(path: Path) -> str:
    """Return the name that a temporary file is for; empty for any other file."""
    match = TEMPORARY.fullmatch(path.name)
    return match["name"] if match else ""


@contextmanager
def new_result(parent: Path) -> Iterator[Path]:
    """Yield a new folder to write a result into; it is removed at the end, with what is still in it.

    ``parent`` is held by ``only_writer`` when this begins. The folder stays held when ``parent`` no longer
    is, so that other processes do not remove it.
    """
    folder = temporary_path(parent / RESULT)
    folder.mkdir(parents=True)
    with _held(folder / LOCK, folder, patience_seconds=_PATIENCE_SECONDS):
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def replace_result(new: Path, folder: Path, *, earlier: Iterable[str]) -> None:
    """Move the files of a new result to where they belong; those of an earlier result go before.

    A process that is killed meanwhile leaves fewer files, but never files of both. The page is there only
    when all other files are.

    Args:
        new: Folder of the new files, as from ``new_result``.
        folder: Where they belong. Files that no pattern names stay.
        earlier: Patterns of the files of an earlier result, the page first.

    Raises:
        FileError: a folder of the result, such as ``figures``, is a link to another one; nothing is moved.
    """
    files = sorted((each for each in new.rglob("*") if each.is_file() and not is_lock(each)), key=_page_last)
    parts = (*(each.relative_to(new) for each in files), *map(Path, earlier))
    _refuse_links(folder, {each.parent for each in parts})
    old = new / ".old"
    for pattern in earlier:
        for file in sorted(folder.glob(pattern)):
            _move(file, old / file.relative_to(folder))
    for file in files:
        _move(file, folder / file.relative_to(new))


@contextmanager
def replaced_result(folder: Path, *, earlier: Iterable[str]) -> Iterator[Path]:
    """Yield a new folder for a result; at the end, ``replace_result`` moves its files to ``folder``.

    After an exception, the earlier result stays. ``folder`` is held by ``only_writer`` all the time.

    Args:
        folder: Where the result belongs.
        earlier: Patterns of the files of an earlier result, the page first.
    """
    with new_result(folder) as new:
        yield new
        replace_result(new, folder, earlier=earlier)


@contextmanager
def _held(lock_file: Path, output: Path, *, patience_seconds: float) -> Iterator[None]:
    made = [each for each in lock_file.parents if not each.exists()]
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    # a generator's lock may be released by another thread
    lock = FileLock(lock_file, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire(timeout=patience_seconds)
    except Timeout as busy:
        if not _holder(lock_file).startswith(_this_process()):
            raise FileError(
                f"{output} is being written by {_holder(lock_file)}; wait for it, or name another output"
            ) from busy
        lock.acquire()  # threads of one process take turns
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            raise
        warnings.warn(
            f"{output} is on a file system without locks; do not let two processes write it at once",
            stacklevel=2,
        )
    try:
        with file_errors(output):
            _write_holder(lock_file)
        yield
    finally:
        with suppress(PermissionError):  # Windows removes no open file: there it stays
            lock_file.unlink(missing_ok=True)  # while it is held: whoever waits for it sees that it is gone
        lock.release()
        with suppress(OSError):  # folders that are not empty stay
            for each in made:
                each.rmdir()


def _write_holder(lock_file: Path) -> None:
    since = datetime.now().astimezone().isoformat(" ", "seconds")
    with suppress(PermissionError):  # on Windows, a locked file is written by its holder alone
        lock_file.write_text(f"{_this_process()} since {since}", encoding="utf-8")


def _this_process() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"


def _holder(lock_file: Path) -> str:
    try:
        return lock_file.read_text(encoding="utf-8") or "another process"
    except OSError:
        return "another process"


def _remove_temporary_files(folder: Path, *, of: str = "") -> None:
    """Remove the temporary files in a folder, and the new results that no process holds."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        found = [(each, TEMPORARY.fullmatch(each.name)) for each in entries]
    for entry, match in found:
        if match is None or (of and match["name"] != of):
            continue
        if not entry.is_dir(follow_symlinks=False):
            Path(entry).unlink(missing_ok=True)
        elif match["name"] == RESULT and not _is_held(Path(entry) / LOCK):
            shutil.rmtree(entry, ignore_errors=True)


def _is_held(lock_file: Path) -> bool:
    lock = FileLock(lock_file, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False


def _refuse_links(folder: Path, parts: Iterable[Path]) -> None:
    for part in parts:
        for place in (folder / part, *(folder / part).parents):
            if place == folder:
                break
            if place.is_symlink():
                raise FileError(
                    f"{place} is a link, and a result is not written through one; remove the link, or name "
                    "another output"
                )


def _page_last(file: Path) -> tuple[bool, Path]:
    return file.suffix == ".html", file


def _move(file: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    replace_file(file, place)
