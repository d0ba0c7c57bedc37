"""Read the displayed expressions out of one video file and write everything about it."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.inference.annotate import ReadingsByFrame, write_annotated
from ferfusion.inference.frames import predict_frames
from ferfusion.inference.moments import TellingMoments
from ferfusion.inference.page import write_video_page
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.predictor import Predictor, TorchPredictor
from ferfusion.inference.recipe import FrameChoice, PredictRecipe
from ferfusion.inference.table import FrameRows, write_frames
from ferfusion.inference.timeline import Span, faces_of, name_readings, smooth_table, spans, unsure_word
from ferfusion.inference.verdict import METHOD, describe, judge
from ferfusion.prepare.clip import FramePreparer
from ferfusion.prepare.recipe import PrepareRecipe
from ferfusion.prepare.store import write_json
from ferfusion.video.ahead import ahead
from ferfusion.video.reader import Frame, VideoInfo, read_frames, read_info

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
    info: VideoInfo | None = None,
    annotate: bool = True,
    on_frame: OnFrame = lambda stage, frame: None,
) -> VideoPrediction:
    """Predict a video and write its folder.

    The video goes through the very same decoding, cropping and flow as in preparation, by the recipe that
    the model was trained with.

    Args:
        video: The file.
        predictor: The model.
        folder: Where its files are written.
        recipe: Which frames are read, and how the timeline is smoothed.
        info: What the file's header says, where it was read before.
        annotate: Also write the annotated video.
        on_frame: Told of every frame that is done with.

    Raises:
        VideoError: the file is no video that can be read.
    """
    info = info or read_info(video)
    prediction = _read_video(video, predictor, folder, recipe, on_frame)
    write_frames(folder / "frames.csv", prediction.table)
    write_json(folder / "verdict.json", _summary(prediction, info))
    annotated = folder / "annotated.mp4"
    annotated.unlink(missing_ok=True)  # one of an earlier reading would not fit
    if annotate and not prediction.table.empty:
        write_annotated(
            annotated,
            _frames(video, recipe, "Drawing", on_frame),
            ReadingsByFrame(prediction.table, prediction.smoothed),
            prediction.labels,
            rate=info.rate,
            recipe=recipe,
            sound_from=video,
        )
    write_video_page(prediction, explain=predictor.explain if isinstance(predictor, TorchPredictor) else None)
    return prediction


def _read_video(
    video: Path, predictor: Predictor, folder: Path, recipe: PredictRecipe, on_frame: OnFrame
) -> VideoPrediction:
    labels, calibration = predictor.labels, predictor.calibration
    rows, best = FrameRows(labels), TellingMoments()
    prepared = _preparer(predictor.recipe).prepare(
        ahead(_frames(video, recipe, "Reading", on_frame)), chosen=FrameChoice(recipe.every)
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
        video=video.name,
        model=predictor.name,
        folder=folder,
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


@lru_cache(maxsize=1)
def _preparer(recipe: PrepareRecipe) -> FramePreparer:
    """Return the preparer of a recipe; its cascades take longer to load than a short video to read."""
    return FramePreparer(recipe)


def _frames(video: Path, recipe: PredictRecipe, stage: str, on_frame: OnFrame) -> Iterator[Frame]:
    frames = read_frames(video, start_seconds=recipe.start or None, end_seconds=recipe.end)
    for number, frame in enumerate(frames, start=1):
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
