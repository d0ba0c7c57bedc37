"""Predictions of videos and photographs, as tables."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, overload

import pandas as pd

from ferfusion.addresses import Address
from ferfusion.api.settings import PathOrText, as_folder, as_place
from ferfusion.api.tables import titled_table
from ferfusion.errors import file_errors
from ferfusion.inference.predict_jobs import PredictJob, make_jobs
from ferfusion.inference.predict_many import (
    PredictionWriter,
    Unreadable,
    line_of,
    opened_footage,
    report_frame,
)
from ferfusion.inference.predict_video import expected_frames, frame_lines
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.predictor import Predictor
from ferfusion.inference.recipe import parse_seconds
from ferfusion.inference.result_tables import (
    actions_table,
    means_table,
    onset_table,
    rest_table,
    span_table,
    verdict_table,
)
from ferfusion.inference.verdict import FaceVerdict
from ferfusion.inference.videos_table import VideosTable
from ferfusion.label_set import LabelSet
from ferfusion.progress import ShowProgress, shown
from ferfusion.video.footage import Footage

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False, eq=False)
class Prediction:
    """The prediction of one video, photograph or array of frames; made by ``Model.predict``.

    A probability is of the displayed expression; what the person feels is not in the image.

    >>> seen = fer.load_model("run").predict(fer.sample_corpus() / "s01/fear/s01_fear_1.mp4")
    >>> seen
    Prediction('s01_fear_1.mp4': 32 frames, 1 face; model run/bundle.safetensors)
    >>> seen.table[["frame", "seconds", "face", "status"]].dtypes.astype(str).tolist()
    ['int64', 'float64', 'Int64', 'category']
    """

    _read: VideoPrediction
    _footage: Footage
    _predictor: Predictor
    _job: PredictJob

    @property
    def video(self) -> str:
        """Name of the video or photograph."""
        return self._read.video

    @property
    def is_photograph(self) -> bool:
        """Whether it is of a photograph: one frame, without a time."""
        return self._read.is_photograph

    @property
    def path(self) -> str:
        """Path or address of the video, or its name if it was in memory."""
        return self._job.place

    @property
    def _number(self) -> int:
        return self._job.number

    @property
    def model(self) -> str:
        """Name of the model."""
        return self._read.model

    @property
    def labels(self) -> LabelSet:
        """The classes, in the order of the probability columns."""
        return self._read.info.labels

    @property
    def table(self) -> pd.DataFrame:
        """A row per frame and face; a frame without a face has one row.

        ``frame`` int64; ``seconds`` float64; ``face`` Int64, 0 for the face that fills the most of the video,
        <NA> without a face; ``x, y, w, h`` float32, the box in pixels of the upright image; ``status``
        category: ok, no_face, small_face, low_score or decode_error; ``p_…`` float32, a probability for each
        class; ``expression`` category, the top class; ``smoothed`` category, the name in the
        smoothed timeline, or that no class is likely enough; with ``actions="small"``, the columns of
        ``actions``. A photograph is frame 0, at second 0.
        """
        return self._read.table.copy(deep=False)

    @property
    def actions(self) -> pd.DataFrame:
        """The facial actions and the pose of the head: a row per frame and face.

        ``frame, seconds, face`` as in ``table``; the 52 actions with ARKit's names, float32 from 0 to 1;
        ``yaw, pitch, roll`` float32 in degrees: positive when the head turns to its own left, nods down, and
        tilts to its own left. A cell is empty (nan) where the face cannot be read, and ``tongueOut`` always
        is: it is not estimated.

        Raises:
            ConfigError: the prediction was made without ``actions``.
        """
        return actions_table(self._read)

    @property
    def rest(self) -> pd.DataFrame:
        """The 52 facial actions of each face at rest: ``face, frames``, and their medians in calm frames."""
        return rest_table(self._read)

    @property
    def verdicts(self) -> list[FaceVerdict]:
        """The expression of each face over the whole video, with its uncertainty; empty without a face.

        In a photograph there is no interval, and an expression is named by its probability alone.
        """
        return self._read.verdicts

    @property
    def statement(self) -> str:
        """The verdicts in words, with the caution about the model; or why there is none."""
        return " ".join(filter(None, (self._read.statement, self.caution)))

    @property
    def caution(self) -> str:
        """Why the verdicts cannot be trusted: the model learned nothing, or its scores are unknown.

        Empty if the model's validation scores are above those of always answering one class.
        """
        return self._read.caution

    @property
    def folder(self) -> Path | None:
        """The folder of its files; None until they are written, and if they are at an address."""
        return self._read.folder

    @property
    def address(self) -> str:
        """The address of the folder of its files; empty if they are in a local folder, or not written."""
        return str(self._read.address or "")

    def per_second(self) -> pd.DataFrame:
        """Return the mean probabilities of each face in each second, as ``means("1s")`` does."""
        return self.means("1s")

    def means(self, per: str) -> pd.DataFrame:
        """Return the mean probabilities of each face in each period of the video.

        ``seconds, face, frames, p_…, expression``: a row per period and face in view. ``seconds`` is the
        start of the period, ``frames`` the number of predicted frames; the last column is the top class of
        the means. A photograph has no row, and no spans or onsets either.

        Args:
            per: Length of a period, such as 1s or 0.5s.

        Raises:
            ConfigError: it is not a number of seconds.
        """
        return means_table(self._read, parse_seconds(per))

    def spans(self) -> pd.DataFrame:
        """Return the timeline of each face, as spans of one expression.

        ``face, expression, start, end, mean_probability``: times in seconds; the mean is over the smoothed
        probability of the top class.
        """
        return span_table(self._read)

    def onsets(
        self, expression: str | None = None, *, high: float | None = None, low: float | None = None
    ) -> pd.DataFrame:
        """Return when an expression begins (onset), peaks (apex) and ends (offset), for each face.

        ``face, expression, onset, apex, offset, probability, onset_seen, offset_seen``: a row per episode;
        times in seconds. An episode is a stretch of frames whose smoothed probability is at least ``low``
        and reaches ``high``; ``probability`` is the highest. ``onset_seen`` is true if the face was in view
        right before, with a probability below ``low``; otherwise the expression may have begun earlier.

        Args:
            expression: The expression; without it, all of the model.
            high: Smoothed probability that an episode must reach; by default 0.5, and more for models of
                fewer than six classes, whose chance is higher: 0.6 for three, 0.7 for two.
            low: Smoothed probability below which it has not begun, or has ended; by default 0.3, 0.44 for
                three classes, 0.58 for two.

        Raises:
            ConfigError: the model does not know the expression, or the thresholds are not
                0 < low <= high <= 1.
        """
        return onset_table(self._read, expression, high=high, low=low)

    def frame_lines(self) -> Iterator[str]:
        """Yield a line for each row of the table, in the format of the report's Figure 10."""
        photograph = self.video if self.is_photograph else ""
        return frame_lines(self.table, self.labels.probability_columns, photograph=photograph)

    def plot(self) -> "Figure":
        """Draw the probabilities of up to four faces: smoothed over time, or as bars for a photograph."""
        from ferfusion.inference.drawing.timeline_figure import faces_figure, timeline_figure  # noqa: PLC0415

        return faces_figure(self._read) if self.is_photograph else timeline_figure(self._read)

    @file_errors()
    def save(self, out: PathOrText, *, annotate: bool = True, progress: ShowProgress = True) -> Path:
        """Write its folder inside ``out``: frames.csv, verdict.json, annotated.mp4, report.html.

        A photograph has photographs.csv and an annotated image instead.

        Args:
            out: Folder of predictions; its ``videos.csv`` gets a line for this video.
            annotate: Also write the annotated video or photograph.
            progress: True shows a bar; a function is called with each ``Progress``.

        Returns:
            The folder.

        Raises:
            FileError: a file cannot be written.
            VideoError: the annotated video cannot be encoded.
        """
        place = as_folder(out)
        [job] = make_jobs([self._job.source], out=place)
        with PredictionWriter(place, [job], self._predictor, annotate=annotate) as writer:
            self._write(writer, job, progress)
        return place / job.folder

    def _write(self, writer: PredictionWriter, job: PredictJob, progress: ShowProgress) -> None:
        total = expected_frames(self._footage.info, self._read.recipe)
        with shown(progress) as on_progress:
            on_frame = partial(report_frame, on_progress, self.video, total)
            source = job.source
            # the copy of a file at an address was removed
            opened = opened_footage(source) if isinstance(source, Address) else nullcontext(self._footage)
            with opened as footage, writer.begin(footage, self._read.recipe) as new:
                writer.write(job, self._read, footage, new, on_frame)

    def __repr__(self) -> str:
        frames, faces = self._read.table["frame"].nunique(), len(self.verdicts)
        shows = "photograph" if self.is_photograph else _counted(frames, "frame")
        what = f"{shows}, {_counted(faces, 'face')}"
        caution = ", see its caution" if self.caution else ""
        return f"Prediction({self.video!r}: {what}; model {self.model}{caution})"

    def _repr_html_(self) -> str:
        """Return the verdicts as a table, for a notebook."""
        return f"{titled_table(repr(self), verdict_table(self._read))}<p>{self.statement}</p>"


@dataclass(frozen=True)
class UnreadVideo:
    """A video or photograph that could not be read, and why."""

    video: str
    reason: str
    _number: int = field(default=0, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Name of the file."""
        return Path(self.video).name


@dataclass(frozen=True, repr=False, eq=False)
class Predictions(Sequence[Prediction]):
    """The predictions of several videos; made by ``Model.predict``. Each table has the column ``video``.

    >>> several = fer.load_model("run").predict(fer.sample_corpus() / "s01" / "fear")
    >>> several.per_second()[["video", "seconds", "face", "frames"]].head(2)
                video  seconds  face  frames
    0  s01_fear_1.mp4      0.0     0      25
    1  s01_fear_1.mp4      1.0     0       7
    """

    _items: tuple[Prediction, ...]
    unread: tuple[UnreadVideo, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """The frame tables of all videos, one below the other."""
        return self._joined([(one, one.table) for one in self._items])

    @property
    def actions(self) -> pd.DataFrame:
        """The facial actions and the head pose in all videos, one below the other."""
        return self._joined([(one, one.actions) for one in self._items])

    @property
    def verdicts(self) -> pd.DataFrame:
        """``video, face, expression, top_class, probability, low, high, frames, …``: a row per face."""
        return self._joined([(one, verdict_table(one._read)) for one in self._items])

    def per_second(self) -> pd.DataFrame:
        """Return the mean probabilities of each face in each second of each video."""
        return self.means("1s")

    def means(self, per: str) -> pd.DataFrame:
        """Return the mean probabilities of each face in each period of each video.

        Raises:
            ConfigError: ``per`` is not a number of seconds, such as 0.5s.
        """
        return self._joined([(one, one.means(per)) for one in self._items])

    def spans(self) -> pd.DataFrame:
        """Return the timeline of each face of each video, as spans of one expression."""
        return self._joined([(one, one.spans()) for one in self._items])

    def onsets(
        self, expression: str | None = None, *, high: float | None = None, low: float | None = None
    ) -> pd.DataFrame:
        """Return when an expression begins, peaks and ends, in each video.

        Raises:
            ConfigError: the model does not know the expression, or the thresholds are not
                0 < low <= high <= 1.
        """
        return self._joined([(one, one.onsets(expression, high=high, low=low)) for one in self._items])

    @file_errors()
    def save(self, out: PathOrText, *, annotate: bool = True, progress: ShowProgress = True) -> Path:
        """Write a folder for each video inside ``out``, one for the photographs, and ``videos.csv``.

        Returns:
            ``out``.

        Raises:
            FileError: a file cannot be written.
            VideoError: an annotated video cannot be encoded.
        """
        place = as_folder(out)
        photographs = [one for one in self._items if one.is_photograph]
        for one in self._items:
            if not one.is_photograph:
                one.save(place, annotate=annotate, progress=progress)
        if not photographs:
            for video in self.unread:
                [job] = make_jobs([as_place(video.video)], out=place)
                VideosTable(place).put(job.named, line_of(Unreadable(video.reason)))
            return place
        sources = [one._job.source for one in photographs]
        sources += [as_place(video.video) for video in self.unread]
        jobs = make_jobs(sources, out=place)
        unread = list(zip(jobs[len(photographs) :], self.unread, strict=True))
        with PredictionWriter(place, jobs, photographs[0]._predictor, annotate=annotate) as writer:
            for one, job in zip(photographs, jobs, strict=False):
                one._write(writer, job, progress)
            for job, video in unread:
                writer.write_unread(job, Unreadable(video.reason))
        return place

    @overload
    def __getitem__(self, index: int) -> Prediction: ...
    @overload
    def __getitem__(self, index: slice) -> "Predictions": ...
    def __getitem__(self, index: int | slice) -> "Prediction | Predictions":
        return (
            Predictions(self._items[index], self.unread) if isinstance(index, slice) else self._items[index]
        )

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        photographs = sum(one.is_photograph for one in self._items)
        kinds = ((len(self) - photographs, "video"), (photographs, "photograph"))
        shown = [_counted(number, noun) for number, noun in kinds if number] or ["0 videos"]
        unread = [f"{len(self.unread)} could not be read"] if self.unread else []
        return f"Predictions({', '.join([*shown, *unread])})"

    def _repr_html_(self) -> str:
        """Return the verdicts as a table, for a notebook."""
        return titled_table(repr(self), self.verdicts)

    def _joined(self, tables: Sequence[tuple[Prediction, pd.DataFrame]]) -> pd.DataFrame:
        uses = Counter(one.video for one in self._items)
        named = []
        for one, table in tables:
            video = one.video if uses[one.video] == 1 else one.path
            named.append(table.assign(video=video)[["video", *table.columns]])
        return pd.concat(named, ignore_index=True) if named else pd.DataFrame({"video": []})


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
