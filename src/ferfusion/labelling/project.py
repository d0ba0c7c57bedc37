"""A label project on disk: ``project.json`` has the items, the classes, and which rater labels what."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ferfusion.errors import ConfigError, DatasetError, in_one_line
from ferfusion.files import read_json, write_json
from ferfusion.label_set import LabelSet
from ferfusion.recipe import has_type

PROJECT_FILE = "project.json"
SCHEMA = 1
STRETCHES, VIDEOS = "stretches", "videos"
_MOST_INTENSITIES = 10
_KEYS = MappingProxyType({"schema": int, "classes": list, "marks": str, "items": list, "raters": dict})
_KINDS_OF_ROW = MappingProxyType(
    {
        **{"classes": list[str], "marks": str, "intensities": int, "overlap": float, "seed": int},
        **{"items": list[dict[str, Any]], "raters": dict[str, list[str]]},
    }
)
_KINDS_OF_ITEM = MappingProxyType({"id": str, "path": str, "subject": str, "seconds": float, "reason": str})
LONGEST_SECONDS = 1e6
"""Eleven days: units of a tenth of a second fit into memory."""
_MOST_FACES = 1_000_000
_ID = re.compile(r"[\w-]{1,60}")
_RATER = re.compile(r"[^\W_][\w .-]{0,59}")
_RESERVED = frozenset("con prn aux nul com1 com2 com3 com4 lpt1 lpt2 lpt3".split())


@dataclass(frozen=True)
class Item:
    """What one rater labels at a time: a video, or a face of it.

    Attributes:
        id: Its name in the project.
        path: The video, relative to the project's folder if it lies beside or below it.
        subject: The person; empty if that is not known.
        face: Number of the face in the video; None where the video is labelled as a whole.
        seconds: Length of the video.
        seen: First and last second at which the face is seen.
        reason: Why it is in the project, such as a model's doubt; empty if there is no special reason.
    """

    id: str
    path: str
    subject: str = ""
    face: int | None = None
    seconds: float = 0.0
    seen: tuple[float, float] | None = None
    reason: str = ""


@dataclass(frozen=True)
class Project:
    """A label project.

    Attributes:
        folder: Its folder.
        classes: The classes, in the order of their keys.
        marks: ``stretches`` of the items are labelled, or whole ``videos``.
        intensities: Steps of intensity, from 1; 0: no intensity is asked for.
        overlap: Share of the videos that all raters label.
        seed: Seed of the shares.
        items: The items.
        shares: Ids of the items of each rater, in the order in which the rater sees them.

    Raises:
        ConfigError: a setting cannot be used.
    """

    folder: Path
    classes: LabelSet
    marks: str = STRETCHES
    intensities: int = 5
    overlap: float = 1.0
    seed: int = 0
    items: tuple[Item, ...] = ()
    shares: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.marks not in (STRETCHES, VIDEOS):
            raise ConfigError(f"marks must be {STRETCHES} or {VIDEOS}, got {self.marks!r}")
        if not 0 <= self.intensities <= _MOST_INTENSITIES:
            raise ConfigError(f"intensities must be 0 to {_MOST_INTENSITIES}, got {self.intensities}")
        if not 0 <= self.overlap <= 1:
            raise ConfigError(f"overlap must be 0 to 1, got {self.overlap:g}")
        check_raters(tuple(self.shares))

    @property
    def raters(self) -> tuple[str, ...]:
        """Names of the raters."""
        return tuple(self.shares)

    def item(self, item_id: str) -> Item:
        """Return an item.

        Raises:
            ConfigError: there is no such item.
        """
        for item in self.items:
            if item.id == item_id:
                return item
        raise ConfigError(f"The project {self.folder.name} has no item {item_id!r}")

    def share_of(self, rater: str) -> tuple[Item, ...]:
        """Return the items of a rater, in their order.

        Raises:
            ConfigError: the project has no such rater.
        """
        if rater not in self.shares:
            names = ", ".join(self.raters) or "none"
            raise ConfigError(f"The project {self.folder.name} has no rater {rater!r}; it has {names}")
        by_id = {item.id: item for item in self.items}
        return tuple(by_id[item_id] for item_id in self.shares[rater])

    def path_of(self, item: Item) -> Path:
        """Return the video of an item."""
        return self.folder / item.path

    def with_rater(self, rater: str) -> "Project":
        """Return the project with another rater, who labels all items."""
        return replace(self, shares={**self.shares, rater: tuple(item.id for item in self.items)})

    def save(self) -> None:
        """Write ``project.json``, whole or not at all."""
        row = {
            "schema": SCHEMA,
            "classes": list(self.classes.names),
            "marks": self.marks,
            "intensities": self.intensities,
            "overlap": self.overlap,
            "seed": self.seed,
            "items": [asdict(item) for item in self.items],
            "raters": {rater: list(share) for rater, share in self.shares.items()},
        }
        write_json(self.folder / PROJECT_FILE, row)


def check_raters(raters: tuple[str, ...]) -> None:
    """Check names of raters, which are names of files too.

    Raises:
        ConfigError: one cannot be the name of a file on every system, or two differ in case alone.
    """
    for name in raters:
        is_file_name = isinstance(name, str) and _RATER.fullmatch(name) and name == name.strip(" .")
        if not is_file_name or name.split(".")[0].casefold() in _RESERVED:
            raise ConfigError(
                "A rater's name has at most 60 letters, digits, blanks and . _ -, and begins with a letter "
                f"or digit, got {name!r:.80}"
            )
    if len({name.casefold() for name in raters}) != len(raters):
        raise ConfigError(f"Names of raters must differ in more than case, got {', '.join(raters)}")


def read_project(folder: Path) -> Project:
    """Read a project.

    Raises:
        DatasetError: there is none, or its file is damaged or of another version.
    """
    if not (folder / PROJECT_FILE).is_file():
        raise DatasetError(f"{folder} is no label project: it has no {PROJECT_FILE}")
    row = read_json(folder / PROJECT_FILE, keys=_KEYS, advice="copy it from a backup")
    if row["schema"] != SCHEMA:
        raise DatasetError(f"{folder} is a label project of version {row['schema']}, not {SCHEMA}")
    try:
        _check_kinds(row, _KINDS_OF_ROW)
        project = Project(
            folder,
            LabelSet(tuple(row["classes"])),
            row["marks"],
            row["intensities"],
            row["overlap"],
            row["seed"],
            tuple(map(_item, row["items"])),
            {rater: tuple(share) for rater, share in row["raters"].items()},
        )
        _check_shares(project)
    except (KeyError, TypeError, ValueError, ConfigError) as error:
        raise DatasetError(f"{folder / PROJECT_FILE} is damaged: {in_one_line(error)}") from error
    return project


def _item(row: Mapping[str, Any]) -> Item:
    known = {each.name: row[each.name] for each in fields(Item)}
    seen, face = known["seen"], known["face"]
    _check_kinds(known, _KINDS_OF_ITEM)
    is_seen = seen is None or (
        has_type(seen, list[float]) and len(seen) == 2 and all(abs(each) <= LONGEST_SECONDS for each in seen)
    )
    if not is_seen or not (face is None or (has_type(face, int) and 0 <= face <= _MOST_FACES)):
        raise ValueError(f"the item {known['id']:.80} has no such face")
    if not 0 <= known["seconds"] <= LONGEST_SECONDS:
        raise ValueError(f"the item {known['id']:.80} lasts {known['seconds']!r:.80} s")
    return Item(**{**known, "seen": None if seen is None else tuple(seen)})


def _check_kinds(row: Mapping[str, Any], kinds: Mapping[str, Any]) -> None:
    for name, kind in kinds.items():
        if not has_type(row[name], kind):
            raise ValueError(f"{name} has another type")


def _check_shares(project: Project) -> None:
    ids = [item.id for item in project.items]
    if len(set(ids)) < len(ids) or not all(map(_ID.fullmatch, ids)):
        raise ValueError("two items have one id, or an id is none")
    for rater, share in project.shares.items():
        if len(set(share)) < len(share) or not set(share) <= set(ids):
            raise ValueError(f"the share of {rater:.80} has an item twice, or one that is not there")
