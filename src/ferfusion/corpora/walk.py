"""Walk a corpus's folder, and turn its files into a listing."""

import os
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry
from ferfusion.corpora.stills import AMONG_VIDEOS
from ferfusion.errors import CorpusError
from ferfusion.files import no_such
from ferfusion.video.suffixes import (
    IMAGE_SUFFIXES,
    SOUND_SUFFIXES,
    UNREAD_IMAGE_SUFFIXES,
    VIDEO_SUFFIXES,
)

A_VIDEO = "a video file"
_FEW = 20


@dataclass(frozen=True)
class Found:
    """A file, or a folder of images, under a corpus's root."""

    path: Path
    root: Path

    @property
    def place(self) -> str:
        """The path relative to the corpus's root, with forward slashes."""
        return self.path.relative_to(self.root).as_posix()

    @property
    def folders(self) -> tuple[str, ...]:
        """Names of the folders between the root and this, in lower case."""
        return tuple(part.lower() for part in self.path.relative_to(self.root).parts[:-1])

    def left_out(self, reason: str) -> LeftOut:
        """Return a row with the reason why this is not used."""
        return LeftOut(self.place, reason)


def walk(
    root: Path, *, on_unreadable: Callable[[OSError], None] | None = None
) -> Iterator[tuple[Path, list[str]]]:
    """Yield each folder under ``root`` with the names of its files, in a fixed order, without hidden ones.

    Links to folders are followed, except those that lead back to a parent folder. A folder that several paths
    lead to, by links or mounts, is yielded once, by its own path if that is under ``root``.

    Args:
        root: The folder.
        on_unreadable: Called for a folder below ``root`` that cannot be read; by default, it is passed over.

    Raises:
        CorpusError: ``root`` is not a folder, or cannot be read.
    """
    if not root.is_dir():
        raise CorpusError(no_such(root, wanted="folder"))

    def note(error: OSError) -> None:
        if error.filename == str(root):
            raise CorpusError(f"Cannot read the folder {root}: {error.strerror}") from error
        if on_unreadable is not None:
            on_unreadable(error)

    waiting, walked = deque([root]), set[tuple[int, int]]()
    while waiting:
        for folder, subfolders, names in os.walk(waiting.popleft(), onerror=note):
            here = Path(folder)
            found = here.stat()
            if (found.st_dev, found.st_ino) in walked:
                subfolders.clear()
                continue
            walked.add((found.st_dev, found.st_ino))
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            links = (here / name for name in subfolders if (here / name).is_symlink())
            waiting += (link for link in links if not _leads_back(link))  # os.walk does not follow them
            yield here, sorted(name for name in names if not name.startswith("."))


def _leads_back(path: Path) -> bool:
    return path.is_symlink() and path.parent.resolve().is_relative_to(path.resolve())


def unreadable_folders(root: Path) -> list[LeftOut]:
    """Return a row for each folder under ``root`` that cannot be read."""
    errors: list[OSError] = []
    for _ in walk(root, on_unreadable=errors.append):
        pass
    return [
        LeftOut(
            Path(error.filename).relative_to(root).as_posix(), f"the folder cannot be read: {error.strerror}"
        )
        for error in errors
    ]


def list_files(root: Path) -> list[Path]:
    """Return every file under ``root`` in a fixed order, without hidden ones.

    Raises:
        CorpusError: ``root`` is not a folder, or cannot be read.
    """
    return sorted(folder / name for folder, names in walk(root) for name in names)


def find_videos(root: Path) -> tuple[list[Found], list[Path]]:
    """Return the video files under ``root``, and every other file.

    Raises:
        CorpusError: ``root`` is not a folder, or cannot be read.
    """
    return _find_files(root, VIDEO_SUFFIXES)


def find_photographs(root: Path) -> tuple[list[Found], list[Path]]:
    """Return the image files under ``root``, and every other file.

    Raises:
        CorpusError: ``root`` is not a folder, or cannot be read.
    """
    return _find_files(root, IMAGE_SUFFIXES)


def _find_files(root: Path, suffixes: Set[str]) -> tuple[list[Found], list[Path]]:
    """Return the files under ``root`` with one of the suffixes, and every other file."""
    files = list_files(root)
    found = [Found(path, root) for path in files if path.suffix.lower() in suffixes]
    return found, [path for path in files if path.suffix.lower() not in suffixes]


def find_image_folders(root: Path) -> tuple[list[Found], list[Path]]:
    """Return the folders under ``root`` that hold images, and every file that is no image.

    Raises:
        CorpusError: ``root`` is not a folder, or cannot be read.
    """
    folders: list[Found] = []
    others: list[Path] = []
    for folder, names in walk(root):
        rest = [name for name in names if Path(name).suffix.lower() not in IMAGE_SUFFIXES]
        if len(rest) < len(names):
            folders.append(Found(folder, root))
        others += [folder / name for name in rest]
    return sorted(folders, key=lambda folder: folder.path), others


def leave_out(root: Path, files: Iterable[Path], *, wanted: str) -> list[LeftOut]:
    """Return rows for files that are not ``wanted``: one a suffix in each folder of the root.

    A few photographs have a row each, since somebody wants them.
    """
    groups: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for path in files:
        top, *below = path.relative_to(root).parts
        groups[f"{top}/**/" if below else "", path.suffix.lower()].append(path)
    rows = []
    for (top, suffix), members in sorted(groups.items()):
        reason = _why_left_out(suffix, wanted)
        is_photograph = suffix in IMAGE_SUFFIXES | UNREAD_IMAGE_SUFFIXES
        if len(members) <= (_FEW if is_photograph else 1):
            rows += [LeftOut(path.relative_to(root).as_posix(), reason) for path in members]
        else:
            rows.append(LeftOut(f"{top}*{suffix}", f"{len(members)} files: {reason}"))
    return rows


def _why_left_out(suffix: str, wanted: str) -> str:
    if suffix in SOUND_SUFFIXES:
        return "sound without video"
    if suffix in UNREAD_IMAGE_SUFFIXES:
        return f"{suffix} photographs cannot be read; convert it to .jpg or .png"
    return AMONG_VIDEOS if suffix in IMAGE_SUFFIXES and wanted == A_VIDEO else f"not {wanted}"


def make_listing(
    corpus: str,
    root: Path,
    rows: Iterable[VideoEntry | LeftOut],
    others: Iterable[Path],
    *,
    expected: str,
    wanted: str = A_VIDEO,
) -> CorpusListing:
    """Sort rows into those to use and those left out.

    Rows with one id are copies of one take: the first is used and the others are left out.

    Args:
        corpus: Name of the corpus.
        root: Its folder.
        rows: The loader's row for each video, in order of preference.
        others: Files that the loader does not use.
        expected: Expected place of a video of this corpus, for the message.
        wanted: The kind of file that the others are not, for their reason.

    Folders that cannot be read are left out too.

    Raises:
        CorpusError: there is no row to use.
    """
    used: dict[str, VideoEntry] = {}
    left_out: list[LeftOut] = []
    for row in rows:
        if isinstance(row, LeftOut):
            left_out.append(row)
        elif row.video_id.lower() in used:
            first = Found(used[row.video_id.lower()].path, root)
            left_out.append(Found(row.path, root).left_out(f"the same take as {first.place}"))
        else:
            used[row.video_id.lower()] = row
    left_out += leave_out(root, others, wanted=wanted)
    left_out += unreadable_folders(root)
    if not used:
        seen = (
            f"; left out: {len(left_out)}, such as {left_out[0].path}: {left_out[0].reason}"
            if left_out
            else ""
        )
        raise CorpusError(f"Nothing of the corpus {corpus} under {root}; expected is {expected}{seen}")
    return CorpusListing(corpus, tuple(used.values()), tuple(left_out))
