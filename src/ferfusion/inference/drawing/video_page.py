"""The page on one video: verdict, player with the timeline under it, telling moments, how it was read."""

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.data.inputs import FaceInput
from ferfusion.evaluation.model_calibration import RULE
from ferfusion.explanation.drawing import Tile, contribution_words, draw_flow, enlarged, tiles
from ferfusion.explanation.explain_page import METHOD_NAMES
from ferfusion.explanation.explainer import Explanation
from ferfusion.explanation.recipe import DEFAULT_METHOD
from ferfusion.files import write_text
from ferfusion.inference.apex_frames import Moment
from ferfusion.inference.drawing.overlay import colour_of
from ferfusion.inference.drawing.timeline_chart import HEIGHT, WIDTH, Axis, FaceChart, make_axis, make_chart
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.timeline import unsure_word
from ferfusion.inference.verdict import LEAST_LEAD, LEAST_TURN, METHOD, FaceVerdict
from ferfusion.reporting.pages import render_page
from ferfusion.video.reader import read_info

MOST_EMBEDDED_BYTES = 12_000_000
"""A video up to this size is put into the page; a larger one stays beside it."""
_MOST_FACES = 4
_TILE_PX = 144
Explain = Callable[[Sequence[FaceInput]], Sequence[Explanation]]
"""Gives the reasons of the model's likeliest class for each of several faces."""
_STATUS_WORDS = {
    "ok": "a face, and its expression",
    "no_face": "no face found",
    "small_face": "only a face too small to read",
    "low_score": "only a find too unsure or too short-lived to use",
    "decode_error": "the frame could not be decoded",
}


def write_video_page(prediction: VideoPrediction, folder: Path, *, explain: Explain | None = None) -> None:
    """Write ``report.html``: one file, but for the annotated video where that is large.

    Args:
        prediction: What was read.
        folder: Where the page is written, beside the annotated video.
        explain: Gives the reasons for the telling moments; without it they are shown without.
    """
    table, labels = prediction.table, prediction.labels
    shown = prediction.verdicts[:_MOST_FACES]
    annotated = folder / "annotated.mp4"
    has_video = annotated.is_file()
    embedded = has_video and annotated.stat().st_size <= MOST_EMBEDDED_BYTES
    axis = make_axis(table) if len(table) else None
    charts = [_chart(prediction, axis, verdict.face) for verdict in shown] if axis else []
    statuses = table.drop_duplicates("frame")["status"].value_counts()
    page = render_page(
        "video.html.j2",
        pictures={},
        video=prediction.video,
        model=prediction.model,
        statement=prediction.statement,
        verdicts=shown,
        more_faces=len(prediction.verdicts) - len(shown),
        charts=charts,
        chart_size=(WIDTH, HEIGHT),
        moments={verdict.face: _moments(prediction, verdict, explain) for verdict in shown},
        data=_data(prediction, axis, charts) if axis else None,
        has_video=has_video,
        video_size=_size(annotated) if has_video else None,
        video_base64=base64.b64encode(annotated.read_bytes()).decode("ascii") if embedded else "",
        megabytes=annotated.stat().st_size / 1e6 if has_video else 0.0,
        frames=int(table["frame"].nunique()),
        seconds=float(table["seconds"].max()) if len(table) else 0.0,
        statuses=[(_STATUS_WORDS[str(name)], int(count)) for name, count in statuses.items() if count],
        colours={name: colour_of(name) for name in (*labels.names, unsure_word(labels))},
        labels=labels,
        unsure=unsure_word(labels),
        has_neutral="Neutral" in labels,
        reading=prediction.recipe.in_words,
        calibration=prediction.calibration,
        method=METHOD,
        rule=RULE,
        least_lead=LEAST_LEAD,
        least_turn=LEAST_TURN,
        cam_method=METHOD_NAMES[DEFAULT_METHOD],
    )
    write_text(folder / "report.html", page)


def _size(video: Path) -> tuple[int, int]:
    info = read_info(video)
    return info.width, info.height


def _chart(prediction: VideoPrediction, axis: Axis, face: int) -> FaceChart:
    return make_chart(
        prediction.table,
        prediction.smoothed,
        axis,
        prediction.labels,
        face=face,
        abstain_below=prediction.calibration.abstain_below_pair,
    )


def _data(prediction: VideoPrediction, axis: Axis, charts: list[FaceChart]) -> dict[str, Any]:
    """Return what the page's script needs: times, frames, and each face's probabilities in percent."""
    return {
        "edges": axis.edges.round(3).tolist(),
        "frames": axis.frames.tolist(),
        "start": prediction.recipe.start,
        "labels": list(prediction.labels.names),
        "names": {chart.face: chart.names for chart in charts},
        "percents": {chart.face: _percents(chart.means) for chart in charts},
    }


def _percents(means: NDArray[np.float64]) -> list[list[int] | None]:
    return [None if np.isnan(row).any() else (100 * row).round().astype(int).tolist() for row in means]


def _moments(
    prediction: VideoPrediction, verdict: FaceVerdict, explain: Explain | None
) -> list[dict[str, Any]]:
    """Return the moments that the smoothed timeline agrees with, as pictures with captions."""
    table, labels = prediction.table, prediction.labels
    shown = [
        moment
        for moment in prediction.moments.get(verdict.face, [])
        if _name_at(table, moment.frame, verdict.face) == labels.names[moment.code]
    ]
    explanations = explain([moment.seen for moment in shown]) if explain and shown else [None] * len(shown)
    return [
        {
            "seconds": moment.seconds,
            "expression": labels.names[moment.code],
            "probability": moment.probability,
            "pictures": moment_pictures(moment, explanation),
            "contributions": contribution_words(explanation.contributions) if explanation else "",
        }
        for moment, explanation in zip(shown, explanations, strict=True)
    ]


def _name_at(table: pd.DataFrame, frame: int, face: int) -> str:
    rows = table[(table["frame"] == frame) & (table["face"] == face)]
    return str(rows["smoothed"].iloc[0])


def moment_pictures(moment: Moment, explanation: Explanation | None) -> list[tuple[str, str]]:
    """Return (caption, picture as text) of what the model saw in a moment, and where it looked."""
    if explanation is None:
        shown = [
            Tile("face", enlarged(moment.seen.crop, side=_TILE_PX)),
            Tile("motion", draw_flow(moment.seen.flow, side=_TILE_PX)),
        ]
    else:
        shown = tiles(moment.seen, explanation, side=_TILE_PX)
    return [(tile.caption, png_uri(tile.image)) for tile in shown]


def png_uri(picture_rgb: NDArray[np.uint8]) -> str:
    """Return a picture (H, W, 3) as text that a page can hold."""
    _, png = cv2.imencode(".png", np.ascontiguousarray(picture_rgb[..., ::-1]))
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode("ascii")
