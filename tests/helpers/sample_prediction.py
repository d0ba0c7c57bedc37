"""Predictions of the app's sample video, made by hand: what ``predict`` writes, without a model."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import ferfusion.app
from ferfusion.tables import write_table

SAMPLE = Path(ferfusion.app.__file__).parent / "static" / "sample.mp4"
"""Two rendered people, 240 frames, 25 a second."""
CLASSES = ("Happiness", "Sadness", "Neutral")
FRAMES_PER_SECOND = 25.0
_BOXES = {0: (100.0, 110.0), 1: (490.0, 70.0), 2: (490.0, 70.0)}


def write_sample_predictions(
    out: Path, *, model: str = "model A", frames: int = 240, shift: float = 0.0, video: Path = SAMPLE
) -> Path:
    """Write the folder of predictions of one video, and return it.

    Face 0 is in every frame, face 2 in the first third, face 1 in the last half. Each is happy in the first
    part of every 4 seconds.

    Args:
        out: Folder to write.
        model: Name of the model.
        frames: Number of frames; 90,000 are an hour.
        shift: Seconds by which the expressions come later.
        video: The video.
    """
    folder = out / "sample"
    folder.mkdir(parents=True)
    seen = {0: (0, frames), 1: (frames // 2, frames), 2: (0, frames // 3)}
    tables = {face: _rows(face, *ends, shift=shift) for face, ends in seen.items()}
    table = pd.concat(tables.values()).sort_values(["frame", "face"])
    write_table(folder / "frames.csv", table)
    record = {
        "video": video.name,
        "model": model,
        "frames": frames,
        "frames_per_second": FRAMES_PER_SECOND,
        "statement": "Face 0 displays Happiness (mean probability 0.45). Face 1 displays Neutral.",
        "caution": "",
        "calibration": {"video_coverage": None, "abstain_below_video": 0.0},
        "faces": [_record(face, table, frames) for face, table in tables.items()],
    }
    (folder / "verdict.json").write_text(json.dumps(record))
    (folder / "report.html").write_text("<!doctype html><title>report</title><p>report</p>")
    (out / "videos.csv").write_text(f"folder,video,status\nsample,{video},ok\n")
    return out


def _rows(face: int, first: int, end: int, *, shift: float) -> pd.DataFrame:
    """A row for each frame with a face."""
    frame = np.arange(first, end)
    seconds = frame / FRAMES_PER_SECOND
    happy = 0.05 + 0.85 * ((seconds - shift) % 4 < 1.5)
    p = {"happiness": happy, "sadness": np.full(len(frame), 0.05), "neutral": 0.95 - happy}
    name = np.where(happy > 0.5, "Happiness", "Neutral")
    x, y = _BOXES[face]
    columns: dict[str, Any] = {"frame": frame, "seconds": seconds, "face": face, "x": x, "y": y}
    columns |= {"w": 220.0, "h": 220.0, "status": "ok"}
    columns |= {f"p_{each}": values for each, values in p.items()} | {"expression": name, "smoothed": name}
    return pd.DataFrame(columns | {f"smoothed_{each}": values for each, values in p.items()})


def _record(face: int, table: pd.DataFrame, frames: int) -> dict[str, Any]:
    """The verdict on a face, as in verdict.json."""
    names = table["smoothed"].to_numpy()
    times = np.append(table["seconds"].to_numpy(), table["seconds"].iloc[-1] + 1 / FRAMES_PER_SECOND)
    starts = np.flatnonzero(np.append(True, names[1:] != names[:-1]))
    ends = np.append(starts[1:], len(names))
    return {
        "face": face,
        "expression": "Happiness",
        "top_class": "Happiness",
        "probabilities": {each: float(table[f"p_{each.lower()}"].mean()) for each in CLASSES},
        "interval": [0.31, 0.52],
        "bootstrap_support": 0.97,
        "uncertainty": 0.5,
        "why_no_class": "",
        "shares": {"Happiness": 0.4, "Neutral": 0.6},
        "frames": len(table),
        "share_of_frames": len(table) / frames,
        "timeline": [
            {"start": times[one], "end": times[two], "expression": names[one], "probability": 0.9}
            for one, two in zip(starts, ends, strict=True)
        ],
    }
