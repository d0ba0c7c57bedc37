"""Make a label project of videos."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from ferfusion.errors import ConfigError
from ferfusion.files import write_json
from ferfusion.labelling.faces import SeenVideo, faces_of, length_of
from ferfusion.labelling.project import PROJECT_FILE, Item, Project
from ferfusion.labelling.shares import divide
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.progress import Progress
from ferfusion.reporting.words import counted

BOXES_FOLDER = "boxes"


def make_project(
    project: Project,
    videos: Sequence[Path],
    raters: Sequence[str],
    *,
    look_at: Callable[[Path], SeenVideo],
    each_face: bool,
    subjects: Mapping[str, str],
    reasons: Mapping[str, str] = MappingProxyType({}),
) -> Project:
    """Write a project of videos, and return it.

    Args:
        project: Its settings.
        videos: The videos, none twice.
        raters: Names of the raters.
        look_at: Returns the length and the faces of a video.
        each_face: Each face is an item of its own, and not each video.
        subjects: Person by path or name of a video.
        reasons: Why a video is to be labelled, in the same form.

    Raises:
        ConfigError: the folder has a project already, or there is no item.
        VideoError: a video cannot be read.
    """
    if (project.folder / PROJECT_FILE).exists():
        raise ConfigError(f"{project.folder} is a label project already; open it without videos")
    items: list[Item] = []
    for video in videos:
        seen = look_at(video)
        path = relative_path(video, project.folder)
        subject, reason = (of.get(str(video), of.get(video.name, "")) for of in (subjects, reasons))
        item = Item("", path, subject, seconds=round(seen.seconds, 6), reason=reason)
        faces = (
            [replace(item, face=face.face, seen=face.seen) for face in seen.faces] if each_face else [item]
        )
        for face, one in zip(seen.faces if each_face else (None,), faces, strict=True):
            items.append(replace(one, id=f"{len(items) + 1:04d}"))
            if face is not None:
                file = project.folder / BOXES_FOLDER / f"{items[-1].id}.json"
                write_json(file, {"boxes": [list(box) for box in face.boxes]})
    if not items:
        raise ConfigError(f"No face is seen in {counted(len(videos), 'video')}; label videos as a whole")
    shares = divide(items, raters, overlap=project.overlap, seed=project.seed)
    made = replace(project, items=tuple(items), shares=shares)
    made.save()  # last: a folder without it is no project
    return made


def relative_path(video: Path, folder: Path) -> str:
    """Return a path relative to a folder, with forward slashes; absolute where there is none."""
    try:
        return Path(os.path.relpath(video.absolute(), folder.absolute())).as_posix()
    except ValueError:  # another drive
        return video.absolute().as_posix()


def looker(
    videos: Sequence[Path], *, faces: bool, report: Callable[[Progress], None]
) -> Callable[[Path], SeenVideo]:
    """Return a function that looks at the videos one after the other, and tells how far it is."""
    looked = 0

    def look_at(video: Path) -> SeenVideo:
        nonlocal looked
        report(Progress("Looking at the videos", video.name, looked, len(videos), "videos"))
        looked += 1
        return faces_of(video, PrepareRecipe()) if faces else SeenVideo(length_of(video), ())

    return look_at
