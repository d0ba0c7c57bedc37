"""The jobs of a call of predict: its videos and photographs, and the names of their folders."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ferfusion.corpora.entries import unique_ids
from ferfusion.video.footage import ImageSequence, Photograph
from ferfusion.video.suffixes import IMAGE_SUFFIXES

Source = Path | ImageSequence | Photograph
"""A video or photograph to predict: a file, or in memory."""


@dataclass(frozen=True)
class PredictJob:
    """A video or photograph to predict, and the name of its folder.

    Attributes:
        source: The file, or images in memory.
        folder: Name of the folder of its results; all photographs of a call have the same.
        photograph: Name of a photograph in the tables of that folder; empty for a video.
    """

    source: Source
    folder: str
    photograph: str = ""

    @property
    def alone(self) -> "PredictJob":
        """The same job if there is no other."""
        return make_jobs([self.source])[0]

    @property
    def name(self) -> str:
        """Name of the file or of the images."""
        return self.source.name

    @property
    def place(self) -> str:
        """Path of the file, or name of the images."""
        return str(self.source) if isinstance(self.source, Path) else self.source.name


def make_jobs(sources: Sequence[Source]) -> list[PredictJob]:
    """Return a job for each video and photograph, with the name of its folder.

    The folder of a video has its name, with a number if the name is taken. All photographs have one folder:
    photographs, or the name of the photograph if there is only one.

    >>> [job.folder for job in make_jobs([Path("a/clip.mp4"), Path("b/clip.mov"), Path("talk.mp4")])]
    ['clip', 'clip-2', 'talk']
    >>> [(job.folder, job.photograph) for job in make_jobs([Path("a/1.jpg"), Path("a/b/2.png")])]
    [('photographs', '1.jpg'), ('photographs', 'b/2.png')]
    """
    photographs = [source for source in sources if _is_photograph(source)]
    together = photographs[0].name if len(photographs) == 1 else "photographs"
    videos = [source.name for source in sources if not _is_photograph(source)]
    *folders, folder_of_photographs = unique_ids([*videos, together])
    next_folder, next_name = iter(folders), iter(_photograph_names(photographs))
    return [
        PredictJob(source, folder_of_photographs, next(next_name))
        if _is_photograph(source)
        else PredictJob(source, next(next_folder))
        for source in sources
    ]


def _is_photograph(source: Source) -> bool:
    if isinstance(source, Path):
        return source.suffix.lower() in IMAGE_SUFFIXES
    return isinstance(source, Photograph)


def _photograph_names(photographs: Sequence[Source]) -> list[str]:
    """Return the path of each photograph inside the folder that has all of them; no name comes twice."""
    common = _common_folder(photographs)
    names: dict[str, None] = {}
    for source in photographs:
        path = source.absolute() if isinstance(source, Path) else Path(source.name)
        place = (path.relative_to(common) if common and path.is_relative_to(common) else path).as_posix()
        name, times = place, 1
        while name in names:  # a file that is named twice is predicted twice
            times += 1
            name = f"{place} ({times})"
        names[name] = None
    return list(names)


def _common_folder(photographs: Sequence[Source]) -> Path | None:
    folders = [source.absolute().parent for source in photographs if isinstance(source, Path)]
    try:
        return Path(os.path.commonpath(folders))
    except ValueError:  # there is no file, or they are on several drives
        return None


def common_place(jobs: Sequence[PredictJob]) -> str:
    """Return the photograph, or the folder that has all of them, as the source in ``videos.csv``."""
    if len(jobs) == 1:
        return jobs[0].place
    return str(_common_folder([job.source for job in jobs]) or jobs[0].folder)
