"""Find the videos and photographs of folders, and say what is passed over."""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from ferfusion.corpora.walk import walk
from ferfusion.errors import ConfigError
from ferfusion.files import target_of
from ferfusion.video.suffixes import IMAGE_SUFFIXES, UNREAD_IMAGE_SUFFIXES, VIDEO_SUFFIXES


def find_videos(
    places: Iterable[Path],
    *,
    out: Path | None = None,
    on_message: Callable[[str], None] = lambda message: None,
) -> list[Path]:
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
    videos: dict[Path, None] = {}
    for place in places:
        if not os.path.isdir(place):  # noqa: PTH112 a name that is too long is none
            videos[place] = None
            continue
        search = _Search(place, out)
        if not search.found:
            why = search.passed_over or search.why_empty
            raise ConfigError(f"There is no video or photograph in the folder {place}; {why}")
        if search.passed_over:
            on_message(f"In the folder {place}, {search.passed_over}")
        videos |= dict.fromkeys(search.found)
    if not videos:
        raise ConfigError("predict needs at least one video file or folder of videos")
    return list(videos)


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
                wanted += filter(self._is_wanted, (here / name for name in names))
        wanted = [path for path in wanted if not self._is_result(path)]
        by_target: dict[Path, Path] = {}
        for path in sorted(wanted, key=lambda path: (path.is_symlink(), path)):
            by_target.setdefault(target_of(path), path)
        self._links = len(wanted) - len(by_target)
        self.found = sorted(by_target.values())

    def _is_wanted(self, path: Path) -> bool:
        suffix = path.suffix.lower()
        if suffix in VIDEO_SUFFIXES | IMAGE_SUFFIXES | UNREAD_IMAGE_SUFFIXES:
            return True
        self._other[suffix or "without a suffix"] += 1
        return False

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
        reasons = []
        if self._other:
            counts = ", ".join(f"{count} {suffix}" for suffix, count in sorted(self._other.items()))
            reasons.append(
                f"files without the suffix of a video or photograph are passed over: {counts} "
                "(name a file to read it)"
            )
        if self._links:
            reasons.append(f"links to files that are read already are passed over: {self._links}")
        return "; ".join([*reasons, *self._closed])
