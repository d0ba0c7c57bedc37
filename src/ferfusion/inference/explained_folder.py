"""The folders of explained videos; each has a file that says which video it is of."""

from pathlib import Path

from ferfusion.errors import ConfigError
from ferfusion.files import read_json, write_json
from ferfusion.inference.videos_table import Named, VideosTable, choose_folders, place_of

SOURCE = "explained.json"
"""Name of the file with the place of the video."""


def choose_explained_folder(out: Path, video: Path) -> Path:
    """Return the folder of an explained video: its own if it has one, else one that no other video has.

    Args:
        out: Folder of explained videos; it may also have predictions.
        video: The video.

    Raises:
        ConfigError: ``videos.csv`` in ``out`` is no table of predictions, or a folder names no video.
    """
    folders = [each for each in out.iterdir() if each.is_dir()] if out.is_dir() else []
    places = dict.fromkeys((folder.name for folder in folders), "") | VideosTable(out).places
    for folder in folders:
        if (folder / SOURCE).is_file():
            advice = f"move the folder {folder.name} away"
            said = read_json(folder / SOURCE, keys={"video": str}, error=ConfigError, advice=advice)
            places[folder.name] = said["video"]
    [chosen] = choose_folders([Named(video.name, place_of(video))], places)
    return out / chosen


def write_source(folder: Path, video: Path) -> None:
    """Write which video the files of a folder are of."""
    write_json(folder / SOURCE, {"video": place_of(video)})
