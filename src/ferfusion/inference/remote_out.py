"""Predictions at an address: each is written into a local folder, uploaded, and removed there."""

import json
import shutil
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from ferfusion.addresses import Address, check_out, temporary_folder
from ferfusion.errors import FerfusionError, FileError, VideoError
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.prediction_folder import BATCH_NAME, PREDICTION_FILES, batch_folder
from ferfusion.inference.videos_table import Named, ReservedFolders, VideosTable

if TYPE_CHECKING:
    from ferfusion.inference.predict_many import VideoResult

_TABLE, _VERDICT, _PHOTOGRAPHS = "videos.csv", "verdict.json", "photographs.csv"
_UPLOAD_EVERY_SECONDS = 30.0
"""A killed command leaves a table that is at most so old; what it lacks is predicted again."""
_AT_ONCE = 16
"""Small files that are read at the same time, since each takes its time to answer."""


@dataclass(frozen=True)
class RemoteOut:
    """An address that gets predictions, and the local folder that stands for it in this process.

    The local folder keeps ``videos.csv`` of every batch alone. An address has no locks: one command writes
    to it at a time.

    Attributes:
        folder: The local folder.
        address: The address.
    """

    folder: Path
    address: Address

    def of(self, out: Path) -> Address:
        """Return the address of the folder of a batch, or of all predictions."""
        return self.address if out == self.folder else self.address / out.relative_to(self.folder).as_posix()

    def begin(self, out: Path) -> "RemoteResults":
        """Bring the tables of earlier predictions into a local folder, and return what the address has.

        Where there is none, an empty table is uploaded, so that an address that cannot be written ends the
        call before any work.

        Raises:
            FerfusionError: the address cannot be read or written.
        """
        address = self.of(out)
        files = address.files()
        for name in files:
            folder, _, last = name.rpartition("/")  # a folder of a folder is none of a prediction
            if name == _TABLE or (last == _PHOTOGRAPHS and "/" not in folder and folder not in ("", "..")):
                (out / name).parent.mkdir(parents=True, exist_ok=True)
                (address / name).download(out / name)
        if _TABLE not in files:
            VideosTable(out).reserve([])
            (address / _TABLE).upload(out / _TABLE)
        return RemoteResults(address, {name: info.get("size") or 0 for name, info in files.items()})


@dataclass(frozen=True)
class RemoteResults:
    """What the address of a folder of predictions has.

    Attributes:
        address: The address.
        sizes: Size of each file in bytes, by its path in the folder.
    """

    address: Address
    sizes: Mapping[str, int]

    def stamps(self, folders: Iterable[str], files: Sequence[str]) -> dict[str, str]:
        """Return the stamp of each folder that has all files; those without a stamp are left out."""
        whole = [each for each in folders if all(self.sizes.get(f"{each}/{name}") for name in files)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(zip(whole, pool.map(self._stamp, whole), strict=True))

    def _stamp(self, folder: str) -> str:
        try:
            verdict = json.loads((self.address / folder / _VERDICT).read())
        except (FileError, ValueError):  # it is gone or damaged
            return ""
        stamp = verdict.get("stamp") if isinstance(verdict, dict) else None
        return stamp if isinstance(stamp, str) else ""


class UploadedFolders:
    """Puts predictions into their folders as ``folders`` does, uploads them, and removes the local files.

    Args:
        folders: Puts the files into local folders.
        out: The folder of these.
        address: Where they are uploaded.
    """

    def __init__(self, folders: VideosTable | ReservedFolders, out: Path, address: Address) -> None:
        self._folders, self._out, self._address = folders, out, address

    @property
    def line(self) -> Mapping[str, Any]:
        """The line of the last prediction, for the process that has reserved its folder."""
        return self._folders.line if isinstance(self._folders, ReservedFolders) else {}

    def new_prediction(self) -> AbstractContextManager[Path]:
        """Return the context of a new folder to write the files of a prediction into, for ``put``."""
        return self._folders.new_prediction()

    def put(self, wanted: Named, line: Mapping[str, Any], *, new: Path | None = None) -> str:
        """Upload the files of a prediction, and return the name of its folder.

        Raises:
            VideoError: they cannot be uploaded.
            FileError: a local file cannot be written.
        """
        folder = self._folders.put(wanted, line, new=new)
        if new is not None:
            try:
                upload_result(self._out / folder, self._address / folder)
            except FileError as error:
                raise VideoError(f"{wanted.name}: its results cannot be uploaded: {error}") from error
            finally:
                shutil.rmtree(self._out / folder, ignore_errors=True)
        return folder

    def placed(self, result: "VideoResult") -> "VideoResult":
        """Return a result with its folder at the address."""
        outcome = result.outcome
        if not isinstance(outcome, VideoPrediction) or outcome.folder is None:
            return result
        return replace(
            result, outcome=replace(outcome, folder=None, address=self._address / outcome.folder.name)
        )


def upload_result(folder: Path, address: Address) -> None:
    """Upload the files of a prediction; those of an earlier one go.

    The verdict is removed first and uploaded last, so that an incomplete upload is not taken for a result.

    Raises:
        FileError: a file cannot be uploaded or removed.
    """
    files = {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}
    earlier = [name for name in address.files() if any(fnmatchcase(name, each) for each in PREDICTION_FILES)]
    for name in sorted(earlier, key=lambda name: name != _VERDICT):
        if name == _VERDICT or name not in files:
            (address / name).remove()
    for name in sorted(files, key=lambda name: (name == _VERDICT, name)):
        (address / name).upload(folder / name)


@contextmanager
def task_folders(
    out: Path | None, remote: RemoteOut | None
) -> Iterator[tuple[Path | None, ReservedFolders | UploadedFolders | None]]:
    """Yield where a worker writes the results of a task, and what puts them into their folders.

    The worker may be on another host, so that it has a temporary folder of its own for an address.

    Args:
        out: Folder of the predictions; None to write nothing.
        remote: Its address, if it has one.
    """
    if out is None or remote is None:
        yield out, None if out is None else ReservedFolders(out)
        return
    with temporary_folder() as own:
        local = own / "predictions"
        yield local, UploadedFolders(ReservedFolders(local), local, remote.of(out))


@contextmanager
def remote_out(place: Path | Address | None) -> Iterator[tuple[Path | None, RemoteOut | None]]:
    """Yield the local folder of a call's predictions, and its address if ``place`` is one.

    Raises:
        ConfigError: the address is of a web server, or of an unknown file system.
        FerfusionError: the address cannot be read.
    """
    if not isinstance(place, Address):
        yield place, None
        return
    check_out(place)
    with temporary_folder() as own:
        remote = RemoteOut(own / "predictions", place)
        try:
            for out in (remote.folder, batch_folder(remote.folder, 1)):
                if (table := remote.of(out) / _TABLE).exists():  # it tells how an earlier call was laid out
                    out.mkdir(parents=True)
                    table.download(out / _TABLE)
            yield remote.folder, remote
        except FerfusionError as error:
            if str(remote.folder) not in str(error):
                raise
            raise type(error)(str(error).replace(str(remote.folder), str(place))) from error


def uploaded(results: "Generator[VideoResult]", remote: RemoteOut | None) -> "Iterator[VideoResult]":
    """Yield results while their tables are uploaded now and then, and at the end.

    Raises:
        FileError: a table cannot be uploaded at the end.
    """
    if remote is None:
        yield from results
        return
    known: dict[Path, int] = {}
    next_upload = 0.0
    try:
        with closing(results):
            for result in results:
                if monotonic() >= next_upload:
                    with suppress(FileError):  # it is uploaded again later
                        _upload_tables(remote, known)
                    next_upload = monotonic() + _UPLOAD_EVERY_SECONDS
                yield result
    except BaseException:
        with suppress(FerfusionError, OSError):  # this error, or Ctrl-C, says why the call ends
            _upload_tables(remote, known)
        raise
    _upload_tables(remote, known)


def _upload_tables(remote: RemoteOut, known: dict[Path, int]) -> None:
    """Upload the tables that have changed since the times in ``known``."""
    batches = (each for each in remote.folder.glob("*") if BATCH_NAME.fullmatch(each.name))
    for out in (remote.folder, *batches):
        table = out / _TABLE
        if table.is_file() and known.get(out) != (changed := table.stat().st_mtime_ns):
            (remote.of(out) / _TABLE).upload(table)
            known[out] = changed
