"""Find the videos and photographs of folders, and say what is passed over."""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path, PurePath, PurePosixPath

from ferfusion.addresses import Address, content_of
from ferfusion.corpora.walk import walk
from ferfusion.errors import ConfigError, FerfusionError
from ferfusion.files import target_of
from ferfusion.video.suffixes import IMAGE_SUFFIXES, UNREAD_IMAGE_SUFFIXES, VIDEO_SUFFIXES


def find_videos(
    places: Iterable[Path | Address],
    *,
    out: Path | Address | None = None,
    on_message: Callable[[str], None] = lambda message: None,
) -> list[Path | Address]:
    """Return the videos and photographs of some places: files as they are named, and those inside folders.

    Folders are searched at every depth, through links, for the suffixes of videos and photographs, also of
    photographs that cannot be read, such as .heic; each file is returned once. Hidden files are skipped, and
    so are the files inside ``out``, which an earlier prediction has written.

    Args:
        places: Files and folders.
        out: Folder of the predictions.
        on_message: Called with a sentence about what is passed over in a folder.

    Raises:
        ConfigError: ``places`` is empty, or a folder has no video and no photograph.
    """
    videos: dict[Path | Address, None] = {}
    for place in places:
        if not is_folder(place):
            videos[place] = None
            continue
        search: _Search | _AddressSearch
        if isinstance(place, Address):
            try:
                search = _AddressSearch(place, out)
            except FerfusionError:  # it has the reason in its row
                videos[place] = None
                continue
        else:
            search = _Search(place, out if isinstance(out, Path) else None)
        if not search.found:
            why = search.passed_over or search.why_empty
            raise ConfigError(f"There is no video or photograph in the folder {place}; {why}")
        if search.passed_over:
            on_message(f"In the folder {place}, {search.passed_over}")
        videos |= dict.fromkeys(search.found)
    if not videos:
        raise ConfigError("predict needs at least one video file or folder of videos")
    return list(videos)


def is_folder(place: Path | Address) -> bool:
    """Return whether a place is a folder to search.

    An address with the suffix of a video or photograph and no slash at the end is none, so that it is not
    asked of its file system; one that cannot be asked is none either, and has the reason in its row.
    """
    if isinstance(place, Path):
        return os.path.isdir(place)  # noqa: PTH112 a name that is too long is none
    if place.suffix.lower() in _WANTED and not place.ends_with_slash:
        return False
    try:
        return place.is_folder()
    except FerfusionError:
        return False


_WANTED = VIDEO_SUFFIXES | IMAGE_SUFFIXES | UNREAD_IMAGE_SUFFIXES


def _is_wanted(path: PurePath, other: Counter[str]) -> bool:
    """Return whether a file is of a video or photograph; the suffixes of others are counted."""
    suffix = path.suffix.lower()
    if suffix in _WANTED:
        return True
    other[suffix or "without a suffix"] += 1
    return False


def _passed_over(other: Counter[str]) -> list[str]:
    """Return a sentence about the files of other suffixes, if there are any."""
    if not other:
        return []
    counts = ", ".join(f"{count} {suffix}" for suffix, count in sorted(other.items()))
    return [
        f"files without the suffix of a video or photograph are passed over: {counts} "
        "(name a file to read it)"
    ]


class _AddressSearch:
    """The search of a folder at an address.

    Attributes:
        found: The videos and photographs, in the order of their paths.
        passed_over: What is passed over, and why; empty if nothing is.
        why_empty: Why nothing is found, if nothing is passed over.
    """

    why_empty = "it has no file"

    def __init__(self, folder: Address, out: Path | Address | None) -> None:
        other: Counter[str] = Counter()
        skip = out.path if isinstance(out, Address) else None
        files = folder.files()
        self.found: list[Address] = []
        for path in sorted(map(PurePosixPath, files)):
            if any(part.startswith(".") for part in path.parts):
                continue
            if skip is not None and (folder.path / path).is_relative_to(skip):
                continue
            if _is_wanted(path, other):
                one = folder / str(path)
                self.found.append(Address(one.url, listed=content_of(files[str(path)])))
        self.passed_over = "".join(_passed_over(other))


class _Search:
    """The search of a folder.

    Attributes:
        found: The videos and photographs, in the order of their paths.
    """

    def __init__(self, folder: Path, out: Path | None) -> None:
        self._other: Counter[str] = Counter()
        self._closed: list[str] = []
        self._folder, self._skip = folder, None if out is None else target_of(out)
        wanted: list[Path] = []
        for here, names in walk(folder, on_unreadable=self._note_closed):
            if not self._is_result(here):
                wanted += (here / name for name in names if _is_wanted(here / name, self._other))
        wanted = [path for path in wanted if not self._is_result(path)]
        by_target: dict[Path, Path] = {}
        for path in sorted(wanted, key=lambda path: (path.is_symlink(), path)):
            by_target.setdefault(target_of(path), path)
        self._links = len(wanted) - len(by_target)
        self.found = sorted(by_target.values())

    def _is_result(self, path: Path) -> bool:
        return self._skip is not None and target_of(path).is_relative_to(self._skip)

    def _note_closed(self, error: OSError) -> None:
        self._closed.append(f"the folder {error.filename} cannot be read ({error.strerror})")

    @property
    def why_empty(self) -> str:
        """Why nothing is found, if nothing is passed over."""
        if self._is_result(self._folder):
            return "it is the folder of the predictions, whose files are not read; name another one for them"
        return "it has no file"

    @property
    def passed_over(self) -> str:
        """What is passed over, and why; empty if nothing is."""
        reasons = _passed_over(self._other)
        if self._links:
            reasons.append(f"links to files that are read already are passed over: {self._links}")
        return "; ".join([*reasons, *self._closed])
