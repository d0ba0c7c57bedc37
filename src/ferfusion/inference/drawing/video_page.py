"""The page of one video: verdicts, player with the timeline below it, apex frames, settings."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.actions.names import ACTIONS
from ferfusion.actions.rest import LEAST_FRAMES, estimate_rest
from ferfusion.actions.words import NO_CHANGE, actions_at_rest, strongest_actions
from ferfusion.evaluation.model_calibration import THRESHOLD_RULE
from ferfusion.explanation.drawing import Tile, contribution_words, draw_flow, enlarged, tiles
from ferfusion.explanation.explainer import Explanation
from ferfusion.explanation.recipe import DEFAULT_METHOD, METHOD_NAMES
from ferfusion.files import write_text
from ferfusion.inference.apex_frames import ApexFrame
from ferfusion.inference.drawing.timeline_chart import HEIGHT, WIDTH, Axis, FaceChart, make_axis, make_chart
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.prediction_folder import PredictionFolder
from ferfusion.inference.predictor import Explain
from ferfusion.inference.timeline import unsure_word
from ferfusion.inference.verdict import INTERVAL_METHOD, MIN_SUPPORT, MIXED_SHARE, FaceVerdict
from ferfusion.reporting.colours import RgbImage, colour_of
from ferfusion.reporting.pages import data_uri, render_page
from ferfusion.video.reader import read_info

MAX_EMBEDDED_BYTES = 12_000_000
"""A video up to this size becomes a part of the page; a larger video stays a file beside it."""
_MAX_FACES = 4
_TILE_PX = 144
_STATUS_WORDS = {
    "ok": "a face, and its expression",
    "no_face": "no face found",
    "small_face": "only a face that is too small",
    "low_score": "only a detection with a low score",
    "decode_error": "the frame could not be decoded",
}


def write_video_page(prediction: VideoPrediction, folder: Path, *, explain: Explain | None = None) -> None:
    """Write ``report.html`` whole or not at all; a large annotated video stays a file beside it.

    Args:
        prediction: The prediction of the video.
        folder: Folder of the page and the annotated video.
        explain: Explains the apex frames; None shows them without explanations.
    """
    table, bundle_info = prediction.table, prediction.info
    labels = bundle_info.labels
    shown = prediction.verdicts[:_MAX_FACES]
    annotated = PredictionFolder(folder).annotated_file
    has_video = annotated.is_file()
    embedded = has_video and annotated.stat().st_size <= MAX_EMBEDDED_BYTES
    axis = make_axis(table) if len(table) else None
    charts = [_chart(prediction, axis, verdict.face) for verdict in shown] if axis else []
    statuses = table.drop_duplicates("frame")["status"].value_counts()
    page = render_page(
        "video.html.j2",
        images={},
        video=prediction.video,
        model=prediction.model,
        statement=prediction.statement,
        caution=prediction.caution,
        verdicts=shown,
        more_faces=len(prediction.verdicts) - len(shown),
        charts=charts,
        chart_size=(WIDTH, HEIGHT),
        apex_frames={verdict.face: _apex_frames(prediction, verdict, explain) for verdict in shown},
        rests={verdict.face: _rest_words(table, verdict.face) for verdict in shown},
        actions_by=_estimator_words(prediction),
        data=_data(prediction, axis, charts) if axis else None,
        has_video=has_video,
        sound_left_out=prediction.sound_left_out,
        video_size=_size(annotated) if has_video else None,
        video_base64=base64.b64encode(annotated.read_bytes()).decode("ascii") if embedded else "",
        megabytes=annotated.stat().st_size / 1e6 if has_video else 0.0,
        frames=int(table["frame"].nunique()),
        seconds=float(table["seconds"].max()) if len(table) else 0.0,
        statuses=[(_STATUS_WORDS[str(name)], int(count)) for name, count in statuses.items() if count],
        colours={name: colour_of(name, labels) for name in (*labels.names, unsure_word(labels))},
        labels=labels,
        unsure=unsure_word(labels),
        neutral=labels.neutral,
        predict_recipe=prediction.recipe.in_words,
        calibration=bundle_info.calibration,
        method=INTERVAL_METHOD,
        rule=THRESHOLD_RULE,
        min_support=MIN_SUPPORT,
        mixed_share=MIXED_SHARE,
        cam_method=METHOD_NAMES[DEFAULT_METHOD],
    )
    write_text(PredictionFolder(folder).page_file, page)


def _estimator_words(prediction: VideoPrediction) -> str:
    """Return which estimator read the facial actions, and how many of them it gives."""
    name = prediction.recipe.actions
    if not name:
        return ""
    known = int(prediction.table[list(ACTIONS)].notna().any().sum())
    return f"by the estimator {name}, which read {known} of {len(ACTIONS)} here"


def _size(video: Path) -> tuple[int, int]:
    video_info = read_info(video)
    return video_info.width, video_info.height


def _chart(prediction: VideoPrediction, axis: Axis, face: int) -> FaceChart:
    return make_chart(
        prediction.table,
        prediction.smoothed,
        axis,
        prediction.info.labels,
        face=face,
        abstain_below=prediction.info.calibration.abstain_below_pair,
    )


def _data(prediction: VideoPrediction, axis: Axis, charts: list[FaceChart]) -> dict[str, Any]:
    """Return the data of the page's script: times, frames, and each face's probabilities in percent."""
    return {
        "edges": axis.edges.round(3).tolist(),
        "frames": axis.frames.tolist(),
        "start": prediction.recipe.start,
        "labels": list(prediction.info.labels.names),
        "names": {chart.face: chart.names for chart in charts},
        "percents": {chart.face: _percents(chart.means) for chart in charts},
    }


def _percents(means: NDArray[np.float64]) -> list[list[int] | None]:
    return [None if np.isnan(row).any() else (100 * row).round().astype(int).tolist() for row in means]


def _apex_frames(
    prediction: VideoPrediction, verdict: FaceVerdict, explain: Explain | None
) -> list[dict[str, Any]]:
    """Return the apex frames of a face whose class is also its name in the smoothed timeline."""
    table, labels = prediction.table, prediction.info.labels
    shown = [
        apex
        for apex in prediction.apex_frames.get(verdict.face, [])
        if _name_at(table, apex.frame, verdict.face) == labels.names[apex.code]
    ]
    actions = _action_words(table, verdict.face, [apex.frame for apex in shown])
    explanations = explain([apex.face_input for apex in shown]) if explain and shown else [None] * len(shown)
    return [
        {
            "seconds": apex.seconds,
            "expression": labels.names[apex.code],
            "probability": apex.probability,
            "images": apex_images(apex, explanation, with_flow=prediction.info.reads_flow),
            "contributions": contribution_words(explanation.contributions) if explanation else "",
            "actions": words,
        }
        for apex, explanation, words in zip(shown, explanations, actions, strict=True)
    ]


def _action_words(table: pd.DataFrame, face: int, frames: Sequence[int]) -> list[str]:
    """Return the strongest facial actions of a face in each frame, in words; empty without actions."""
    if ACTIONS[0] not in table:
        return [""] * len(frames)
    own = table[table["face"] == face].set_index("frame")[list(ACTIONS)]
    if len(own) < LEAST_FRAMES:
        return ["too few frames for a rest"] * len(frames)
    rest = estimate_rest(own.to_numpy(np.float64))
    found = (own.loc[frame].to_numpy(np.float64) for frame in frames)
    return [
        "actions not read" if np.isnan(each).all() else ", ".join(strongest_actions(each, rest)) or NO_CHANGE
        for each in found
    ]


def _rest_words(table: pd.DataFrame, face: int) -> str:
    """Return what the calmest frames of a face show, if that is no rest."""
    own = table[table["face"] == face]
    if ACTIONS[0] not in table or len(own) < LEAST_FRAMES:
        return ""
    return ", ".join(actions_at_rest(estimate_rest(own[list(ACTIONS)].to_numpy(np.float64))))


def _name_at(table: pd.DataFrame, frame: int, face: int) -> str:
    rows = table[(table["frame"] == frame) & (table["face"] == face)]
    return str(rows["smoothed"].iloc[0])


def apex_images(
    apex: ApexFrame, explanation: Explanation | None, *, with_flow: bool
) -> list[tuple[str, str]]:
    """Return (caption, data URI) of the images of an apex frame.

    Args:
        apex: The apex frame.
        explanation: Its explanation, which adds the class activation maps; None shows the input only.
        with_flow: Whether the model reads optical flow.
    """
    side, face_input = _TILE_PX, apex.face_input
    if explanation is not None:
        shown = tiles(face_input, explanation, side=side)
    else:
        shown = [Tile("face", enlarged(face_input.crop, side=side))]
        if with_flow:
            shown.append(Tile("motion", draw_flow(face_input.flow, side=side)))
    return [(tile.caption, png_uri(tile.image)) for tile in shown]


def png_uri(image: RgbImage) -> str:
    """Return an image (H, W, 3) as the data URI of a PNG file."""
    _, png = cv2.imencode(".png", np.ascontiguousarray(image[..., ::-1]))
    return data_uri(png.tobytes())
