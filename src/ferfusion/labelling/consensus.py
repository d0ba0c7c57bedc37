"""What the raters agree on: the majority of their answers, or what they decided in a discussion.

The first answers stay as they are. Decisions are in a file of their own, ``consensus.jsonl``, which only
grows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from itertools import pairwise
from threading import Lock
from types import MappingProxyType
from typing import Any

import numpy as np

from ferfusion.errors import ConfigError, DatasetError, in_one_line
from ferfusion.files import parse_json
from ferfusion.labelling.agreement import GRID_SECONDS, MISSING, Ratings
from ferfusion.labelling.answers import Mark, append_line, check_mark, mark_of, whole_lines
from ferfusion.labelling.project import STRETCHES, Item, Project
from ferfusion.recipe import has_type

DECISIONS_FILE = "consensus.jsonl"
MAJORITY, DISCUSSION = "majority", "discussion"
_LONGEST_NAME = 200
_KINDS: Mapping[str, Any] = MappingProxyType({"item": str, "marks": list[dict[str, Any]], "by": str})


@dataclass(frozen=True)
class Decision:
    """What was decided on an item in a discussion.

    Attributes:
        marks: The marks; none says that nothing is to be marked.
        by: Who decided.
    """

    marks: tuple[Mark, ...]
    by: str


_LOCK = Lock()


def decide(project: Project, item: str, marks: Sequence[Mark], *, by: str) -> None:
    """Write down what was decided on an item.

    Args:
        project: The project.
        item: Id of the item.
        marks: The marks that hold.
        by: Who decided, such as the names of those who discussed it.

    Raises:
        ConfigError: there is no such item, or a mark cannot be used.
    """
    if not 0 < len(by.strip()) <= _LONGEST_NAME:
        raise ConfigError(f"Say who decided, in 1 to {_LONGEST_NAME} characters, got {by!r:.80}")
    _check(project, item, marks)
    row: dict[str, Any] = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "item": item,
        "marks": [asdict(mark) for mark in marks],
        "by": by.strip(),
        "how": DISCUSSION,
    }
    with _LOCK:
        append_line(project.folder / DECISIONS_FILE, json.dumps(row, ensure_ascii=False) + "\n")


def _check(project: Project, item: str, marks: Sequence[Mark]) -> None:
    """Check the marks of a decision.

    Raises:
        ConfigError: there is no such item, or a mark cannot be used.
    """
    known = project.item(item)
    for place, mark in enumerate(marks):
        check_mark(project, known, mark, marks[:place])
    if project.marks != STRETCHES and len(marks) > 1:
        raise ConfigError(f"A whole video has one label, got {len(marks)}")


def read_decisions(project: Project) -> dict[str, Decision]:
    """Return the last decision on each item.

    Raises:
        DatasetError: the file is damaged.
    """
    file = project.folder / DECISIONS_FILE
    found = {}
    for number, line in enumerate(whole_lines(file), 1):
        try:
            row = parse_json(line.decode("utf-8"))
            if not all(has_type(row[name], kind) for name, kind in _KINDS.items()):
                raise ValueError("a value has another type")
            found[row["item"]] = Decision(tuple(map(mark_of, row["marks"])), row["by"])
            _check(project, row["item"], found[row["item"]].marks)
        except (ValueError, TypeError, KeyError, ConfigError) as error:
            raise DatasetError(f"{file} is damaged in line {number}: {in_one_line(error)}") from error
    return found


def majority(project: Project, ratings: Ratings, place: int) -> tuple[Mark, ...] | None:
    """Return what more than half of the raters of an item have said; None if they say nothing together.

    What all say exactly, or the only rater, holds as it is. Of other stretches, each tenth of a second is
    decided by itself. The intensity is the median of those who gave one there, rounded to the lower step.

    Args:
        project: The project.
        ratings: The finished answers.
        place: Number of the item in ``ratings``.
    """
    if (same := ratings.same[place]) is not None:
        return same
    units, strengths = ratings.classes[place], ratings.intensities[place]
    raters = (units != MISSING).sum(axis=1)
    counts = np.stack([(units == code).sum(axis=1) for code in range(len(project.classes) + 1)], axis=1)
    best = counts.argmax(axis=1)
    is_decided = 2 * counts.max(axis=1) > raters
    if project.marks != STRETCHES:
        if not is_decided[0]:
            return None
        agreeing = units[0] == best[0]
        return (Mark(1, project.classes.names[best[0]], intensity=_median(strengths[0][agreeing])),)
    if not is_decided.any():
        return None
    codes = np.where(is_decided, best, len(project.classes))
    marks: list[Mark] = []
    for start, end in _stretches(codes):
        if codes[start] < len(project.classes):
            agreeing = strengths[start:end][units[start:end] == codes[start]]
            ends = start * GRID_SECONDS, min(end * GRID_SECONDS, ratings.items[place].seconds)
            label = project.classes.names[codes[start]]
            marks.append(Mark(len(marks) + 1, label, round(ends[0], 6), round(ends[1], 6), _median(agreeing)))
    return tuple(marks)


def _stretches(codes: np.ndarray[Any, Any]) -> list[tuple[int, int]]:
    """Return first and end of each run of equal codes.

    >>> _stretches(np.array([0, 0, 2]))
    [(0, 2), (2, 3)]
    """
    borders = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes)]
    return list(pairwise(borders))


def _median(strengths: np.ndarray[Any, Any]) -> int | None:
    given = np.sort(strengths[strengths != MISSING])
    return int(given[(len(given) - 1) // 2]) + 1 if len(given) else None


def undecided(project: Project, ratings: Ratings, decisions: Mapping[str, Decision]) -> list[Item]:
    """Return the items of two or more raters that have neither a majority nor a decision."""
    found = []
    for place, item in enumerate(ratings.items):
        raters = int((ratings.classes[place] != MISSING).any(axis=0).sum())
        if raters > 1 and item.id not in decisions and majority(project, ratings, place) is None:
            found.append(item)
    return found


def marks_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Mark, ...]:
    """Return the marks of a decision.

    Raises:
        ConfigError: a row has no label, or another value than a mark has.
    """
    names = {each.name for each in fields(Mark)} - {"id"}
    for row in rows:
        if "label" not in row or set(row) - names - {"id"}:
            raise ConfigError(f"A mark has label, start, end, intensity and note, got {', '.join(row)}")
    return tuple(
        Mark(number, **{name: row[name] for name in names if name in row})
        for number, row in enumerate(rows, 1)
    )
