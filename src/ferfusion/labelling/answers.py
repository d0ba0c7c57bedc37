"""The answers of one rater: a file that only grows, so that nothing is lost when a process is killed.

Each line is one act as JSON. The state is what the acts amount to; undoing appends an act too. A last line
that a killed process has half written is not counted, and is cut off before the next one is written.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any

from ferfusion.errors import ConfigError, DatasetError, file_errors, in_one_line
from ferfusion.files import parse_json
from ferfusion.labelling.project import LONGEST_SECONDS, STRETCHES, Item, Project
from ferfusion.outputs import only_writer_of_file
from ferfusion.recipe import has_type

MARK, REMOVE, DONE, SHOWN, UNDO = "mark", "remove", "done", "shown", "undo"
_KINDS: Mapping[str, Mapping[str, type]] = MappingProxyType(
    {
        MARK: {"item": str, "mark": dict},
        REMOVE: {"item": str, "mark": int},
        DONE: {"item": str, "done": bool},
        SHOWN: {"item": str},
        UNDO: {"of": int},
    }
)
"""What each act has."""
_LONGEST_NOTE = 1_000
_SLACK_SECONDS = 1e-3


@dataclass(frozen=True)
class Mark:
    """What a rater says of an item.

    Attributes:
        id: Its number among the marks of the rater, from 1.
        label: The class.
        start: First second of a stretch; None for the whole item.
        end: Its last second.
        intensity: From 1; None if none is given.
        note: A remark.
    """

    id: int
    label: str
    start: float | None = None
    end: float | None = None
    intensity: int | None = None
    note: str = ""


_MAY_BE_NONE = ("start", "end", "intensity")
_KINDS_OF_MARK: Mapping[str, type] = MappingProxyType(
    {"id": int, "label": str, "start": float, "end": float, "intensity": int, "note": str}
)


@dataclass(frozen=True)
class Answer:
    """What a rater has said of one item.

    Attributes:
        marks: The marks, in the order of their time.
        is_done: The rater has finished the item.
        was_shown: The rater has seen the answer of a model, or of others, before finishing it or changing it
            again.
    """

    marks: tuple[Mark, ...] = ()
    is_done: bool = False
    was_shown: bool = False


NO_ANSWER = Answer()


class Answers:
    """The answers of a rater of a project, as they are on the disk now.

    Args:
        project: The project.
        rater: Name of the rater.

    Raises:
        ConfigError: the project has no such rater.
    """

    def __init__(self, project: Project, rater: str) -> None:
        self._items = {item.id: item for item in project.share_of(rater)}
        self._project, self.rater = project, rater
        self._file = project.folder / "answers" / f"{rater}.jsonl"
        self._lock = _LOCKS.setdefault(str(self._file), Lock())

    def read(self) -> dict[str, Answer]:
        """Return the answer to each item of the rater, in the rater's order.

        Raises:
            DatasetError: a line of the file is damaged, other than the last.
        """
        return self._state(self._acts())

    def mark(
        self,
        item: str,
        label: str,
        start: float | None = None,
        end: float | None = None,
        *,
        intensity: int | None = None,
        note: str = "",
        mark: int | None = None,
    ) -> Mark:
        """Label an item or a stretch of it, and return the mark.

        Args:
            item: Id of the item.
            label: A class of the project.
            start: First second of the stretch.
            end: Its last second.
            intensity: From 1 to the project's number of steps.
            note: A remark.
            mark: Id of the mark that this one replaces.

        Raises:
            ConfigError: a value cannot be used, or the stretch overlaps another of the same rater.
        """
        with self._alone():
            acts = self._acts()
            marks = self._state(acts)[self._known(item).id].marks
            if mark is not None and mark not in [each.id for each in marks]:
                raise ConfigError(f"The item {item} has no mark {mark}")
            is_whole = self._project.marks != STRETCHES
            if is_whole and mark is None and marks:
                mark = marks[0].id  # a video has one label
            number = mark if mark is not None else 1 + sum(act["action"] == MARK for act in acts)
            new = Mark(number, label, start, end, intensity, note)
            check_mark(self._project, self._items[item], new, [each for each in marks if each.id != number])
            self._append({"action": MARK, "item": item, "mark": asdict(new)})
        return new

    def remove(self, item: str, mark: int) -> None:
        """Remove a mark.

        Raises:
            ConfigError: the item has no such mark.
        """
        with self._alone():
            if mark not in [each.id for each in self._state(self._acts())[self._known(item).id].marks]:
                raise ConfigError(f"The item {item} has no mark {mark}")
            self._append({"action": REMOVE, "item": item, "mark": mark})

    def done(self, item: str, *, is_done: bool = True) -> None:
        """Say that an item is finished, or is not.

        Raises:
            ConfigError: the rater has no such item, or the whole video has no label yet.
        """
        with self._alone():
            answer = self._state(self._acts())[self._known(item).id]
            if is_done and self._project.marks != STRETCHES and not answer.marks:
                raise ConfigError(f"The item {item} has no label yet; give one, then finish it")
            if answer.is_done != is_done:
                self._append({"action": DONE, "item": item, "done": is_done})

    def show(self, item: str) -> None:
        """Note that the rater sees the answer of a model, or of others, to an item."""
        with self._alone():
            self._known(item)
            if not any(act["action"] == SHOWN and act["item"] == item for act in self._acts()):
                self._append({"action": SHOWN, "item": item})

    def undo(self) -> str | None:
        """Undo the last act that is not undone, and return its item; None if there is none.

        That a model's answer was shown cannot be undone.
        """
        with self._alone():
            acts = self._acts()
            left = [act for act in _effective(acts) if act["action"] != SHOWN]
            if not left:
                return None
            self._append({"action": UNDO, "of": left[-1]["line"]})
            return str(left[-1]["item"])

    @property
    def undoable(self) -> int:
        """Number of acts that can be undone."""
        return sum(act["action"] != SHOWN for act in _effective(self._acts()))

    def _known(self, item: str) -> Item:
        if item not in self._items:
            raise ConfigError(f"{self.rater} has no item {item!r} in this project")
        return self._items[item]

    def _state(self, acts: list[dict[str, Any]]) -> dict[str, Answer]:
        marks: dict[str, dict[int, Mark]] = {item: {} for item in self._items}
        done: dict[str, bool] = {}
        seen: set[str] = set()
        shown: set[str] = set()
        for act in _effective(acts):
            item, action = act["item"], act["action"]
            if item not in marks:
                continue
            if action == MARK:
                made = mark_of(act["mark"])
                marks[item][made.id] = made
                shown |= {item} & seen
            elif action == REMOVE:
                marks[item].pop(act["mark"], None)
                shown |= {item} & seen
            elif action == DONE:
                done[item] = act["done"]
            elif action == SHOWN:
                seen.add(item)
                shown |= set() if done.get(item, False) else {item}
        return {
            item: Answer(
                tuple(sorted(of_item.values(), key=lambda mark: (mark.start or 0.0, mark.id))),
                done.get(item, False),
                item in shown,
            )
            for item, of_item in marks.items()
        }

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads and processes from writing the file."""
        with self._lock, only_writer_of_file(self._file):
            yield

    def _acts(self) -> list[dict[str, Any]]:
        acts = []
        for number, line in enumerate(whole_lines(self._file), 1):
            try:
                act = parse_json(line.decode("utf-8"))
                is_whole = all(has_type(act[name], kind) for name, kind in _KINDS[act["action"]].items())
                if is_whole and act["action"] == MARK and act["item"] in self._items:
                    check_mark(self._project, self._items[act["item"]], mark_of(act["mark"]), ())
            except (ValueError, TypeError, KeyError, ConfigError) as error:
                raise DatasetError(
                    f"{self._file} is damaged in line {number}: {in_one_line(error)}"
                ) from error
            if not is_whole:
                raise DatasetError(f"{self._file} is damaged in line {number}: a value has another type")
            acts.append({**act, "line": number})
        return acts

    def _append(self, act: Mapping[str, Any]) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"time": now, **act}, ensure_ascii=False, allow_nan=False) + "\n"
        append_line(self._file, line)


def mark_of(row: Mapping[str, Any]) -> Mark:
    """Return a mark as a file has it.

    Raises:
        ValueError: a value is missing, or has another type.
    """
    for name, kind in _KINDS_OF_MARK.items():
        value = row.get(name)
        is_right = has_type(value, kind) or (value is None and name in _MAY_BE_NONE)
        if (
            name not in row
            or not is_right
            or (kind is float and value is not None and not abs(value) <= LONGEST_SECONDS)
        ):
            raise ValueError(f"the {name} of a mark is {value!r:.80}")
    return Mark(**{name: row[name] for name in _KINDS_OF_MARK})


def check_mark(project: Project, item: Item, mark: Mark, others: Iterable[Mark]) -> None:
    """Check a mark of an item beside the others of the same rater.

    Raises:
        ConfigError: a value cannot be used, or the stretch overlaps another.
    """
    project.classes.code(mark.label)
    if mark.intensity is not None and not 1 <= mark.intensity <= project.intensities:
        wanted = f"must be 1 to {project.intensities}" if project.intensities else "is not asked for here"
        raise ConfigError(f"intensity {wanted}, got {mark.intensity}")
    if len(mark.note) > _LONGEST_NOTE:
        raise ConfigError(f"A note has at most {_LONGEST_NOTE:,} characters, got {len(mark.note):,}")
    if project.marks != STRETCHES:
        if mark.start is not None or mark.end is not None:
            raise ConfigError("This project labels whole videos; give no start and end")
        return
    if mark.start is None or mark.end is None:
        raise ConfigError("This project labels stretches; give start and end in seconds")
    if not 0 <= mark.start < mark.end <= item.seconds + _SLACK_SECONDS:
        raise ConfigError(
            f"A stretch begins before it ends, within the {item.seconds:.2f} s of the video, got "
            f"{mark.start:g} to {mark.end:g} s"
        )
    for other in others:
        assert other.start is not None
        assert other.end is not None
        if mark.start < other.end - _SLACK_SECONDS and other.start < mark.end - _SLACK_SECONDS:
            raise ConfigError(
                f"The stretch {mark.start:g} to {mark.end:g} s overlaps {other.label}, {other.start:g} to "
                f"{other.end:g} s; change or remove that one first"
            )


_LOCKS: dict[str, Lock] = {}
"""A lock for each file, within this process."""


def whole_lines(file: Path) -> list[bytes]:
    """Return the lines of a file that only grows; half a line at its end is not counted.

    Raises:
        FileError: the file cannot be read.
    """
    if not file.is_file():
        return []
    with file_errors(file):
        return file.read_bytes().split(b"\n")[:-1]


def append_line(file: Path, line: str) -> None:
    """Append a line to a file and wait until the disk has it; half a line at its end is cut off before.

    Raises:
        FileError: the file cannot be written.
    """
    with file_errors(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a+b") as out:
            out.seek(0)
            content = out.read()
            if not content.endswith(b"\n"):
                out.truncate(content.rfind(b"\n") + 1)
            out.seek(0, os.SEEK_END)
            out.write(line.encode("utf-8", "backslashreplace"))
            out.flush()
            os.fsync(out.fileno())


def _effective(acts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the acts that are not undone."""
    undone = {act["of"] for act in acts if act["action"] == UNDO}
    for act in acts:
        if act["action"] != UNDO and act["line"] not in undone:
            yield act
