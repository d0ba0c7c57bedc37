"""Photographs as people who do not move: their actions by the estimator ``small``, with their classes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors.numpy import load_file

from curves import WINDOW_SECONDS, Windows
from ferfusion.actions.estimators import make_estimator
from ferfusion.actions.names import ACTIONS
from ferfusion.data.action_curves import ActionCurves, curve_rows
from ferfusion.faces.tracks import TrackedFace, TrackedFrame
from ferfusion.label_set import SEVEN
from ferfusion.video.footage import frames_in_memory


def still_windows(dataset: Path, part: str) -> Windows:
    """Return a window of each photograph of a part, in the order of clip and pair.

    Args:
        dataset: A dataset of stills with seven classes, prepared and split.
        part: ``train``, ``validation`` or ``test``.
    """
    pairs = pairs_of(dataset, part)
    crops = (load_file(dataset / "clips" / f"{clip}.safetensors")["crops"] for clip in pairs["clip"].unique())
    values = np.stack(list(_read(crop for of_clip in crops for crop in of_clip)))
    each = np.arange(len(values))
    # the only frame of a photograph is its rest, as in prediction
    curves = ActionCurves(np.zeros(len(values)), values, values[:, : len(ACTIONS)])
    rows = curves.windows(each, first=each, rows=curve_rows(WINDOW_SECONDS))
    codes = np.array([SEVEN.code(label) for label in pairs["emotion"]])
    return Windows(rows, codes, np.zeros(len(codes), bool), np.ones(len(codes), np.float32))


def pairs_of(dataset: Path, part: str) -> pd.DataFrame:
    """Return the rows of ``data.csv`` of a part, in the order of clip and pair."""
    parts = pd.read_csv(dataset / "splits.csv", dtype=str)
    clips = set(parts.loc[parts["part"] == part, "clip"])
    pairs = pd.read_csv(dataset / "data.csv", dtype={"clip": str}).sort_values(["clip", "pair"])
    return pairs[pairs["clip"].isin(clips)]


def _read(crops: Iterator[NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
    """Yield actions and pose (55,) of each crop, whose face fills it."""
    for _, (face,) in make_estimator("small").follow(_tracked(crop) for crop in crops):
        assert face is not None
        yield np.concatenate([face.coefficients, face.pose_degrees]).astype(np.float32)


def _tracked(crop: NDArray[np.uint8]) -> TrackedFrame:
    [frame] = frames_in_memory(crop[None], fps=1).read()
    box = np.array([0, 0, len(crop), len(crop)], np.float64)
    return TrackedFrame(frame, [TrackedFace(0, box, 1.0)], None, "ok")
