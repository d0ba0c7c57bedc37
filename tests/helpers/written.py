"""The folder of a prediction, made by hand: what ``predict`` writes of a video, without a model."""

import json
from pathlib import Path

import pandas as pd

from ferfusion.label_set import LabelSet
from ferfusion.tables import write_table

LABELS = LabelSet(("Happiness", "Neutral"))
FACES = {0: range(50), 1: range(60, 100), 2: range(20, 40)}
"""Frames with each face, 10 a second: face 1 comes when face 0 has gone, face 2 while it is there."""


def happiness(face: int, frame: int) -> float:
    """Probability of Happiness: face 0 is happy in its first 25 frames, face 1 in all, face 2 in none."""
    return {0: 0.9 if frame < 25 else 0.2, 1: 0.7, 2: 0.1}[face]


def frame_table(*, actions: bool = False) -> pd.DataFrame:
    """A row per frame and face of 10 seconds."""
    from ferfusion.actions.names import ACTION_COLUMNS

    rows = []
    for frame in range(100):
        found = [face for face, frames in FACES.items() if frame in frames]
        for face in found or [None]:
            row: dict[str, object] = {"frame": frame, "seconds": frame / 10, "face": face}
            if face is None:
                row |= {"status": "no_face"}
            else:
                p = happiness(face, frame)
                name = "Happiness" if p > 0.5 else "Neutral"
                row |= {"x": 10.0 * face, "y": 5.0, "w": 20.0, "h": 20.0, "status": "ok"}
                row |= {"p_happiness": p, "p_neutral": 1 - p, "expression": name, "smoothed": name}
                row |= {"smoothed_happiness": p, "smoothed_neutral": 1 - p}
                if actions:
                    row |= dict.fromkeys(ACTION_COLUMNS, 0.0)
                    smile = 0.8 if p > 0.8 else 0.0
                    row |= {"mouthSmileLeft": smile, "mouthSmileRight": smile}
            rows.append(row)
    columns = ["frame", "seconds", "face", "x", "y", "w", "h", "status", "p_happiness", "p_neutral"]
    columns += ["expression", "smoothed", "smoothed_happiness", "smoothed_neutral"]
    columns += list(ACTION_COLUMNS) if actions else []
    return pd.DataFrame(rows, columns=columns).astype({"face": "Int64"})


def face_record(face: int) -> dict[str, object]:
    """The verdict on a face, as in verdict.json."""
    frames = FACES[face]
    mean = sum(happiness(face, frame) for frame in frames) / len(frames)
    top = "Happiness" if mean > 0.5 else "Neutral"
    return {
        "face": face,
        "expression": top,
        "top_class": top,
        "probabilities": {"Happiness": mean, "Neutral": 1 - mean},
        "interval": [0.4, 0.8],
        "bootstrap_support": 1.0,
        "uncertainty": 0.5,
        "why_no_class": "",
        "shares": {top: 1.0},
        "frames": len(frames),
        "share_of_frames": len(frames) / 100,
        "timeline": [
            {"start": frames[0] / 10, "end": frames[-1] / 10 + 0.1, "expression": top, "probability": mean}
        ],
    }


def write_prediction_folder(folder: Path, *, actions: bool = False) -> Path:
    """Write the folder of the prediction of a video."""
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / "frames.csv", frame_table(actions=actions))
    record = {
        "video": "a.mp4",
        "model": "m",
        "frames": 100,
        "frames_per_second": 10.0,
        "statement": "Face 0 displays Happiness (mean probability 0.55). 2 more faces are in the table.",
        "caution": "",
        "calibration": {"video_coverage": None, "abstain_below_video": 0.0},
        "faces": [face_record(face) for face in FACES],
    }
    (folder / "verdict.json").write_text(json.dumps(record))
    (folder / "report.html").write_text("<p>report</p>")
    return folder


def write_predictions(out: Path, video: Path | str = "/none/a.mp4") -> Path:
    """Write a folder of predictions with that of one video, and return it."""
    write_prediction_folder(out / "a")
    (out / "videos.csv").write_text(f"folder,video,status\na,{video},ok\n")
    return out
