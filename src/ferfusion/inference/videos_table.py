"""``videos.csv``: a line for each prediction in a folder. It says which video has which folder."""

import io
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from ferfusion.addresses import Address
from ferfusion.corpora.entries import unique_ids
from ferfusion.errors import ConfigError
from ferfusion.files import printable, write_text
from ferfusion.inference.prediction_folder import PREDICTION_FILES
from ferfusion.outputs import new_result, only_writer, replace_result
from ferfusion.spelling import decimal_point
from ferfusion.tables import CellWriter, read_cells

_VERDICT = "expression top_class probability low high caution"
COLUMNS = f"folder video status reason frames seconds faces {_VERDICT}".split()
_FILE = "videos.csv"
_WRITE_EVERY_SECONDS, _WRITE_SHARE = 1.0, 20.0
"""Lines are written every second; of a long table, so seldom that it takes a twentieth of the time."""
_PATIENCE_SECONDS = 60.0
"""Time to wait for another process, which holds the folder only while it moves files and writes the table."""
_NUMBER = re.compile(r"-\d+$")
"""The end of a folder's name that keeps it apart from others."""
_NUMBERS = frozenset("frames seconds faces probability low high".split())


class VideosTable:
    """The table of a folder of predictions; it is read and written again at every change.

    Lines of earlier predictions stay until the same video is predicted again. A person may have saved the
    table from a spreadsheet, and added columns. Other processes may write predictions into the same folder.

    Attributes:
        path: The file.

    Args:
        out: Folder of the predictions.

    Raises:
        ConfigError: the file is no such table.
    """

    def __init__(self, out: Path) -> None:
        self.path = out / _FILE
        self._read()

    def _read(self) -> None:
        self._columns = list(COLUMNS)
        self._lines: dict[str, dict[str, Any]] = {}
        if not self.path.exists():
            return
        advice = "move it away, or name another folder for the predictions"
        header, rows = read_cells(self.path, error=ConfigError, advice=advice)
        missing = [name for name in ("folder", "video") if name not in header]
        if missing:
            raise ConfigError(
                f"{self.path} has no column {missing[0]}, so it is no table of predictions; {advice}"
            )
        self._columns += [name for name in dict.fromkeys(header) if name and name not in COLUMNS]
        for number, row in enumerate(rows, start=2):
            if row.pop(""):
                raise ConfigError(f"{self.path} has a row with too many cells, near line {number}; {advice}")
            line = {name: decimal_point(cell) if name in _NUMBERS else cell for name, cell in row.items()}
            self._lines[row["folder"]] = line

    @property
    def places(self) -> dict[str, str]:
        """The place of the video of each folder (see ``place_of``)."""
        return {folder: line["video"] for folder, line in self._lines.items()}

    @property
    def statuses(self) -> dict[str, str]:
        """The status of each folder."""
        return {folder: line.get("status", "") for folder, line in self._lines.items()}

    def put(self, wanted: "Named", line: Mapping[str, Any], *, new: Path | None = None) -> str:
        """Add or replace the line of a video and the files of its prediction; return the folder's name.

        Cells of added columns stay. Other processes wait meanwhile. The folder is chosen here, because they
        may have taken the name that was free before.

        Args:
            wanted: What names the folder.
            line: The columns but folder and video.
            new: Folder with the files of the prediction, if there are any.

        Raises:
            ConfigError: the file is no table of predictions any longer.
            FileError: another process writes it for long, or it cannot be written.
        """
        out = self.path.parent
        with only_writer(out, patience_seconds=_PATIENCE_SECONDS):
            self._read()
            [folder] = choose_folders([wanted], self.places)
            self._set(folder, wanted.place, line)
            if new is not None:
                replace_result(new, out / folder, earlier=PREDICTION_FILES)
            self._write()
        return folder

    def reserve(self, wanted: Iterable["Named"]) -> list[str]:
        """Give each video a folder and a line, whose status is pending; a line that is there stays.

        Raises:
            ConfigError: the file is no table of predictions any longer.
            FileError: another process writes it for long, or it cannot be written.
        """
        wanted = list(wanted)
        with only_writer(self.path.parent, patience_seconds=_PATIENCE_SECONDS):
            self._read()
            folders = choose_folders(wanted, self.places)
            for folder, each in zip(folders, wanted, strict=True):
                if folder not in self._lines:
                    self._set(folder, each.place, {"status": "pending"})
            self._write()
        return folders

    def put_all(self, lines: Iterable[tuple["Named", Mapping[str, Any]]]) -> None:
        """Set the lines of folders that ``reserve`` has given; all columns but folder and video.

        Raises:
            ConfigError: the file is no table of predictions any longer.
            FileError: another process writes it for long, or it cannot be written.
        """
        with only_writer(self.path.parent, patience_seconds=_PATIENCE_SECONDS):
            self._read()
            for wanted, line in lines:
                self._set(wanted.folder, wanted.place, line)
            self._write()

    def _set(self, folder: str, place: str, line: Mapping[str, Any]) -> None:
        """Set the line of a folder; cells of added columns stay."""
        before = self._lines.get(folder, {})
        added = {name: before.get(name, "") for name in self._columns[len(COLUMNS) :]}
        self._lines[folder] = {"folder": folder, "video": place, **line, **added}

    def new_prediction(self) -> AbstractContextManager[Path]:
        """Return the context of a new folder to write the files of a prediction into, for ``put``."""
        return _new_prediction(self.path.parent)

    def _write(self) -> None:
        text = io.StringIO(newline="")
        writer = CellWriter(text)
        writer.write(self._columns)
        for line in self._lines.values():
            writer.write(line.get(name, "") for name in self._columns)
        write_text(self.path, text.getvalue())


class ReservedFolders:
    """Puts the predictions of a call into the folders that ``VideosTable.reserve`` has given it.

    The process that has reserved them adds their lines.

    Attributes:
        line: The columns of the last line, but folder and video.

    Args:
        out: Folder of the predictions.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self.line: Mapping[str, Any] = {}

    def new_prediction(self) -> AbstractContextManager[Path]:
        """Return the context of a new folder to write the files of a prediction into, for ``put``."""
        return _new_prediction(self._out)

    def put(self, wanted: "Named", line: Mapping[str, Any], *, new: Path | None = None) -> str:
        """Move the files of a prediction into its folder, and return the name of the folder.

        Raises:
            FileError: a file cannot be written.
        """
        self.line = line
        if new is not None:
            replace_result(new, self._out / wanted.folder, earlier=PREDICTION_FILES)
        return wanted.folder


class LinesNowAndThen:
    """Adds lines to a table that other processes may write too, once a second.

    Args:
        out: Folder of the predictions.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._lines: list[tuple[Named, Mapping[str, Any]]] = []
        self._next_write = 0.0

    def add(self, wanted: "Named", line: Mapping[str, Any]) -> None:
        """Add the line of a folder that ``VideosTable.reserve`` has given; all columns but folder and video.

        Raises:
            FileError: the file cannot be written.
        """
        self._lines.append((wanted, line))
        if monotonic() >= self._next_write:
            self.write()

    def write(self) -> None:
        """Write the lines that wait; call it after the last one.

        Raises:
            FileError: the file cannot be written.
        """
        if not self._lines:
            return
        start = monotonic()
        VideosTable(self._out).put_all(self._lines)
        self._lines.clear()
        self._next_write = monotonic() + max(_WRITE_EVERY_SECONDS, _WRITE_SHARE * (monotonic() - start))


@contextmanager
def _new_prediction(out: Path) -> Iterator[Path]:
    """Yield a new folder; ``out`` is held only while it is made, and other processes do not remove it."""
    with ExitStack() as opened:
        with only_writer(out, patience_seconds=_PATIENCE_SECONDS):
            new = opened.enter_context(new_result(out))
        yield new


@dataclass(frozen=True)
class Named:
    """What needs a folder.

    Attributes:
        name: Its name.
        place: Its place (see ``place_of``).
        may_replace: Returns whether it may replace what is in a folder of this name and place.
        folder: The folder that it gets if no other video has it; empty for any.
    """

    name: str
    place: str
    may_replace: Callable[[str], bool] = lambda folder: True
    folder: str = ""


def choose_folders(wanted: Iterable[Named], places: Mapping[str, str]) -> list[str]:
    """Return the name of the folder of each video.

    A video that has a folder keeps it. Otherwise the folder has the name of the video, with a number if
    another video has that name.

    Args:
        wanted: The videos.
        places: The place of the video of each folder that is there.

    >>> choose_folders([Named("talk.mp4", "/a/talk.mp4"), Named("talk.mov", "/a/talk.mov")], {})
    ['talk', 'talk-2']
    """
    names = _FolderNames(places)
    return [names.choose(each) for each in wanted]


class _FolderNames:
    """The names of folders, each with the place of its video; names that differ in case are the same."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._owners = {_FILE: ""}
        self._spelled: dict[str, str] = {}
        self._numbered: dict[str, list[str]] = defaultdict(list)
        self._next_number: dict[str, int] = {}
        for folder, place in places.items():
            self._add(folder, place)

    def choose(self, wanted: Named) -> str:
        """Return the folder of a video, which has it from now on."""
        reserved = self._owners.get(wanted.folder.lower(), wanted.place)
        if wanted.folder and is_same_place(reserved, wanted.place) and wanted.may_replace(wanted.folder):
            return self._add(wanted.folder, wanted.place)
        [plain] = unique_ids([wanted.name])
        for key in self._numbered[plain.lower()]:
            if is_same_place(self._owners[key], wanted.place) and wanted.may_replace(self._spelled[key]):
                return self._spelled[key]
        number = self._next_number.get(plain.lower(), 1)
        while (folder := plain if number == 1 else f"{plain}-{number}").lower() in self._owners:
            number += 1
        self._next_number[plain.lower()] = number
        return self._add(folder, wanted.place)

    def _add(self, folder: str, place: str) -> str:
        key = folder.lower()
        if key not in self._owners:
            for name in {key, _NUMBER.sub("", key)}:
                self._numbered[name].append(key)
        self._owners[key] = place
        return self._spelled.setdefault(key, folder)


def place_of(source: Path | Address) -> str:
    """Return the absolute path or the address of a file as the table has it, without a password or token."""
    return printable(str(source if isinstance(source, Address) else source.absolute()))


def is_same_place(first: str, second: str) -> bool:
    """Return whether two places are of one file, or of images in memory with one name.

    Links are followed, and case counts only where it does on the disk.

    >>> is_same_place("/a/talk.mp4", "/a/b/../talk.mp4"), is_same_place("frames-1", "/a/frames-1")
    (True, False)
    """
    if first == second or not (Path(first).is_absolute() and Path(second).is_absolute()):
        return first == second
    try:
        return Path(first).samefile(second)
    except OSError:  # one of them is gone
        return os.path.normcase(os.path.realpath(first)) == os.path.normcase(os.path.realpath(second))
    except ValueError:  # one of them is no path
        return False
