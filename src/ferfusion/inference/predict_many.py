"""Predict many videos and photographs, one by one, and write a table of all."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ferfusion.addresses import Address, local_copy
from ferfusion.errors import FerfusionError, VideoError
from ferfusion.inference.annotator import Annotator
from ferfusion.inference.drawing.photographs_page import PhotographCard
from ferfusion.inference.photographs import PhotographWriter
from ferfusion.inference.predict_jobs import PredictJob, Source, named_photographs
from ferfusion.inference.predict_video import (
    OnFrame,
    expected_frames,
    predict_footage,
    write_prediction,
)
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.predictor import Predictor
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.inference.remote_out import UploadedFolders
from ferfusion.inference.verdict import FaceVerdict
from ferfusion.inference.videos_table import ReservedFolders, VideosTable
from ferfusion.progress import OnProgress, Progress, ignore_progress
from ferfusion.reporting.words import any_of
from ferfusion.video.footage import Footage, Photograph, open_footage
from ferfusion.video.stretch import why_no_frame

Folders = VideosTable | ReservedFolders | UploadedFolders
"""What puts the files of predictions into their folders."""


@dataclass(frozen=True)
class Unreadable:
    """Why a video has no prediction."""

    reason: str


@dataclass(frozen=True)
class VideoResult:
    """The result of one job.

    Attributes:
        job: The job.
        footage: The opened video; None if it could not be opened.
        outcome: The prediction, or why there is none.
    """

    job: PredictJob
    footage: Footage | None
    outcome: VideoPrediction | Unreadable


def predict_each(
    jobs: Sequence[PredictJob],
    predictor: Predictor,
    *,
    recipe: PredictRecipe = PredictRecipe(),  # noqa: B008 frozen
    out: Path | None = None,
    folders: Folders | None = None,
    annotate: bool = True,
    detector_model: Path | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Iterator[VideoResult]:
    """Predict videos and photographs one by one and yield the result of each.

    One that cannot be read does not stop the others. The table and the page of the photographs are written
    after the last job.

    Args:
        jobs: The videos and photographs.
        predictor: The model.
        recipe: Settings of the prediction.
        out: Folder for ``videos.csv``, a folder for each video, and one for the photographs; without it,
            nothing is written.
        folders: Puts the files into their folders; by default, with a line in ``videos.csv``.
        annotate: Also write the annotated videos and photographs.
        detector_model: Model file of the face detector, if the detector needs one.
        on_progress: Called after every frame.

    Raises:
        ConfigError: the detector's model file is missing or has another hash, or ``videos.csv`` in ``out`` is
            no table of predictions.
    """
    with ExitStack() as opened:
        writer = (
            None
            if out is None
            else opened.enter_context(
                PredictionWriter(out, jobs, predictor, annotate=annotate, folders=folders)
            )
        )
        for number, job in enumerate(jobs, start=1):
            item = f"{job.name} ({number} of {len(jobs)})" if len(jobs) > 1 else job.name
            footage: Footage | None = None
            outcome: VideoPrediction | Unreadable
            try:
                with ExitStack() as begun:
                    footage = begun.enter_context(opened_footage(job.source))
                    total = expected_frames(footage.info, recipe)
                    on_frame = partial(report_frame, on_progress, item, total)
                    new = begun.enter_context(writer.begin(footage, recipe)) if writer is not None else None
                    outcome = predict_footage(
                        footage,
                        predictor,
                        recipe,
                        detector_model=detector_model,
                        annotator=None if new is None else new.annotator,
                        on_frame=on_frame,
                    )
                    _check_decoded(outcome, footage)
                    if writer is not None and new is not None:
                        outcome = writer.write(job, outcome, footage, new, on_frame)
            except VideoError as error:
                outcome = Unreadable(str(error))
                if writer is not None:
                    writer.write_unread(job, outcome)
            yield VideoResult(job, footage, outcome)


@contextmanager
def opened_footage(source: Source) -> Iterator[Footage]:
    """Yield the opened video or photograph; a file at an address is copied here, and the copy removed.

    Raises:
        VideoError: it cannot be read.
    """
    if not isinstance(source, Path | Address):
        yield source
        return
    with ExitStack() as copied:
        file = source
        if isinstance(file, Address):
            try:
                file = copied.enter_context(local_copy(file))
            except FerfusionError as error:
                raise VideoError(str(error)) from error
        yield open_footage(file)


def _check_decoded(prediction: VideoPrediction, footage: Footage) -> None:
    """Refuse a video of which no frame was decoded: it is unreadable, which is not the same as no face.

    Raises:
        VideoError: no frame was decoded; the message says why.
    """
    statuses, recipe = prediction.table["status"], prediction.recipe
    if statuses.empty:
        duration = None if footage.info is None else footage.info.seconds
        why = why_no_frame(duration_seconds=duration, start_seconds=recipe.start, end_seconds=recipe.end)
        raise VideoError(f"{footage.name}: {why}")
    if (statuses == "decode_error").all():
        raise VideoError(f"{footage.name}: nothing can be decoded in {any_of(len(statuses), 'frame')}")


@dataclass(frozen=True)
class NewPrediction:
    """Where a prediction is written.

    Attributes:
        folder: A new folder; None for a photograph, which shares the folder of all photographs.
        annotator: Writes the annotated video, if that is wanted.
    """

    folder: Path | None = None
    annotator: Annotator | None = None


class PredictionWriter:
    """Writes the results of jobs into a folder, with ``videos.csv``; use it with ``with``.

    Args:
        out: The folder.
        jobs: The jobs whose results it will write.
        predictor: The model that made the predictions.
        annotate: Also write the annotated videos and photographs.
        folders: Puts the files into their folders; by default, with a line in ``videos.csv``.
    """

    def __init__(
        self,
        out: Path,
        jobs: Sequence[PredictJob],
        predictor: Predictor,
        *,
        annotate: bool = True,
        folders: Folders | None = None,
    ) -> None:
        self._out, self._predictor, self._annotate = out, predictor, annotate
        self._table = folders or VideosTable(out)
        self._of_photographs = [job for job in jobs if job.photograph]
        self._photographs: PhotographWriter | None = None
        self._new_photographs = ExitStack()

    @contextmanager
    def begin(self, footage: Footage, recipe: PredictRecipe) -> Iterator[NewPrediction]:
        """Begin to write the prediction of a video or photograph; what is not written then is discarded.

        Args:
            footage: The video or photograph.
            recipe: Settings of the prediction.
        """
        if isinstance(footage, Photograph):
            yield NewPrediction()
            return
        with self._table.new_prediction() as folder, ExitStack() as opened:
            annotator = Annotator(folder, footage, self._predictor, recipe) if self._annotate else None
            yield NewPrediction(folder, annotator and opened.enter_context(annotator))

    def write(
        self,
        job: PredictJob,
        prediction: VideoPrediction,
        footage: Footage,
        new: NewPrediction,
        on_frame: OnFrame,
    ) -> VideoPrediction:
        """Write a prediction, and return it with its folder.

        Args:
            job: Its job.
            prediction: The prediction.
            footage: The video or photograph.
            new: What ``begin`` has returned for it.
            on_frame: Called after every frame of an annotated video.

        Raises:
            FileError: a file cannot be written.
            VideoError: the annotated video cannot be encoded.
        """
        if isinstance(footage, Photograph):
            self._opened.add(job.photograph, prediction, footage.image())
            return replace(prediction, folder=self._out / job.folder)
        assert new.folder is not None
        try:
            written = write_prediction(
                prediction,
                footage,
                self._predictor,
                new.folder,
                stamp=job.stamp,
                annotator=new.annotator,
                on_frame=on_frame,
            )
        except VideoError as error:  # the prediction is there, without the annotated video
            self._table.put(job.named, line_of(Unreadable(str(error))), new=new.folder)
            raise
        folder = self._table.put(job.named, line_of(written), new=new.folder)
        return replace(written, folder=self._out / folder)

    def write_unread(self, job: PredictJob, unread: Unreadable) -> None:
        """Write why a job has no prediction."""
        if job.photograph:
            self._opened.add_unread(job.photograph, unread.reason)
        else:
            self._table.put(job.named, line_of(unread))

    @property
    def _opened(self) -> PhotographWriter:
        """The writer of the photographs; it begins with the first one."""
        if self._photographs is None:
            names = [job.photograph for job in self._of_photographs]
            new = self._new_photographs.enter_context(self._table.new_prediction())
            title = self._of_photographs[0].folder
            self._photographs = PhotographWriter(
                new, self._predictor, names, title=title, annotate=self._annotate
            )
        return self._photographs

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._new_photographs:
            if self._photographs is not None and not self._photographs.is_empty:
                cards = self._photographs.write()
                wanted = named_photographs(self._of_photographs, self._out)
                wanted = replace(wanted, folder=self._of_photographs[0].folder)
                line = _photographs_read(cards)
                if line["status"] == "ok":
                    line |= {"caution": self._predictor.info.caution}
                try:
                    self._table.put(wanted, line, new=self._photographs.folder)
                except VideoError as failed:  # they cannot be uploaded
                    self._table.put(wanted, line_of(Unreadable(str(failed))))


def report_frame(on_progress: OnProgress, item: str, total: int | None, stage: str, frame: int) -> None:
    """Report that a frame of a video is done.

    Args:
        on_progress: Called with the progress.
        item: Name of the video.
        total: Expected number of frames; None if it is not known.
        stage: Name of the stage.
        frame: Number of frames that are done.
    """
    on_progress(Progress(stage, item, frame, total, "frames"))


def line_of(result: VideoPrediction | Unreadable) -> dict[str, Any]:
    """Return the line of a video in ``videos.csv``, without its folder and place."""
    if isinstance(result, Unreadable):
        return {"status": "unreadable", "reason": result.reason}
    return _predicted(result)


def _photographs_read(photographs: Sequence[PhotographCard]) -> dict[str, Any]:
    """Return the columns of photographs; frames is their number, and only a single one has an expression."""
    read = [card for card in photographs if card.is_read]
    faces = [face for card in read for face in card.faces]
    line = {"status": "ok" if faces else "no_face" if read else "unreadable"}
    if len(photographs) > 1:
        unread = len(photographs) - len(read)
        reason = f"{unread} of {len(photographs)} photographs could not be read" if unread else ""
        reason += next(
            (f", such as {each.name}: {each.statement}" for each in photographs if not each.is_read), ""
        )
        return line | {"reason": reason, "frames": len(read), "faces": len(faces)}
    if not faces:
        return line | {"reason": photographs[0].statement} | ({"frames": 1, "faces": 0} if read else {})
    return line | {"frames": 1, "faces": len(faces)} | _expression(faces[0].verdict)


def _predicted(result: VideoPrediction) -> dict[str, Any]:
    """Return the columns of a video with a prediction; its expression is that of face 0."""
    table = result.table
    line: dict[str, Any] = {
        "status": "ok",
        "reason": "",
        "frames": table["frame"].nunique(),
        "seconds": f"{result.length_seconds:.3f}",
        "faces": len(result.verdicts),
    }
    if not result.verdicts:
        return line | {"status": "no_face", "reason": result.statement}
    return line | _expression(result.verdicts[0]) | {"caution": result.caution}


def _expression(first: FaceVerdict) -> dict[str, Any]:
    line = {
        "reason": first.why_no_class,
        "expression": first.expression,
        "top_class": first.top_class,
        "probability": f"{first.probabilities[first.top_class]:.4f}",
    }
    if first.interval is not None:
        line |= {"low": f"{first.interval[0]:.4f}", "high": f"{first.interval[1]:.4f}"}
    return line
