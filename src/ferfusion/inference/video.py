"""Read the displayed expressions out of one video file and write everything about it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from ferfusion.corpora.entries import unique_ids
from ferfusion.inference.frames import FrameRow, frame_table, predict_frames
from ferfusion.inference.overlay import Overlay
from ferfusion.inference.page import write_video_page
from ferfusion.inference.predictor import Predictor
from ferfusion.inference.timeline import VideoPrediction, describe, judge
from ferfusion.prepare.clip import FramePreparer
from ferfusion.prepare.store import write_json, write_table
from ferfusion.video.reader import Frame, read_frames, read_info
from ferfusion.video.writer import VideoWriter

OnFrame = Callable[[str, int], None]
"""Called with the name of the stage and the number of frames that it is done with."""


def folder_names(videos: Sequence[Path]) -> list[str]:
    """Return a folder name for each video: its own name, numbered where two videos have the same.

    >>> folder_names([Path("a/clip.mp4"), Path("b/clip.mov"), Path("talk.mp4")])
    ['clip', 'clip-2', 'talk']
    """
    return unique_ids(video.name for video in videos)


def expected_frames(video: Path) -> int | None:
    """Return about how many frames a video has, by what its file says; None where it does not say.

    Raises:
        VideoError: the file is no video that can be read.
    """
    info = read_info(video)
    return None if info.seconds is None else max(1, round(info.seconds * info.rate))


def predict_video(
    video: Path,
    predictor: Predictor,
    folder: Path,
    *,
    annotate: bool = True,
    on_frame: OnFrame = lambda stage, frame: None,
) -> VideoPrediction:
    """Predict a video and write its folder.

    The video goes through the very same decoding, cropping and flow as in preparation, by the recipe that
    the model was trained with.

    Raises:
        VideoError: the file is no video that can be read.
    """
    info = read_info(video)
    preparer = FramePreparer(predictor.recipe)
    frames = preparer.prepare(_counted(read_frames(video), "Reading", on_frame))
    rows: list[FrameRow] = list(predict_frames(frames, predictor))
    table = frame_table(rows, predictor)
    verdicts = judge(table, predictor.labels)
    statement = describe(verdicts, table)
    write_table(folder / "frames.csv", table)
    summary = {
        "video": video.name,
        "frames": int(table["frame"].nunique()),
        "frames_per_second": float(info.rate),
        "statement": statement,
        "faces": [asdict(verdict) for verdict in verdicts],
    }
    write_json(folder / "verdict.json", summary)
    prediction = VideoPrediction(video.name, folder, predictor.labels, table, verdicts, statement)
    if annotate and not table.empty:
        _annotate(video, prediction, on_frame)
    write_video_page(prediction)
    return prediction


def _annotate(video: Path, prediction: VideoPrediction, on_frame: OnFrame) -> None:
    """Write the annotated video: every picture with its own time, and the sound of the original."""
    faces_of = dict(iter(prediction.table.groupby("frame")))
    writer: VideoWriter | None = None
    overlay: Overlay | None = None
    with ExitStack() as opened:
        for frame in _counted(read_frames(video), "Drawing", on_frame):
            if frame.error:
                continue
            picture = frame.rgb()
            if writer is None or overlay is None:
                height, width = picture.shape[:2]
                overlay = Overlay(width=width, height=height, labels=prediction.labels)
                writer = opened.enter_context(
                    VideoWriter(
                        prediction.folder / "annotated.mp4",
                        width=overlay.width,
                        height=overlay.height,
                        rate=read_info(video).rate,
                        audio_from=video,
                        threads=0,
                    )
                )
            writer.write(overlay.draw(picture, faces_of[frame.index]), seconds=frame.seconds)


def _counted(frames: Iterator[Frame], stage: str, on_frame: OnFrame) -> Iterator[Frame]:
    for number, frame in enumerate(frames, start=1):
        yield frame
        on_frame(stage, number)


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
