"""The page on one video: the verdict, the annotated video, the timeline, and what became of every frame."""

from pathlib import Path

import numpy as np
import pandas as pd

from ferfusion.evaluation.canvas import INK, add_legend, new_canvas, save, set_title
from ferfusion.evaluation.pages import render_page
from ferfusion.inference.overlay import colour_of
from ferfusion.inference.timeline import VideoPrediction
from ferfusion.labels import LabelSet
from ferfusion.prepare.store import write_text

_STATUS_WORDS = {
    "ok": "a face, and its expression",
    "no_face": "no face found",
    "small_face": "only a face too small to read",
    "low_score": "only a find too unsure or too short-lived to use",
    "decode_error": "the frame could not be decoded",
}


def write_video_page(prediction: VideoPrediction) -> None:
    """Write ``report.html``; it links the annotated video that lies beside it and needs nothing else."""
    folder, table, labels = prediction.folder, prediction.table, prediction.labels
    pictures = {
        f"face_{verdict.face}": draw_timeline(
            folder / f"timeline_{verdict.face}.png", table, face=verdict.face, labels=labels
        )
        for verdict in prediction.verdicts
    }
    statuses = table.drop_duplicates("frame")["status"].value_counts()
    page = render_page(
        "video.html.j2",
        pictures=pictures,
        video=prediction.video,
        statement=prediction.statement,
        verdicts=prediction.verdicts,
        has_video=(folder / "annotated.mp4").is_file(),
        frames=int(table["frame"].nunique()),
        seconds=float(table["seconds"].max()) if len(table) else 0.0,
        statuses=[(_STATUS_WORDS[str(name)], int(count)) for name, count in statuses.items()],
        colours={name: colour_of(name) for name in labels.names},
    )
    write_text(folder / "report.html", page)


def draw_timeline(path: Path, table: pd.DataFrame, *, face: int, labels: LabelSet) -> Path:
    """Draw the class probabilities of one face over time, stacked; time without the face stays empty."""
    rows = table[(table["face"] == face) & (table["status"] == "ok")].set_index("frame")
    seconds_of = table.drop_duplicates("frame").set_index("frame")["seconds"]
    columns = list(labels.probability_columns)
    everywhere = rows[columns].astype(float).reindex(seconds_of.index)
    figure, axes = new_canvas(height=2.5, width=7.5)
    axes.stackplot(
        seconds_of.to_numpy(float),
        np.nan_to_num(everywhere.to_numpy(float)).T,
        labels=list(labels.names),
        colors=[colour_of(name) for name in labels.names],
        linewidth=0,
    )
    axes.set_ylim(0, 1)
    axes.set_xlim(float(seconds_of.min()), max(float(seconds_of.max()), float(seconds_of.min()) + 0.04))
    axes.set_xlabel("seconds")
    axes.set_ylabel("probability")
    set_title(axes, f"Face {face}", "Class probabilities of each frame; white: the face is not there")
    axes.tick_params(labelcolor=INK)
    add_legend(figure, axes, columns=len(labels))
    return save(figure, path)
