"""The jobs of a call of predict: its videos and photographs, and the names of their folders."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from ferfusion.addresses import Address
from ferfusion.errors import ConfigError
from ferfusion.files import printable
from ferfusion.inference.prediction_folder import PredictionFolder
from ferfusion.inference.videos_table import Named, VideosTable, choose_folders, place_of
from ferfusion.tables import read_cells
from ferfusion.video.footage import ImageSequence, Photograph
from ferfusion.video.suffixes import IMAGE_SUFFIXES

Source = Path | Address | ImageSequence | Photograph
"""A video or photograph to predict: a file, here or at an address, or in memory."""


@dataclass(frozen=True)
class PredictJob:
    """A video or photograph to predict, and the name of its folder.

    Attributes:
        source: The file, or images in memory.
        folder: Name of the folder of its results; all photographs of a call have the same.
        photograph: Name of a photograph in the tables of that folder; empty for a video.
        number: Its place among the jobs of a call.
        stamp: What its result is made from (see ``with_stamps``); empty if that is not known.
    """

    source: Source
    folder: str
    photograph: str = ""
    number: int = 0
    stamp: str = ""

    @property
    def name(self) -> str:
        """Name of the file or of the images."""
        return printable(self.source.name)

    @property
    def is_in_memory(self) -> bool:
        """Whether the video is in this process alone: an array of frames, or a file at memory://."""
        if isinstance(self.source, Address):
            return self.source.is_of_this_process
        return isinstance(self.source, ImageSequence)

    @property
    def place(self) -> str:
        """Path or address of the file as it was named, or name of the images."""
        if isinstance(self.source, Path | Address):
            return printable(str(self.source))
        return self.source.name

    @property
    def named(self) -> Named:
        """What names the folder of a video."""
        return Named(self.source.name, self.table_place, folder=self.folder)

    @property
    def table_place(self) -> str:
        """Absolute path or address of the file, or name of the images."""
        return place_of(self.source) if isinstance(self.source, Path | Address) else self.source.name


def make_jobs(sources: Sequence[Source], *, out: Path | None = None) -> list[PredictJob]:
    """Return a job for each video and photograph, with the name of its folder.

    The folder of a video has its name, with a number if the name is taken. All photographs have one folder:
    photographs, or the name of the photograph if there is only one. What has a folder in ``out`` keeps it;
    the folders of other videos and other photographs stay as they are.

    Args:
        sources: The videos and photographs.
        out: Folder of the predictions.

    Raises:
        ConfigError: ``videos.csv`` in ``out`` is no table of predictions.

    >>> [job.folder for job in make_jobs([Path("a/clip.mp4"), Path("b/clip.mov"), Path("talk.mp4")])]
    ['clip', 'clip-2', 'talk']
    >>> [(job.folder, job.photograph) for job in make_jobs([Path("a/1.jpg"), Path("a/b/2.png")])]
    [('photographs', '1.jpg'), ('photographs', 'b/2.png')]
    """
    photographs = [source for source in sources if _is_photograph(source)]
    names = iter(_photograph_names(photographs))
    jobs = [PredictJob(source, "", next(names) if _is_photograph(source) else "") for source in sources]
    wanted = [job.named for job in jobs if not job.photograph]
    if photographs:
        wanted.append(named_photographs([job for job in jobs if job.photograph], out))
    folders = choose_folders(wanted, {} if out is None else VideosTable(out).places)
    of_videos, of_photographs = iter(folders), folders[-1] if folders else ""
    return [
        replace(job, number=number, folder=of_photographs if job.photograph else next(of_videos))
        for number, job in enumerate(jobs)
    ]


def named_photographs(jobs: Sequence[PredictJob], out: Path | None) -> Named:
    """Return what names the folder of some photographs.

    They replace the photographs of an earlier call if these are all among them, or gone.
    """
    now = {_path_of(job.source) for job in jobs if isinstance(job.source, Path | Address)}
    common = _common_folder([job.source for job in jobs])

    def may_replace(folder: str) -> bool:
        table = PredictionFolder((out or Path()) / folder).photographs_file
        if common is None or not table.is_file():
            return True
        _, rows = read_cells(table, error=ConfigError, advice=f"move the folder {folder} away")
        earlier = (common / row.get("photograph", "") for row in rows)
        return all(path in now or (isinstance(path, Path) and not _is_file(path)) for path in earlier)

    name = jobs[0].source.name if len(jobs) == 1 else "photographs"
    return Named(name, common_place(jobs), may_replace)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a table that was edited has a name that is too long
        return False


def _is_photograph(source: Source) -> bool:
    if isinstance(source, Path | Address):
        return source.suffix.lower() in IMAGE_SUFFIXES
    return isinstance(source, Photograph)


def _photograph_names(photographs: Sequence[Source]) -> list[str]:
    """Return the path of each photograph inside the folder that has all of them; no name comes twice."""
    common = _common_folder(photographs)
    names: dict[str, None] = {}
    for source in photographs:
        path = _path_of(source) if isinstance(source, Path | Address) else Path(source.name)
        place = (path.relative_to(common) if common and path.is_relative_to(common) else path).as_posix()
        place = printable(place)
        name, times = place, 1
        while name in names:  # a file that is named twice is predicted twice
            times += 1
            name = f"{place} ({times})"
        names[name] = None
    return list(names)


def _path_of(source: Path | Address) -> PurePath:
    """Return the absolute path of a file; that of an address is only compared, never opened."""
    return source.path if isinstance(source, Address) else source.absolute()


def _common_folder(photographs: Sequence[Source]) -> PurePath | None:
    folders = [_path_of(source).parent for source in photographs if isinstance(source, Path | Address)]
    try:
        common = os.path.commonpath(folders)
    except ValueError:  # there is no file, or they are on several drives, or some are at addresses
        return None
    if not common:  # on several file systems
        return None
    return type(folders[0])(common)


def common_place(jobs: Sequence[PredictJob]) -> str:
    """Return the photograph, or the folder that has all of them, as the source in ``videos.csv``."""
    if len(jobs) == 1:
        return jobs[0].table_place
    common = _common_folder([job.source for job in jobs])
    if isinstance(common, Path):
        return place_of(common)
    if common is None:
        return "photographs"
    scheme, _, path = str(common).partition(":")  # a path has one slash where an address has two or three
    return f"{scheme}:{'///' if scheme in ('file', 'local') else '//'}{path.lstrip('/')}"
