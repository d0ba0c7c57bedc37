"""Find the file that a row of a table names, however its name is spelled."""

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

from ferfusion.errors import CorpusError
from ferfusion.reporting.words import counted
from ferfusion.spelling import without_case

_MOST_COMPARED = 2_000
"""Names to which a missing one is compared; in a larger tree, a hint for every missing row takes long."""


class NamedFiles:
    r"""Finds files by paths that people and other systems write.

    A path that exists is taken as it is. Otherwise its folders and its name are compared without regard to
    case, to the way in which accents are composed (NFC, NFD), and to the separators (``\``). A name that is
    not UTF-8 is found as tables and messages show it (``caf\udce9.mp4``).

    Args:
        folder: The folder to which the paths are relative.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names_by_key = cache(_names_by_key)

    def find(self, written: str) -> Path:
        """Return the file or folder of a path.

        Raises:
            CorpusError: there is none, or there are several; the message is the path and the likely cause.
        """
        written = re.sub(r"\\u(dc[89a-f][0-9a-f])", lambda match: chr(int(match[1], 16)), written)
        exact = self._folder / written
        try:
            if "\0" not in written and exact.exists():
                return exact
        except OSError as error:  # such as a name that is too long
            raise CorpusError(f"{written!r:.80} cannot be found: {error.strerror}") from error
        here = self._folder
        for name in components(written):
            if name == ".." or name == PurePosixPath(name).anchor:
                here /= name
                continue
            names = self._names_by_key(here).get(name_key(name), [])
            if len(names) > 1:
                raise CorpusError(f"{written!r} can be {' or '.join(names)} in the folder {here}")
            if not names:
                raise CorpusError(f"there is no file {exact}{self._cause(here, name, written)}")
            here /= names[0]
        return here

    def _cause(self, folder: Path, name: str, written: str) -> str:
        stems = {Path(key).stem: names[0] for key, names in self._names_by_key(folder).items()}
        near = _near(name, stems)
        hint = f"; did you mean {stems[near]}?" if near else self._elsewhere(components(written)[-1])
        return f"; the folder {folder} has no {name}{hint}"

    def _elsewhere(self, name: str) -> str:
        """Return where a file of a name, or of a near one, is in another folder below; empty without any."""
        same = self._below.get(name_key(name), [])
        if len(same) == 1:
            return f"; {same[0]} has that name: write this path"
        if same:
            return f"; {counted(len(same), 'file')} have that name, such as {same[0]}: write the path"
        if len(self._below) > _MOST_COMPARED:
            return ""
        stems = {Path(key).stem: paths[0] for key, paths in self._below.items()}
        near = _near(name, stems)
        return f"; did you mean {stems[near]}?" if near else ""

    @cached_property
    def _below(self) -> dict[str, list[str]]:
        """Paths of all files below the folder, by the key of their names."""
        by_key: dict[str, list[str]] = {}
        for place, folders, names in os.walk(self._folder):
            folders.sort()
            for name in sorted(names):
                path = (Path(place) / name).relative_to(self._folder).as_posix()
                by_key.setdefault(name_key(name), []).append(path)
        return by_key


def _near(name: str, stems: Iterable[str]) -> str:
    """Return the stem that is likely meant; empty without any."""
    wanted = Path(name_key(name)).stem
    near = [stem for stem in get_close_matches(wanted, stems) if not _has_other_numbers(stem, wanted)]
    return near[0] if near else ""


def components(path: str) -> tuple[str, ...]:
    r"""Return the parts of a path with separators of any system.

    >>> components(r"videos\s1/a.mp4")
    ('videos', 's1', 'a.mp4')
    """
    return PurePosixPath(path.replace("\\", "/")).parts


def _has_other_numbers(one: str, other: str) -> bool:
    """Return whether two names differ by the value of their numbers alone: then they are two files.

    >>> _has_other_numbers("take 12", "take 13"), _has_other_numbers("take 1", "take 01")
    (True, False)
    """
    words = [re.split(r"\d+", name) for name in (one, other)]
    numbers = [[int(number) for number in re.findall(r"\d+", name)] for name in (one, other)]
    return words[0] == words[1] and numbers[0] != numbers[1]


def name_key(name: str) -> str:
    r"""Return the form that all spellings of a file's name share.

    >>> name_key("Zoe\u0308.MP4") == name_key("zo\u00eb.mp4")
    True
    """
    return without_case(name)


def _names_by_key(folder: Path) -> dict[str, list[str]]:
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return {}
    by_key: dict[str, list[str]] = {}
    for name in names:
        by_key.setdefault(name_key(name), []).append(name)
    return by_key
