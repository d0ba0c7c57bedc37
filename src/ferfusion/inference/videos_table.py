"""``videos.csv``: a line for each prediction in a folder. It says which video has which folder."""

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
_PATIENCE_SECONDS = 60.0
"""Time to wait for another process, which holds the folder only while it moves files and writes the table."""
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
            before = self._lines.get(folder, {})
            added = {name: before.get(name, "") for name in self._columns[len(COLUMNS) :]}
            self._lines[folder] = {"folder": folder, "video": wanted.place, **line, **added}
            if new is not None:
                replace_result(new, out / folder, earlier=PREDICTION_FILES)
            self._write()
        return folder

    @contextmanager
    def new_prediction(self) -> Iterator[Path]:
        """Yield a new folder to write the files of a prediction into, for ``put``."""
        out = self.path.parent
        with ExitStack() as opened:
            with only_writer(out, patience_seconds=_PATIENCE_SECONDS):
                new = opened.enter_context(new_result(out))
            yield new

    def _write(self) -> None:
        text = io.StringIO(newline="")
        writer = CellWriter(text)
        writer.write(self._columns)
        for line in self._lines.values():
            writer.write(line.get(name, "") for name in self._columns)
        write_text(self.path, text.getvalue())


@dataclass(frozen=True)
class Named:
    """What needs a folder.

    Attributes:
        name: Its name.
        place: Its place (see ``place_of``).
        may_replace: Returns whether it may replace what is in a folder of this name and place.
    """

    name: str
    place: str
    may_replace: Callable[[str], bool] = lambda folder: True


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
    owners = {folder.lower(): place for folder, place in places.items()} | {_FILE: ""}
    spelled = {folder.lower(): folder for folder in places}
    chosen = []
    for each in wanted:
        [plain] = unique_ids([each.name])
        own = re.compile(re.escape(plain.lower()) + r"(-\d+)?")
        folder = next(
            (
                key
                for key, place in owners.items()
                if own.fullmatch(key) and is_same_place(place, each.place) and each.may_replace(spelled[key])
            ),
            "",
        )
        number = 1
        while not folder:
            numbered = plain if number == 1 else f"{plain}-{number}"
            folder = "" if numbered.lower() in owners else numbered
            number += 1
        owners[folder.lower()] = each.place
        chosen.append(spelled.setdefault(folder.lower(), folder))
    return chosen


def place_of(source: Path) -> str:
    """Return the absolute path of a file as the table has it, which names it from every working directory."""
    return printable(str(source.absolute()))


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
