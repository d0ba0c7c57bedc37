"""Predict the displayed expressions of one video and write the results."""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.bundle import BundleInfo
from ferfusion.errors import ConfigError
from ferfusion.files import write_json
from ferfusion.inference.annotator import Annotator
from ferfusion.inference.apex_frames import ApexFrames
from ferfusion.inference.drawing.video_page import write_video_page
from ferfusion.inference.frame_table import FrameRows
from ferfusion.inference.predict_faces import predict_frames
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.prediction_folder import PREDICTION_FILES, PredictionFolder
from ferfusion.inference.predictor import Predictor
from ferfusion.inference.recipe import FrameChoice, PredictRecipe, parse_seconds
from ferfusion.inference.result_tables import means_table, onset_table
from ferfusion.inference.surer import with_advice
from ferfusion.inference.timeline import (
    Span,
    faces_of,
    longest_step,
    name_predictions,
    smooth_table,
    smoothed_columns,
    spans,
    unsure_word,
)
from ferfusion.inference.verdict import (
    INTERVAL_METHOD,
    describe,
    describe_photograph,
    judge,
    judge_photograph,
    rounded,
)
from ferfusion.outputs import only_writer, replaced_result
from ferfusion.preparation.frame_preparer import kept_preparer
from ferfusion.tables import write_table
from ferfusion.video.ahead import ahead
from ferfusion.video.footage import Footage, Photograph, Video, open_video
from ferfusion.video.reader import Frame, VideoInfo

_PIXELS_AHEAD = 2**25
"""Pixels of the frames that are decoded in one step ahead of their use: one frame of 8K, or four of 4K."""
OnFrame = Callable[[str, int], None]
"""Called after every frame with the name of the stage and the number of frames that are done."""


def expected_frames(video_info: VideoInfo | None, recipe: PredictRecipe) -> int | None:
    """Return the approximate number of frames that are decoded; None if the file gives no duration.

    Args:
        video_info: The header of the video; None for a photograph.
        recipe: Settings of the prediction.
    """
    if video_info is None:
        return 1
    seconds = video_info.seconds
    end = seconds if recipe.end is None else min(recipe.end, seconds or recipe.end)
    return None if end is None else max(1, round((end - recipe.start) * video_info.rate))


def predict_video(
    video: Path,
    predictor: Predictor,
    folder: Path,
    recipe: PredictRecipe = PredictRecipe(),  # noqa: B008 frozen
    *,
    annotate: bool = True,
    on_frame: OnFrame = lambda stage, frame: None,
) -> VideoPrediction:
    """Predict a video file and write its folder: ``predict_footage``, then ``write_prediction``.

    Args:
        video: The video file.
        predictor: The model.
        folder: Folder to write.
        recipe: Settings of the prediction.
        annotate: Also write the annotated video.
        on_frame: Called after every frame of both stages.

    Raises:
        VideoError: the file is not a video that can be decoded.
    """
    footage = open_video(video)
    with ExitStack() as opened:
        opened.enter_context(only_writer(folder))
        new = opened.enter_context(replaced_result(folder, earlier=PREDICTION_FILES))
        annotator = opened.enter_context(Annotator(new, footage, predictor, recipe)) if annotate else None
        prediction = predict_footage(footage, predictor, recipe, annotator=annotator, on_frame=on_frame)
        written = write_prediction(
            prediction, footage, predictor, new, annotator=annotator, on_frame=on_frame
        )
    return replace(written, folder=folder)


def predict_footage(
    footage: Footage,
    predictor: Predictor,
    recipe: PredictRecipe = PredictRecipe(),  # noqa: B008 frozen
    *,
    detector_model: Path | None = None,
    annotator: Annotator | None = None,
    on_frame: OnFrame = lambda stage, frame: None,
) -> VideoPrediction:
    """Predict the displayed expressions of a video or photograph; nothing is written.

    The frames are cropped as in preparation, with the recipe of the model's training data. Optical flow is
    computed only for a model that reads it. A photograph has no time, so start, end and smoothing have no
    effect on it.

    Args:
        footage: The video or photograph.
        predictor: The model.
        recipe: Settings of the prediction.
        detector_model: Model file of the face detector, if the detector needs one.
        annotator: Draws the annotated video beside the prediction.
        on_frame: Called after every frame.

    Raises:
        VideoError: the video cannot be decoded.
        ConfigError: a model file, of the detector or of the actions, is missing or has another hash; the
            model reads the actions of another estimator than that of the recipe.
    """
    bundle_info = predictor.info
    labels, calibration = bundle_info.labels, bundle_info.calibration
    rows, apex_frames = FrameRows(labels, actions=bool(recipe.actions)), ApexFrames()
    preparer = kept_preparer(
        recipe.preparation(bundle_info.prepare_recipe),
        detector_model=detector_model,
        flow=bundle_info.reads_flow,
        actions=_estimator(bundle_info, recipe),
    )
    length = _Length()
    prepared = preparer.prepare(
        ahead(length.of(_frames(footage, recipe, annotator, on_frame)), weight=_weight),
        chosen=FrameChoice(recipe.every),
    )
    for row in predict_frames(prepared, predictor):
        rows.add(row)
        apex_frames.add(row)
        if annotator is not None:
            annotator.add(row)
    table, numbers = rows.table()
    smoothed = smooth_table(table, labels, window_seconds=recipe.window, smoothing=recipe.smoothing)
    names = name_predictions(smoothed, labels, abstain_below=calibration.abstain_below_pair)
    table["smoothed"] = pd.Categorical(names, categories=[*labels.names, unsure_word(labels)])
    is_photograph = isinstance(footage, Photograph)
    if not is_photograph:
        table[list(smoothed_columns(labels))] = smoothed
    if recipe.actions:
        table = pd.concat([table, rows.actions()], axis=1)
    verdicts = (
        judge_photograph(table, labels, abstain_below=calibration.abstain_below_pair)
        if is_photograph
        else judge(table, labels, abstain_below=calibration.abstain_below_mean)
    )
    verdicts = with_advice(
        verdicts,
        table.assign(brightness=rows.brightness()),
        size_px=bundle_info.prepare_recipe.size,
        is_photograph=is_photograph,
    )
    return VideoPrediction(
        video=footage.name,
        model=predictor.name,
        info=bundle_info,
        recipe=recipe,
        table=table,
        length_seconds=length.seconds,
        end_seconds=length.end_seconds,
        smoothed=smoothed,
        verdicts=verdicts,
        spans={} if is_photograph else _spans(table, smoothed, end_seconds=length.end_seconds),
        apex_frames={number: apex_frames.of_track(track) for track, number in numbers.items()},
        statement=(describe_photograph if is_photograph else describe)(verdicts, table),
        is_photograph=is_photograph,
    )


def write_prediction(
    prediction: VideoPrediction,
    footage: Video,
    predictor: Predictor,
    folder: Path,
    *,
    stamp: str = "",
    annotator: Annotator | None = None,
    on_frame: OnFrame = lambda stage, frame: None,
) -> VideoPrediction:
    """Write frames.csv, verdict.json, annotated.mp4 and report.html; return the prediction with its folder.

    Args:
        prediction: The prediction of the video.
        footage: The video.
        predictor: The model that made the prediction; it explains the apex frames on the page.
        folder: A new folder to write.
        stamp: What the result is made from (see ``with_stamps``); empty if that is not known.
        annotator: Writes the annotated video; without it, there is none.
        on_frame: Called after every frame.

    Raises:
        FileError: a file cannot be written.
        VideoError: the annotated video cannot be encoded.
    """
    prediction = replace(prediction, folder=folder)
    files = PredictionFolder(folder)
    write_table(files.frames_file, prediction.table)
    write_table(files.onsets_file, onset_table(prediction))
    if period := prediction.recipe.per:
        write_table(files.means_file, means_table(prediction, parse_seconds(period)))
    write_json(files.verdict_file, _summary(prediction, footage.info, stamp=stamp))
    if annotator is not None and not prediction.table.empty:
        sound_left_out = annotator.finish(prediction, partial(on_frame, "Drawing"))
        if sound_left_out:
            prediction = replace(prediction, sound_left_out=sound_left_out)
            write_json(files.verdict_file, _summary(prediction, footage.info, stamp=stamp))
    write_video_page(prediction, folder, explain=predictor.explain)
    return prediction


def _frames(
    footage: Footage, recipe: PredictRecipe, annotator: Annotator | None, on_frame: OnFrame
) -> Iterator[Frame]:
    for number, frame in enumerate(footage.read(recipe.start or None, recipe.end), start=1):
        if annotator is not None:
            annotator.keep(frame)
        yield frame
        on_frame("Predicting", number)


def _estimator(bundle_info: BundleInfo, recipe: PredictRecipe) -> str:
    """Return the estimator of facial actions that the model or the recipe asks for; empty if none does."""
    wanted = bundle_info.actions
    if wanted and recipe.actions not in ("", wanted):
        raise ConfigError(
            f"The model reads the facial actions of {wanted}, got actions {recipe.actions!r}; leave actions "
            f"out, or choose {wanted}"
        )
    return wanted or recipe.actions


class _Length:
    """The length of the frames that pass: from the first one to the end of the last one."""

    def __init__(self) -> None:
        self._first = self._last = 0.0
        self._frames = 0

    def of(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Yield the frames."""
        for frame in frames:
            self._first = self._first if self._frames else frame.seconds
            self._last = frame.seconds
            self._frames += 1
            yield frame

    @property
    def seconds(self) -> float:
        """The length; the last frame is shown for a mean step. A single frame has none."""
        steps = self._frames - 1
        return (self._last - self._first) * self._frames / steps if steps > 0 else 0.0

    @property
    def end_seconds(self) -> float:
        """The time at which the last frame ends; unknown of a single frame."""
        return self._first + self.seconds if self._frames > 1 else math.inf


def _weight(frame: Frame) -> float:
    return frame.num_pixels / _PIXELS_AHEAD


def _spans(
    table: pd.DataFrame, smoothed: NDArray[np.float32], *, end_seconds: float
) -> dict[int, list[Span]]:
    """Return the timeline of each face."""
    seconds, names = table["seconds"].to_numpy(np.float64), table["smoothed"].to_numpy(dtype=object)
    return {
        face: [
            replace(span, end=min(span.end, end_seconds))
            for span in spans(seconds[rows], names[rows], smoothed[rows], longest_step=longest_step(seconds))
        ]
        for face, rows in faces_of(table)
    }


def _summary(prediction: VideoPrediction, video_info: VideoInfo, *, stamp: str) -> dict[str, Any]:
    """Return the content of verdict.json."""
    table = prediction.table
    summary = {
        "video": prediction.video,
        "model": prediction.model,
        "frames": int(table["frame"].nunique()),
        "frames_per_second": float(video_info.rate),
        "statement": prediction.statement,
        "caution": prediction.caution,
        "predict_recipe": prediction.recipe.to_dict(),
        "predict_recipe_in_words": prediction.recipe.in_words,
        "calibration": prediction.info.calibration.to_dict(),
        "uncertainty_method": INTERVAL_METHOD,
        "sound_left_out": prediction.sound_left_out,
        "faces": [
            asdict(verdict) | {"timeline": [asdict(span) for span in prediction.spans[verdict.face]]}
            for verdict in prediction.verdicts
        ],
    }
    if stamp:
        summary["stamp"] = stamp
    return {key: rounded(value) for key, value in summary.items()}


def frame_lines(table: pd.DataFrame, columns: tuple[str, ...], *, photograph: str = "") -> Iterator[str]:
    """Yield a line of text for each row of the frame table, in the format of the report's Figure 10.

    Args:
        table: The frame table.
        columns: Its columns of probabilities.
        photograph: Name of the photograph; empty for a video.
    """
    last = int(table["frame"].max()) if len(table) else 0
    for _, row in table.iterrows():
        head = f"Photograph: {photograph}" if photograph else f"Frame: {row['frame']}/{last}"
        if row["status"] != "ok":
            yield f"{head} {row['status'].replace('_', ' ')}"
            continue
        numbers = " ".join(f"{float(row[column]):.4f}" for column in columns)
        yield f"{head} Face: {row['face']} Out: {row['expression']}, Prob.: [{numbers}]"
