"""Label projects: several people label videos; their answers, agreement and consensus."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferfusion.api.agreements import Agreement
from ferfusion.api.probes import find_videos
from ferfusion.api.settings import PathOrText, as_folder, as_new_file, as_path
from ferfusion.errors import ConfigError, file_errors
from ferfusion.progress import ShowProgress, shown
from ferfusion.reporting.words import counted

if TYPE_CHECKING:
    import pandas as pd

    from ferfusion.labelling.answers import Answer, Answers, Mark
    from ferfusion.labelling.project import Project


@dataclass(frozen=True, repr=False, eq=False)
class Labels:
    """A label project, as it is on the disk; made by ``labels``.

    Attributes:
        folder: Its folder.
    """

    folder: Path

    @property
    def _project(self) -> "Project":
        from ferfusion.labelling.project import read_project  # noqa: PLC0415

        return read_project(self.folder)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of their keys."""
        return self._project.classes.names

    @property
    def colours(self) -> dict[str, str]:
        """The colour of each class on all pages, such as ``#f0c419``."""
        from ferfusion.reporting.colours import colours_of  # noqa: PLC0415

        return colours_of(self._project.classes)

    @property
    def marks(self) -> str:
        """What is labelled: ``stretches`` of the items, or whole ``videos``."""
        return self._project.marks

    @property
    def intensities(self) -> int:
        """Steps of intensity, from 1; 0: none is asked for."""
        return self._project.intensities

    @property
    def raters(self) -> tuple[str, ...]:
        """Names of the raters."""
        return self._project.raters

    @property
    def items(self) -> "pd.DataFrame":
        """A row per item: ``item, path, subject, face, seconds, reason``."""
        import pandas as pd  # noqa: PLC0415

        names = ("id", "path", "subject", "face", "seconds", "reason")
        rows = [[getattr(item, name) for name in names] for item in self._project.items]
        return pd.DataFrame(rows, columns=["item", *names[1:]])

    @property
    def progress(self) -> "pd.DataFrame":
        """A row per rater: ``rater, items, done, marks, shown`` (items whose model's answer was seen)."""
        import pandas as pd  # noqa: PLC0415

        rows = []
        for rater in self.raters:
            answers = self._answers(rater).read().values()
            done, shown_ = (sum(getattr(one, name) for one in answers) for name in ("is_done", "was_shown"))
            rows.append([rater, len(answers), done, sum(len(one.marks) for one in answers), shown_])
        return pd.DataFrame(rows, columns=["rater", "items", "done", "marks", "shown"])

    def answers(self, rater: str | None = None) -> "pd.DataFrame":
        """Return a row per mark, of one rater or of all; a finished item without a mark has an empty label.

        Returns:
            Columns ``path, subject, face, label, start, end, intensity, rater, note, shown``.

        Raises:
            ConfigError: the project has no such rater.
        """
        from ferfusion.labelling.written_tables import answer_table  # noqa: PLC0415 pandas

        project = self._project
        names = project.raters if rater is None else (rater,)
        return answer_table(project, {name: self._answers(name).read() for name in names})

    def state(self, rater: str) -> dict[str, Any]:
        """Return what a rater sees: the items in the rater's order, with their marks.

        Returns:
            ``items``, each with ``id, path, subject, face, seconds, seen, reason, done, shown, marks``, and
            ``undoable``, the number of acts that can be undone.

        Raises:
            ConfigError: the project has no such rater.
        """
        answers = self._answers(rater)
        found = answers.read()
        items = []
        for item in self._project.share_of(rater):
            answer = found[item.id]
            marks = [asdict(mark) for mark in answer.marks]
            about = {"done": answer.is_done, "shown": answer.was_shown, "marks": marks}
            items.append({**asdict(item), **about})
        return {"rater": rater, "items": items, "undoable": answers.undoable}

    def source(self, item: str) -> Path:
        """Return the video of an item.

        Raises:
            ConfigError: there is no such item.
        """
        project = self._project
        return project.path_of(project.item(item))

    def boxes(self, item: str) -> list[list[float]]:
        """Return the boxes of an item's face: second, x, y, width, height in pixels; empty for a whole video.

        Raises:
            ConfigError: there is no such item.
        """
        from ferfusion.files import read_json  # noqa: PLC0415
        from ferfusion.labelling.make import BOXES_FOLDER  # noqa: PLC0415 cv2

        if self._project.item(item).face is None:
            return []
        found: list[list[float]] = read_json(
            self.folder / BOXES_FOLDER / f"{item}.json", keys={"boxes": list}
        )["boxes"]
        return found

    @file_errors()
    def add_rater(self, rater: str) -> None:
        """Add a rater, who labels all items.

        Raises:
            ConfigError: the name cannot be used, or is taken.
        """
        from ferfusion.outputs import only_writer  # noqa: PLC0415

        with only_writer(self.folder):
            project = self._project
            if rater in project.shares:
                raise ConfigError(f"The project has a rater {rater!r} already")
            project.with_rater(rater).save()

    @file_errors()
    def mark(
        self,
        rater: str,
        item: str,
        label: str,
        start: float | None = None,
        end: float | None = None,
        *,
        intensity: int | None = None,
        note: str = "",
        mark: int | None = None,
    ) -> "Mark":
        """Label an item, or a stretch of it from ``start`` to ``end`` in seconds; it is on the disk at once.

        Args:
            rater: Name of the rater.
            item: Id of the item.
            label: A class of the project.
            start: First second of the stretch; None where whole videos are labelled.
            end: Its last second.
            intensity: From 1 to ``intensities``.
            note: A remark.
            mark: Id of the mark that this one replaces.

        Raises:
            ConfigError: a value cannot be used, or the stretch overlaps another of the same rater.
        """
        return self._answers(rater).mark(item, label, start, end, intensity=intensity, note=note, mark=mark)

    @file_errors()
    def remove(self, rater: str, item: str, mark: int) -> None:
        """Remove a mark.

        Raises:
            ConfigError: there is no such mark.
        """
        self._answers(rater).remove(item, mark)

    @file_errors()
    def done(self, rater: str, item: str, *, is_done: bool = True) -> None:
        """Say that a rater has finished an item, or has not.

        Raises:
            ConfigError: the rater has no such item, or the whole video has no label yet.
        """
        self._answers(rater).done(item, is_done=is_done)

    @file_errors()
    def show(self, rater: str, item: str) -> None:
        """Note that a rater sees the answer of a model, or of others, to an item."""
        self._answers(rater).show(item)

    @file_errors()
    def undo(self, rater: str) -> str | None:
        """Undo the last act of a rater, and return its item; None if there is nothing to undo."""
        return self._answers(rater).undo()

    @file_errors()
    def decide(self, item: str, marks: "Sequence[Mapping[str, Any]]", *, by: str) -> None:
        """Write down what was decided on an item in a discussion; the first answers stay as they are.

        Args:
            item: Id of the item.
            marks: ``label`` and, where stretches are labelled, ``start`` and ``end`` of each mark;
                ``intensity`` if there is one. None says that nothing is to be marked.
            by: Who decided.

        Raises:
            ConfigError: there is no such item, or a mark cannot be used.
        """
        from ferfusion.labelling.consensus import decide, marks_of  # noqa: PLC0415 numpy

        decide(self._project, item, marks_of(marks), by=by)

    def consensus(self) -> "pd.DataFrame":
        """Return what holds: the decisions, and else the majority of the raters of each item.

        Returns:
            The columns of ``answers``; ``rater`` is ``majority``, or ``discussion`` with who decided in
            ``note``. An item without a majority has no row; see ``Agreement.disputed``.
        """
        from ferfusion.labelling.agreement import gather_ratings  # noqa: PLC0415 numpy
        from ferfusion.labelling.written_tables import consensus_table  # noqa: PLC0415 pandas

        project = self._project
        return consensus_table(project, gather_ratings(project, self._all_answers(project)))

    @file_errors()
    def export(self, path: PathOrText, which: str = "consensus") -> Path:
        """Write labels as a table that ``prepare`` reads as the corpus ``csv``, and return its path.

        Args:
            path: The CSV file. With ``consensus``, ``votes.csv`` beside it has the number of raters who chose
                each class, which ``prepare`` reads too.
            which: ``consensus``: what holds. ``answers``: each rater's marks.

        Raises:
            ConfigError: there is nothing to write, or ``which`` is something else.
        """
        from ferfusion.labelling.agreement import gather_ratings  # noqa: PLC0415 numpy
        from ferfusion.labelling.written_tables import write_answers, write_consensus  # noqa: PLC0415 pandas

        file, project = as_new_file(path), self._project
        if which not in ("consensus", "answers"):
            raise ConfigError(f"which must be consensus or answers, got {which!r}")
        answers = self._all_answers(project)
        if which == "answers":
            write_answers(file, project, answers)
        else:
            write_consensus(file, project, gather_ratings(project, answers))
        return file

    @file_errors()
    def import_table(self, path: PathOrText, rater: str = "", *, item: str = "") -> "pd.DataFrame":
        """Take answers of a table: one that ``export`` wrote, one of your own, or an export of ELAN.

        A video is found by its path, or else by its name. Raters that the project does not have are added.
        What is there already stays as it is, and an item of which every row is taken is finished.

        Args:
            path: A CSV file with the columns path and label and, if there are any, face, start, end,
                intensity, rater and note; or a tab-separated export of ELAN.
            rater: Whose answers they are; by default, the column ``rater`` says it.
            item: Id of the labelled item, for an export of ELAN that has another name than its video.

        Returns:
            A row per row of the table: ``line, path, face, label, start, end, intensity, rater, item, status,
            reason``; the status is ``added``, ``there already`` or ``left out``.

        Raises:
            CorpusError: the file is no such table.
            ConfigError: nobody says who labelled, or the name of a rater cannot be used.
        """
        from ferfusion.labelling.read_tables import import_answers  # noqa: PLC0415 pandas

        return import_answers(self._project, as_path(path), rater=rater, item=item)

    def agreement(self) -> Agreement:
        """Return how far the raters agree on what they have finished."""
        from ferfusion.labelling.agreement import gather_ratings  # noqa: PLC0415 numpy

        project = self._project
        return Agreement(project, gather_ratings(project, self._all_answers(project)), project.raters)

    def _all_answers(self, project: "Project") -> "dict[str, dict[str, Answer]]":
        return {rater: self._answers(rater).read() for rater in project.raters}

    def _answers(self, rater: str) -> "Answers":
        from ferfusion.labelling.answers import Answers  # noqa: PLC0415

        return Answers(self._project, rater)

    def __repr__(self) -> str:
        project = self._project
        parts = (counted(len(project.items), "item"), counted(len(project.raters), "rater"))
        return f"Labels({str(self.folder)!r}: {', '.join(parts)}, {counted(len(project.classes), 'class')})"

    def _repr_html_(self) -> str:
        return str(self.progress.to_html(index=False))


@file_errors()
def labels(
    folder: PathOrText,
    videos: PathOrText | Sequence[PathOrText] | None = None,
    *,
    classes: str | Sequence[str] = "seven",
    raters: Sequence[str] = (),
    marks: str = "stretches",
    faces: bool = False,
    intensities: int = 5,
    overlap: float = 1.0,
    subjects: PathOrText | Mapping[str, str] | None = None,
    reasons: Mapping[str, str] | None = None,
    seed: int = 0,
    progress: ShowProgress = False,
) -> Labels:
    """Open a label project, or make one of videos.

    Each act of a rater is on the disk before it is answered. The page of ``ferfusion app FOLDER`` labels with
    the same project.

    Args:
        folder: The project's folder.
        videos: Videos, or folders of them, for a new project; without them, the project is opened.
        classes: ``six``, ``seven``, or names of the project's own.
        raters: Names of the raters; more can be added later.
        marks: ``stretches``: parts of each item are labelled. ``videos``: each item gets one label.
        faces: Whether each face of a video is labelled by itself.
        intensities: Steps of intensity; 0: none is asked for.
        overlap: Share of the videos that all raters label; the rest is divided among them.
        subjects: Person by path or name of a video, or a CSV file with the columns path and subject.
        reasons: Why a video is to be labelled, by its path or name, such as those of ``label_queue``.
        seed: Seed of the division and of the raters' orders.
        progress: Whether to show the progress, or a function that is told of it.

    Raises:
        ConfigError: a setting cannot be used, or the folder has a project already.
        DatasetError: there is no project to open, or it is damaged.
        VideoError: a video cannot be read.

    >>> project = fer.labels("labels", fer.sample_corpus() / "s01/fear", raters=["Ann", "Ben"])
    >>> _ = project.mark("Ann", "0001", "Fear", 0.2, 0.9, intensity=4)
    >>> project.done("Ann", "0001")
    >>> project.progress[["rater", "items", "done", "marks"]].values.tolist()
    [['Ann', 2, 1, 1], ['Ben', 2, 0, 0]]
    """
    place = as_folder(folder)
    if videos is None:
        found = Labels(place)
        found._project  # noqa: B018 a folder without a project is refused here
        return found
    from ferfusion.label_set import parse_labels  # noqa: PLC0415
    from ferfusion.labelling.make import looker, make_project  # noqa: PLC0415 cv2
    from ferfusion.labelling.project import Project, check_raters  # noqa: PLC0415
    from ferfusion.labelling.subjects import read_subjects  # noqa: PLC0415

    check_raters(tuple(raters))
    label_set = parse_labels(classes)
    if label_set is None:
        raise ConfigError("classes must be six, seven or names")
    given = [videos] if isinstance(videos, str | PathLike) else list(videos)
    paths = list(dict.fromkeys(path.absolute() for one in given for path in find_videos(one)))
    if isinstance(subjects, str | PathLike):
        people = read_subjects(as_path(subjects))
    else:
        people = dict(subjects or {})
    project = Project(place, label_set, marks, intensities, overlap, seed)
    with shown(progress) as report:
        look_at = looker(paths, faces=faces, report=report)
        about = {"subjects": people, "reasons": dict(reasons or {})}
        make_project(project, paths, raters, look_at=look_at, each_face=faces, **about)
    return Labels(place)
