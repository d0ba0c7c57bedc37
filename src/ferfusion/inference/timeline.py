"""From predictions of single frames to a statement on a video: pure, from tables alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ferfusion.labels import LabelSet

FRAME_COLUMNS = ("frame", "seconds", "face", "x", "y", "w", "h", "status")


@dataclass(frozen=True)
class FaceVerdict:
    """The displayed expression of one face over a video.

    Attributes:
        face: Number of the face, from 0 for the one that fills the most of the video.
        expression: The class with the highest mean probability over the face's frames.
        probabilities: Mean probability of each class.
        uncertainty: Entropy of ``probabilities`` over its largest value: 0 is sure, 1 knows nothing.
        agreement: Share of the face's frames whose own expression is the verdict's.
        frames: Number of frames that show the face.
        share_of_frames: The same as a share of all decoded frames.
    """

    face: int
    expression: str
    probabilities: dict[str, float]
    uncertainty: float
    agreement: float
    frames: int
    share_of_frames: float


@dataclass(frozen=True)
class VideoPrediction:
    """What was read out of a video.

    Attributes:
        video: Name of the video file.
        folder: Where the files are: frames.csv, verdict.json, annotated.mp4, report.html.
        labels: Classes of the table.
        table: The frame table: a row for every decoded frame and face.
        verdicts: One verdict for each face; empty where no face was found.
        statement: The verdicts, or why there is none, in words.
    """

    video: str
    folder: Path
    labels: LabelSet
    table: pd.DataFrame
    verdicts: list[FaceVerdict]
    statement: str


def judge(table: pd.DataFrame, labels: LabelSet) -> list[FaceVerdict]:
    """Return a verdict for each face of a frame table, the most seen face first."""
    num_frames = table["frame"].nunique()
    seen = table[table["status"] == "ok"]
    verdicts = []
    for face, rows in seen.groupby("face", sort=True):
        mean = rows[list(labels.probability_columns)].to_numpy(float).mean(axis=0)
        expression = labels.names[int(mean.argmax())]
        verdicts.append(
            FaceVerdict(
                face=int(float(str(face))),  # a table read from a file has them as floats
                expression=expression,
                probabilities={name: float(p) for name, p in zip(labels.names, mean, strict=True)},
                uncertainty=normalised_entropy(mean),
                agreement=float((rows["expression"] == expression).mean()),
                frames=len(rows),
                share_of_frames=len(rows) / num_frames,
            )
        )
    return verdicts


def normalised_entropy(probabilities: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Return the entropy of a distribution over that of the uniform one, 0 to 1.

    >>> normalised_entropy(np.array([0.5, 0.5])), normalised_entropy(np.array([1.0, 0.0]))
    (1.0, 0.0)
    """
    positive = probabilities[probabilities > 0]
    return abs(float(-(positive * np.log(positive)).sum() / np.log(len(probabilities))))


def describe(verdicts: list[FaceVerdict], table: pd.DataFrame) -> str:
    """Return the verdict on a video as one sentence a face, or why there is none."""
    num_frames = table["frame"].nunique()
    if not verdicts:
        statuses = table["status"].value_counts()
        reasons = ", ".join(f"{status} {count}" for status, count in statuses.items())
        return (
            f"No face was found in any of {num_frames} frames, so no expression is given ({reasons})."
            if num_frames
            else "No frame could be decoded, so no expression is given."
        )
    return " ".join(
        f"Face {verdict.face} displays {verdict.expression} "
        f"(mean probability {verdict.probabilities[verdict.expression]:.2f}, "
        f"{verdict.agreement:.0%} of its {verdict.frames} frames agree, "
        f"uncertainty {verdict.uncertainty:.2f}; seen in {verdict.share_of_frames:.0%} of the video)."
        for verdict in verdicts
    )
