"""Small label projects for tests."""

from pathlib import Path
from typing import Any

from ferfusion.label_set import LabelSet
from ferfusion.labelling.project import Item, Project
from ferfusion.labelling.shares import divide

CLASSES = LabelSet(("joy", "anger", "calm"))


def write_project(
    folder: Path, *, items: int = 2, raters: tuple[str, ...] = ("Ann", "Ben"), **settings: Any
) -> Project:
    """A project of videos of 10 seconds that are not there, which all raters label."""
    made = tuple(
        Item(f"{number:04d}", f"clip{number}.mp4", f"s{number % 3}", seconds=10.0) for number in range(items)
    )
    shares = divide(made, raters, overlap=1.0, seed=0)
    project = Project(folder, CLASSES, **{"items": made, "shares": shares, **settings})
    project.save()
    return project
