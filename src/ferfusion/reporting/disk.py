"""Disk space: how much a folder takes, lines that announce it, and jobs that cannot fit."""

import os
import shutil
from pathlib import Path

from ferfusion.errors import FileError
from ferfusion.reporting.words import bytes_text


def folder_bytes(folder: Path) -> int:
    """Return the size of all files in a folder; a file that disappears meanwhile does not count."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return total


def free_bytes(folder: Path) -> int:
    """Return the free space of the disk on which a folder is, or will be."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def estimate_line(estimate: float, what: str, *, folder: Path) -> str:
    """Return the line that announces how much a job will write.

    Args:
        estimate: Bytes.
        what: What is written, such as "12 trainings".
        folder: Where.
    """
    free = free_bytes(folder)
    too_little = ", which may be too little" if free < estimate else ""
    return f"Disk: about {bytes_text(estimate)} for {what}; {bytes_text(free)} are free{too_little}."


def refuse_too_little(least: float, what: str, *, folder: Path, existing: int = 0) -> None:
    """Refuse a job whose files cannot fit on their disk.

    Args:
        least: Bytes that the job takes in any case, so that no job is refused that would fit.
        what: What is written, such as "12 trainings".
        folder: Where.
        existing: Bytes of it that are there already.

    Raises:
        FileError: there is too little space.
    """
    free = free_bytes(folder)
    if least - existing > free:
        raise FileError(
            f"The disk of {folder} has {bytes_text(free)} free, and {what} would take at least "
            f"{bytes_text(least - existing)} more; free some space, or name a folder on another disk"
        )


def measured_line(folder: Path) -> str:
    """Return the line that states how much a folder takes."""
    return f"Disk: {bytes_text(folder_bytes(folder))} in {folder}."
