"""Read the displayed expressions out of one video file and write everything about it."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.files import write_json
from ferfusion.inference.apex_frames import TellingMoments
from ferfusion.inference.drawing.annotated_video import ReadingsByFrame, write_annotated
from ferfusion.inference.drawing.video_page import write_video_page
from ferfusion.inference.frame_table import FrameRows, write_frames
from ferfusion.inference.predict_faces import predict_frames
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.predictor import Predictor, TorchPredictor
from ferfusion.inference.recipe import FrameChoice, PredictRecipe
from ferfusion.inference.timeline import Span, faces_of, name_readings, smooth_table, spans, unsure_word
from ferfusion.inference.verdict import METHOD, describe, judge
from ferfusion.preparation.frame_preparer import kept_preparer
from ferfusion.video.ahead import ahead
from ferfusion.video.footage import Footage, open_footage
from ferfusion.video.reader import Frame, VideoInfo

_FACE_AWAY_STEPS = 12
"""A face that is missing for more readings than this was away; it parts two spans."""
OnFrame = Callable[[str, int], None]
"""Called with the name of the stage and the number of frames that it is done with."""


def expected_frames(info: VideoInfo, recipe: PredictRecipe) -> int | None:
    """Return about how many frames of a video are gone through; None where its file does not say."""
    end = info.seconds if recipe.end is None else min(recipe.end, info.seconds or recipe.end)
    return None if end is None else max(1, round((end - recipe.start) * info.rate))


def predict_video(
    video: Path,
    predictor: Predictor,
    folder: Path,
    recipe: PredictRecipe = PredictRecipe(),  # noqa: B008 frozen
    *,
    annotate: bool = True,
    on_frame: OnFrame = lambda stage, frame: None,
) -> VideoPrediction:
    """Read a video file and write its folder: ``read_footage``, then ``write_prediction``.

    Raises:
        VideoError: the file is no video that can be read.
    """
    footage = open_footage(video)
    prediction = read_footage(footage, predictor, recipe, on_frame=on_frame)
    return write_prediction(prediction, footage, predictor, folder, annotate=annotate, on_frame=on_frame)


def read_footage(
    footage: Footage,
    predictor: Predictor,
    recipe: PredictRecipe = PredictRecipe(),  # noqa: B008 frozen
    *,
    detector_model: Path | None = None,
    on_frame: OnFrame = lambda stage, frame: None,
) -> VideoPrediction:
    """Read the displayed expressions out of a video; nothing is written.

    The frames go through the very same cropping and flow as in preparation, by the recipe that the model was
    trained with.

    Args:
        footage: The video.
        predictor: The model.
        recipe: Which frames are read, and how the timeline is smoothed.
        detector_model: The face detector's model file, where the recipe's detector needs one.
        on_frame: Told of every frame that is done with.

    Raises:
        VideoError: the video breaks off at once.
    """
    labels, calibration = predictor.labels, predictor.calibration
    rows, best = FrameRows(labels), TellingMoments()
    preparer = kept_preparer(predictor.recipe, detector_model=detector_model)
    prepared = preparer.prepare(
        ahead(_frames(footage, recipe, "Reading", on_frame)), chosen=FrameChoice(recipe.every)
    )
    for row in predict_frames(prepared, predictor):
        rows.add(row)
        best.add(row)
    table, numbers = rows.table()
    smoothed = smooth_table(table, labels, window_seconds=recipe.window, smoothing=recipe.smoothing)
    names = name_readings(smoothed, labels, abstain_below=calibration.abstain_below_pair)
    table["smoothed"] = pd.Categorical(names, categories=[*labels.names, unsure_word(labels)])
    verdicts = judge(table, labels, abstain_below=calibration.abstain_below_mean)
    return VideoPrediction(
        video=footage.name,
        model=predictor.name,
        labels=labels,
        recipe=recipe,
        calibration=calibration,
        table=table,
        smoothed=smoothed,
        verdicts=verdicts,
        spans=_spans(table, smoothed),
        moments={numbers[track]: best.of_track(track) for track in numbers},
        statement=describe(verdicts, table),
    )


def write_prediction(
    prediction: VideoPrediction,
    footage: Footage,
    predictor: Predictor,
    folder: Path,
    *,
    annotate: bool = True,
    on_frame: OnFrame = lambda stage, frame: None,
) -> VideoPrediction:
    """Write frames.csv, verdict.json, annotated.mp4 and report.html; return the prediction with its folder.

    Args:
        prediction: What was read.
        footage: The video that it was read from.
        predictor: The model that read it, which gives the reasons on the page.
        folder: Where the files are written.
        annotate: Also write the annotated video.
        on_frame: Told of every frame that is done with.

    Raises:
        VideoError: the annotated video cannot be written.
    """
    prediction = replace(prediction, folder=folder)
    write_frames(folder / "frames.csv", prediction.table)
    write_json(folder / "verdict.json", _summary(prediction, footage.info))
    annotated = folder / "annotated.mp4"
    annotated.unlink(missing_ok=True)  # one of an earlier reading would not fit
    if annotate and not prediction.table.empty:
        write_annotated(
            annotated,
            _frames(footage, prediction.recipe, "Drawing", on_frame),
            ReadingsByFrame(prediction.table, prediction.smoothed),
            prediction.labels,
            rate=footage.info.rate,
            recipe=prediction.recipe,
            sound_from=footage.sound,
        )
    explain = predictor.explain if isinstance(predictor, TorchPredictor) else None
    write_video_page(prediction, folder, explain=explain)
    return prediction


def _frames(footage: Footage, recipe: PredictRecipe, stage: str, on_frame: OnFrame) -> Iterator[Frame]:
    for number, frame in enumerate(footage.read(recipe.start or None, recipe.end), start=1):
        yield frame
        on_frame(stage, number)


def _spans(table: pd.DataFrame, smoothed: NDArray[np.float32]) -> dict[int, list[Span]]:
    """Return the timeline of each face."""
    seconds, names = table["seconds"].to_numpy(np.float64), table["smoothed"].to_numpy(dtype=object)
    steps = np.diff(np.unique(seconds))
    longest_step = _FACE_AWAY_STEPS * float(np.median(steps)) if len(steps) else 0.0
    return {
        face: spans(seconds[rows], names[rows], smoothed[rows], longest_step=longest_step)
        for face, rows in faces_of(table)
    }


def _summary(prediction: VideoPrediction, info: VideoInfo) -> dict[str, Any]:
    """Return the content of verdict.json."""
    table = prediction.table
    summary = {
        "video": prediction.video,
        "model": prediction.model,
        "frames": int(table["frame"].nunique()),
        "frames_per_second": float(info.rate),
        "statement": prediction.statement,
        "reading": prediction.recipe.to_dict(),
        "reading_in_words": prediction.recipe.in_words,
        "calibration": prediction.calibration.to_dict(),
        "uncertainty_method": METHOD,
        "faces": [
            asdict(verdict) | {"timeline": [asdict(span) for span in prediction.spans[verdict.face]]}
            for verdict in prediction.verdicts
        ],
    }
    return {key: _rounded(value) for key, value in summary.items()}


def _rounded(value: Any) -> Any:
    """Return the same with every number rounded to what it can mean."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return round(value, 6) if isinstance(value, float) else value


def frame_lines(table: pd.DataFrame, columns: tuple[str, ...]) -> Iterator[str]:
    """Yield a line for each row of the frame table, in the manner of the report's Figure 10."""
    last = int(table["frame"].max()) if len(table) else 0
    for _, row in table.iterrows():
        head = f"Frame: {row['frame']}/{last}"
        if row["status"] != "ok":
            yield f"{head} {row['status'].replace('_', ' ')}"
            continue
        numbers = " ".join(f"{float(row[column]):.4f}" for column in columns)
        yield f"{head} Face: {row['face']} Out: {row['expression']}, Prob.: [{numbers}]"
