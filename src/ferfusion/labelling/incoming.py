"""Answers that come from elsewhere: rows of a table become marks of a rater of the project."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ferfusion.errors import ConfigError
from ferfusion.files import target_of
from ferfusion.label_set import emotion_of_word
from ferfusion.labelling.answers import Answer, Answers, Mark
from ferfusion.labelling.project import STRETCHES, Item, Project

ADDED, THERE, LEFT_OUT = "added", "there already", "left out"
_SAME_SECONDS, _SLACK_SECONDS = 1e-3, 0.1


@dataclass(frozen=True)
class IncomingRow:
    """A row of a table of answers.

    Attributes:
        line: Its line in the file.
        path: The video as the row names it; empty if the table has none.
        label: The word for the class; empty says that the item is finished and has no mark.
        rater: Who labelled.
        face: Number of the face; None if the row names none.
        subject: The person, or another word that can say which face is meant; empty if there is none.
        start: First second of the stretch; None for the whole item.
        end: Its last second.
        intensity: From 1; None if none is given.
        note: A remark.
        found: The file of ``path``, if it is on this disk.
        wrong: Why the row cannot be used; empty if it can.
    """

    line: int
    path: str
    label: str
    rater: str
    face: int | None = None
    subject: str = ""
    start: float | None = None
    end: float | None = None
    intensity: int | None = None
    note: str = ""
    found: Path | None = None
    wrong: str = ""


@dataclass(frozen=True)
class TakenRow:
    """What became of a row: ``added``, ``there already``, or ``left out`` with the reason."""

    row: IncomingRow
    item: str
    status: str
    reason: str = ""


def take_rows(project: Project, rows: Sequence[IncomingRow]) -> list[TakenRow]:
    """Add the answers of some rows, and finish their items; what is there already stays as it is.

    Args:
        project: The project, which has all raters of the rows.
        rows: The rows.

    Returns:
        What became of each row, in their order.
    """
    answers = {rater: Answers(project, rater) for rater in dict.fromkeys(row.rater for row in rows)}
    taken = [_take_row(project, answers[row.rater], row) for row in rows]
    _finish(answers, taken)
    return taken


def _take_row(project: Project, answers: Answers, row: IncomingRow) -> TakenRow:
    item_id = ""
    try:
        item = find_item(project, row)
        item_id = item.id
        return TakenRow(row, item_id, _take(project, answers, item, row))
    except ConfigError as error:
        return TakenRow(row, item_id, LEFT_OUT, str(error))


def find_item(project: Project, row: IncomingRow) -> Item:
    """Return the item of a row: of the same file, or else of the only video of that name; then the face.

    Raises:
        ConfigError: there is none, or there are several; the message is the reason.
    """
    if row.wrong:
        raise ConfigError(row.wrong)
    items = _of_video(project, row)
    if not items:
        raise ConfigError(f"the project has no video {row.path!r:.80}")
    if row.face is not None:
        of_face = [item for item in items if item.face == row.face]
        if not of_face and len(items) == 1 and items[0].face is None:
            raise ConfigError(f"the project labels {items[0].path} as a whole, and the row a face of it")
        items = of_face
    elif len(items) > 1 and row.subject:
        items = [item for item in items if item.subject and item.subject == row.subject] or items
    if len(items) == 1:
        return items[0]
    if not items:
        raise ConfigError(f"the project has no face {row.face} of {row.path!r:.80}")
    faces = ", ".join(str(item.face) for item in items)
    raise ConfigError(f"the video has the faces {faces}, and the row names none of them")


def class_of(project: Project, word: str) -> str:
    """Return the class of the project that a word stands for.

    Raises:
        ConfigError: none does, or several do.
    """
    classes = project.classes
    named = classes.named(word) or classes.named(emotion_of_word(word))
    if len(named) != 1:
        raise ConfigError(f"{word!r:.80} is no class of the project; it has {', '.join(classes.names)}")
    return named[0]


def _of_video(project: Project, row: IncomingRow) -> list[Item]:
    if row.found is not None:
        wanted = target_of(row.found)
        same = [item for item in project.items if target_of(project.path_of(item)) == wanted]
        if same:
            return same
    name = _name(row.path)
    of_name = [item for item in project.items if _name(item.path) == name]
    if len({item.path for item in of_name}) > 1:
        raise ConfigError(f"the project has several videos of the name {name}")
    return of_name


def _name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].casefold()


def _take(project: Project, answers: Answers, item: Item, row: IncomingRow) -> str:
    state = answers.read()
    if item.id not in state:
        raise ConfigError(f"the item {item.id} is not in the share of {row.rater}")
    marks = state[item.id].marks
    if not row.label:
        return _unmarked(project, state[item.id])
    label = class_of(project, row.label)
    start, end = _within(item, row.start), _within(item, row.end)
    if project.marks != STRETCHES:
        start = end = None
    wanted = Mark(0, label, start, end, row.intensity, row.note)
    if any(_are_same(mark, wanted) for mark in marks):
        return THERE
    if project.marks != STRETCHES and marks:
        raise ConfigError(f"{row.rater} has said {marks[0].label} already")
    answers.mark(item.id, label, start, end, intensity=row.intensity, note=row.note)
    return ADDED


def _unmarked(project: Project, answer: Answer) -> str:
    if project.marks != STRETCHES:
        raise ConfigError("the label is empty")
    if answer.marks:
        raise ConfigError("the row says that nothing is marked, and there are marks already")
    return THERE if answer.is_done else ADDED


def _within(item: Item, seconds: float | None) -> float | None:
    """Return a time, at most the end of the video: programs differ by some frames in its length."""
    if seconds is not None and item.seconds < seconds <= item.seconds + _SLACK_SECONDS:
        return item.seconds
    return seconds


def _are_same(mark: Mark, other: Mark) -> bool:
    if replace(mark, id=0, start=None, end=None) != replace(other, id=0, start=None, end=None):
        return False
    pairs = ((mark.start, other.start), (mark.end, other.end))
    return all(
        one == two or (one is not None and two is not None and abs(one - two) < _SAME_SECONDS)
        for one, two in pairs
    )


def _finish(answers: Mapping[str, Answers], taken: Iterable[TakenRow]) -> None:
    """Finish the items of which every row was taken."""
    by_item: dict[tuple[str, str], list[TakenRow]] = {}
    for one in taken:
        if one.item:
            by_item.setdefault((one.row.rater, one.item), []).append(one)
    for (rater, item), rows in by_item.items():
        if all(row.status != LEFT_OUT for row in rows):
            answers[rater].done(item)
