"""Tables of answers and of the consensus, and the files that ``prepare`` reads as the corpus ``csv``."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from ferfusion.corpora.votes import VOTES_FILE
from ferfusion.errors import ConfigError
from ferfusion.files import read_json
from ferfusion.labelling.agreement import GRID_SECONDS, MISSING, NONE, Ratings
from ferfusion.labelling.answers import Answer, Mark
from ferfusion.labelling.consensus import DISCUSSION, MAJORITY, majority, read_decisions
from ferfusion.labelling.make import BOXES_FOLDER, relative_path
from ferfusion.labelling.project import STRETCHES, Item, Project
from ferfusion.tables import write_table

COLUMNS = ("path", "subject", "face", "label", "start", "end", "intensity", "rater", "note", "shown")
FACE_BOX = "face_box"
"""Column with a second of the row and the box of the face there: x, y, width and height in pixels."""
_KEYS = ("path", "start", "end", "face")
"""Columns of ``votes.csv`` that say which row is meant."""


def answer_table(project: Project, answers: Mapping[str, Mapping[str, Answer]]) -> pd.DataFrame:
    """Return a row per mark; a finished item without a mark has a row without a label."""
    rows = []
    for rater, of_rater in answers.items():
        for item_id, answer in of_rater.items():
            item = project.item(item_id)
            marks = answer.marks or ((None,) if answer.is_done else ())
            rows += [_row(item, mark, rater, "", answer.was_shown) for mark in marks]
    return _table(rows)


def consensus_table(project: Project, ratings: Ratings) -> pd.DataFrame:
    """Return a row per mark that holds, by a decision or by the majority of the raters."""
    return _table([row for _, row in _holding(project, ratings)])


def write_answers(file: Path, project: Project, answers: Mapping[str, Mapping[str, Answer]]) -> None:
    """Write the marks of all raters.

    Raises:
        ConfigError: there is none.
    """
    table = answer_table(project, answers)
    table = table[table["label"] != ""].reset_index(drop=True)
    _write(file, project, table, _items_of(project, answers))


def write_consensus(file: Path, project: Project, ratings: Ratings) -> None:
    """Write what holds, and the number of raters who chose each class as ``votes.csv`` beside it.

    Raises:
        ConfigError: nothing holds yet.
    """
    holding = _holding(project, ratings)
    table = _table([row for _, row in holding])
    _write(file, project, table, [item for item, _ in holding])
    names = [*project.classes.names, *([NONE] if project.marks == STRETCHES else [])]
    counts = pd.DataFrame([_votes(project, ratings, *one) for one in holding], columns=names)
    keys = table[[name for name in _KEYS if name == "path" or not table[name].isna().all()]]
    write_table(file.with_name(VOTES_FILE), pd.concat([keys, counts], axis="columns"))


def _write(file: Path, project: Project, table: pd.DataFrame, items: list[Item]) -> None:
    if table.empty:
        raise ConfigError(f"The project {project.folder.name} has no label to write yet")
    table["path"] = [relative_path(project.path_of(item), file.parent) for item in items]
    stand_ins = _stand_ins(project)
    table["subject"] = [item.subject or stand_ins[item.id] for item in items]
    stretches = zip(items, table["start"], table["end"], strict=True)
    table[FACE_BOX] = [_box_of(project, *stretch) for stretch in stretches]
    known = [name for name in table.columns if not table[name].isna().all() and (table[name] != "").any()]
    write_table(file, table[known])


def _stand_ins(project: Project) -> dict[str, str]:
    """Return a name for the unknown person of each item, by its id.

    Faces of a video that are seen at the same time are different people. A face that comes later can be one
    of them again, and has that name, so that two parts of a split never share a person.
    """
    of_video: dict[str, list[Item]] = defaultdict(list)
    for item in project.items:
        of_video[item.path].append(item)
    times = Counter(PurePosixPath(path).stem for path in of_video)
    names: dict[str, str] = {}
    for path, items in of_video.items():
        stem = PurePosixPath(path).stem
        name = stem if times[stem] == 1 else path
        people: list[list[Item]] = []
        for item in items:
            same = next((one for one in people if not any(_meet(item, face) for face in one)), None)
            if same is None:
                people.append(same := [])
            same.append(item)
        for number, one in enumerate(people):
            names |= {item.id: f"{name}-person{number}" if len(people) > 1 else name for item in one}
    return names


def _meet(item: Item, other: Item) -> bool:
    """Return whether two faces of a video are seen at the same time, as far as is known."""
    if item.seen is None or other.seen is None:
        return item.face != other.face
    return item.seen[0] <= other.seen[1] and other.seen[0] <= item.seen[1]


def _table(rows: list[list[Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"face": "Int64", "start": float, "end": float, "intensity": "Int64"})


def _row(item: Item, mark: Mark | None, rater: str, note: str, was_shown: bool) -> list[Any]:
    about = [item.path, item.subject, item.face]
    if mark is None:
        return [*about, "", None, None, None, rater, note, was_shown]
    return [
        *about, mark.label, mark.start, mark.end, mark.intensity, rater, note or mark.note, was_shown
    ]  # fmt: skip


def _holding(project: Project, ratings: Ratings) -> list[tuple[Item, list[Any]]]:
    """Return the items and rows that hold."""
    decisions = read_decisions(project)
    found = []
    places = {item.id: place for place, item in enumerate(ratings.items)}
    for item in project.items:
        if item.id in decisions:
            decision = decisions[item.id]
            found += [(item, _row(item, mark, DISCUSSION, decision.by, False)) for mark in decision.marks]
        elif item.id in places:
            marks = majority(project, ratings, places[item.id]) or ()
            found += [(item, _row(item, mark, MAJORITY, "", False)) for mark in marks]
    return found


def _items_of(project: Project, answers: Mapping[str, Mapping[str, Answer]]) -> list[Item]:
    """Return the item of each row with a label of ``answer_table``."""
    return [
        project.item(item_id)
        for of_rater in answers.values()
        for item_id, answer in of_rater.items()
        for _ in answer.marks
    ]


def _votes(project: Project, ratings: Ratings, item: Item, row: list[Any]) -> list[int]:
    """Return how many raters chose each class for a row: of a stretch, what each said for most of it."""
    places = {each.id: place for place, each in enumerate(ratings.items)}
    size = len(project.classes) + (project.marks == STRETCHES)
    if item.id not in places:
        return [0] * size
    units = ratings.classes[places[item.id]]
    if project.marks == STRETCHES:
        times = (np.arange(len(units)) + 0.5) * GRID_SECONDS
        units = units[(times >= row[COLUMNS.index("start")]) & (times < row[COLUMNS.index("end")])]
    counts = [0] * size
    for column in units.T:
        said = column[column != MISSING]
        if len(said):
            counts[int(np.bincount(said, minlength=size).argmax())] += 1
    return counts


def _box_of(project: Project, item: Item, start: float, end: float) -> str:
    """Return a second in the middle of a stretch and the face's box there as text; empty for a whole video.

    Where the face is not seen in the middle, it is the nearest second at which it is.
    """
    if item.face is None:
        return ""
    boxes = read_json(project.folder / BOXES_FOLDER / f"{item.id}.json", keys={"boxes": list})["boxes"]
    first, last = (boxes[0][0], boxes[-1][0]) if np.isnan(start) or np.isnan(end) else (start, end)
    nearest = min(boxes, key=lambda box: abs(box[0] - (first + last) / 2))
    return " ".join(f"{value:g}" for value in nearest)
