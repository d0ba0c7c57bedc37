"""Explain the faces of a video once all its predictions are known, so that both have the same names."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from ferfusion.bundle import BundleInfo
from ferfusion.data.inputs import FaceInput, Windows
from ferfusion.errors import file_errors
from ferfusion.explanation.explainer import Explainer, Explanation
from ferfusion.explanation.pairs import images_of
from ferfusion.inference.network_inputs import zero_flow
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.predictor import Predictor

LINE_COLUMNS = (
    "frame",
    "seconds",
    "face",
    "expression",
    "smoothed",
    "explained",
    "probability",
    "log_odds",
    "baseline",
)
"""Columns of a video's contributions.csv before those of the streams."""


class RecordingPredictor:
    """Predicts as another predictor, and keeps what the model reads in a file: memory holds one batch.

    Args:
        predictor: The model.
        file: A new file, open for reading and writing.
        folder: Its folder, for the message of a full disk.
    """

    explain: None = None
    """Explanations are made later."""

    def __init__(self, predictor: Predictor, file: BinaryIO, folder: Path) -> None:
        self.name, self.info = predictor.name, predictor.info
        self._predictor, self._file, self._folder = predictor, file, folder
        self._batches = 0

    def predict(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]] | None,
        windows: Windows | None = None,
    ) -> NDArray[np.float32]:
        """Return probabilities (B, C)."""
        flows = zero_flow(crops_bhwc) if flow_b2hw is None else flow_b2hw
        for array in (crops_bhwc, flows, *(() if windows is None else (windows,))):
            content = io.BytesIO()  # np.save gives no reason for what it cannot write to a file
            np.save(content, array, allow_pickle=False)
            with file_errors(self._folder):
                self._file.write(content.getbuffer())
        self._batches += 1
        return self._predictor.predict(crops_bhwc, flow_b2hw, windows)

    def face_inputs(self) -> Iterator[list[FaceInput]]:
        """Yield the faces of every batch, in the order of the predictions."""
        with file_errors(self._folder):
            self._file.seek(0)  # writes the rest
        for _ in range(self._batches):
            arrays = [np.load(self._file, allow_pickle=False) for _ in range(3 if self.info.window else 2)]
            yield [FaceInput(*one) for one in zip(*arrays, strict=True)]


@dataclass(frozen=True)
class ExplainedFace:
    """One face of one frame.

    Attributes:
        row: Its row of the frame table, by position.
        face_input: The model's input.
        explanation: The explanation of the top class of the frame, ``expression`` in the frame table.
        why_not: The explanation of the class that the user chose, if any.
    """

    row: int
    face_input: FaceInput
    explanation: Explanation
    why_not: Explanation | None = None

    @property
    def explanations(self) -> tuple[Explanation, ...]:
        """The explanation of every class, without one that comes twice."""
        if self.why_not is None or self.why_not.code == self.explanation.code:
            return (self.explanation,)
        return self.explanation, self.why_not


def explain_faces(
    prediction: VideoPrediction,
    recorded: RecordingPredictor,
    explainer: Explainer,
    *,
    why_not: int | None = None,
) -> Iterator[ExplainedFace]:
    """Yield every row of the frame table that has a face, with its explanations.

    Args:
        prediction: The prediction of a video or photograph by ``recorded``.
        recorded: What the model read.
        explainer: Explains the same model.
        why_not: Code of a class that is explained beside the top class.
    """
    rows = np.flatnonzero(prediction.table["face"].notna().to_numpy())
    # the maps are of one frame, so they explain its own top class, not that of the smoothed probabilities
    names = prediction.table["expression"].iloc[rows]
    codes = np.array([prediction.info.labels.code(name) for name in names], np.int64)
    start = 0
    for face_inputs in recorded.face_inputs():
        stop = start + len(face_inputs)
        images = images_of(explainer, face_inputs)
        predicted = explainer.explain(images, targets=torch.from_numpy(codes[start:stop]))
        others: list[Explanation | None] = [None] * len(face_inputs)
        if why_not is not None:
            chosen = torch.full((len(face_inputs),), why_not)
            others = list(explainer.explain(images, targets=chosen))
        for one in zip(rows[start:stop].tolist(), face_inputs, predicted, others, strict=True):
            yield ExplainedFace(*one)
        start = stop


def contribution_lines(
    face: ExplainedFace, table: pd.DataFrame, bundle_info: BundleInfo
) -> list[dict[str, object]]:
    """Return the rows of a face of one frame in contributions.csv: one for each class that is explained."""
    row = table.iloc[face.row]
    of_frame = {name: row[name] for name in ("frame", "seconds", "face", "expression", "smoothed")}
    return [
        {
            **of_frame,
            "explained": bundle_info.labels.names[one.code],
            "probability": float(one.probabilities[one.code]),
            "log_odds": one.log_odds,
            "baseline": one.baseline,
            **one.contributions,
        }
        for one in face.explanations
    ]
