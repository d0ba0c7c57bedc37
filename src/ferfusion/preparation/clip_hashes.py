"""The SHA-256 of every clip file of a dataset, by which a clip that was replaced is noticed.

The file ``.clips.json`` has them, with the size and the times of each clip file when it was hashed. While
these are the same, a clip is not read again, so that a check of thousands of clips takes milliseconds; a
dataset that was copied is hashed once. A dataset without the file is not checked until ``prepare`` writes it.

The crops of a clip have a SHA-256 of their own, which is the same whatever the flow; it is added when it is
first needed.
"""

from collections.abc import Mapping
from contextlib import suppress
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from ferfusion.errors import DatasetError, FileError
from ferfusion.files import read_json, write_json
from ferfusion.preparation.clip_file import read_clip
from ferfusion.reporting.words import counted, examples

_ADVICE = "delete it, and run ferfusion prepare again"


def record_clips(root: Path, clips: Mapping[str, Path], *, rows_of: Mapping[str, Path]) -> None:
    """Write the SHA-256 of the clips of a dataset that ``prepare`` has just finished.

    Args:
        root: The dataset folder.
        clips: The file of each clip.
        rows_of: The file that ``prepare`` wrote after each clip; a clip that is newer was not written by it.

    Raises:
        DatasetError: a clip was replaced since it was recorded.
    """
    recorded = _read(root)
    known = {clip: entry for clip, entry in recorded.items() if clip in clips}
    entries = {clip: _entry(path, known.get(clip)) for clip, path in clips.items() if path.is_file()}
    changed = {clip for clip in known if clip in entries and not _is_same(entries[clip], known[clip])}
    _refuse([clip for clip in sorted(changed) if _is_newer(clips[clip], rows_of.get(clip))], root)
    if entries != recorded:
        write_json(_record(root), entries)


def check_clips(root: Path, clips_folder: Path) -> None:
    """Check that the clips of a dataset are those that ``prepare`` wrote.

    Raises:
        DatasetError: a clip was replaced; the message names it.
    """
    recorded = _read(root)
    paths = {clip: clips_folder / f"{clip}.safetensors" for clip in recorded}
    entries = {
        # a missing one is reported by who reads it
        clip: _entry(paths[clip], entry) if paths[clip].is_file() else entry
        for clip, entry in recorded.items()
    }
    _refuse([clip for clip in sorted(recorded) if not _is_same(entries[clip], recorded[clip])], root)
    if entries != recorded:
        with suppress(FileError):  # the folder may be read-only: the clips are hashed again next time
            write_json(_record(root), entries)


def clip_hashes(root: Path) -> dict[str, str]:
    """Return the SHA-256 of each clip as recorded; empty for a dataset that an earlier version prepared."""
    return {clip: str(entry["sha256"]) for clip, entry in _read(root).items()}


def crop_hashes(root: Path, clips_folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the crops of each clip; empty for a dataset that an earlier version prepared.

    Raises:
        DatasetError: a clip is damaged.
    """
    recorded = _read(root)
    entries = {
        clip: _with_crops(entry, clips_folder / f"{clip}.safetensors") for clip, entry in recorded.items()
    }
    if entries != recorded:
        with suppress(FileError):  # the folder may be read-only: the crops are read again next time
            write_json(_record(root), entries)
    return {clip: entry["crops"] for clip, entry in entries.items() if "crops" in entry}


def _with_crops(entry: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the record of a clip with the SHA-256 of its crops; a missing clip has none."""
    if isinstance(entry.get("crops"), str) or not path.is_file():
        return entry
    return {**entry, "crops": sha256(read_clip(path, "crops")["crops"].data).hexdigest()}


def _record(root: Path) -> Path:
    return root / ".clips.json"


def _read(root: Path) -> dict[str, dict[str, Any]]:
    path = _record(root)
    if not path.exists():
        return {}
    recorded = read_json(path, advice=_ADVICE)
    if not all(
        isinstance(entry, dict) and isinstance(entry.get("sha256"), str) for entry in recorded.values()
    ):
        raise DatasetError(f"{path} is damaged (a clip has no SHA-256); {_ADVICE}")
    return recorded


def _entry(path: Path, known: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the record of a file; it is read only if its size or its times are not the known ones."""
    found = path.stat()
    seen = {"bytes": found.st_size, "times_ns": [found.st_mtime_ns, found.st_ctime_ns]}
    if known is not None and {name: known.get(name) for name in seen} == seen:
        return dict(known)
    with path.open("rb") as file:
        return {"sha256": file_digest(file, "sha256").hexdigest(), **seen}


def _is_same(entry: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    return bool(entry["sha256"] == known["sha256"])


def _is_newer(clip: Path, rows: Path | None) -> bool:
    return rows is not None and rows.is_file() and clip.stat().st_mtime_ns > rows.stat().st_mtime_ns


def _refuse(replaced: list[str], root: Path) -> None:
    if replaced:
        raise DatasetError(
            f"Content that prepare did not write, in {counted(len(replaced), 'clip')} of {root}: "
            f"{examples(replaced)}; delete their files, and run ferfusion prepare again"
        )
