"""The frame table: a row for every frame that gets a prediction and every face in it."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.actions.names import ACTION_COLUMNS
from ferfusion.inference.predict_faces import FrameRow
from ferfusion.label_set import LabelSet
from ferfusion.preparation.frame_preparer import STATUSES

_ROWS_PER_BLOCK = 4096
_STATUS_CODES = MappingProxyType({status: code for code, status in enumerate(STATUSES)})


class FrameRows:
    """Collects the rows of a video; an hour of one face takes some megabytes.

    Faces are numbered by their area over the whole video, so the numbers are known only at the end.

    Args:
        labels: Classes of the predictions.
        actions: Whether the rows have facial actions.
    """

    def __init__(self, labels: LabelSet, *, actions: bool = False) -> None:
        self._labels = labels
        self._num_actions = len(ACTION_COLUMNS) if actions else 0
        self._blocks: list[NDArray[Any]] = []
        self._block: NDArray[Any] = np.empty(0)
        self._used = 0
        self._dtype = np.dtype(
            [
                ("frame", np.int32),
                ("seconds", np.float64),
                ("track", np.int32),
                ("box", np.float32, (4,)),
                ("status", np.int8),
                ("probabilities", np.float32, (len(labels),)),
                ("actions", np.float32, (self._num_actions,)),
                ("brightness", np.float32),
            ]
        )

    def add(self, row: FrameRow) -> None:
        """Add one row."""
        if self._used == len(self._block):
            self._block, self._used = np.empty(_ROWS_PER_BLOCK, self._dtype), 0
            self._blocks.append(self._block)
        self._block[self._used] = (
            row.frame,
            row.seconds,
            -1 if row.face is None else row.face,
            tuple(np.nan if value is None else value for value in row.box),
            _STATUS_CODES[row.status],
            np.nan if row.probabilities is None else row.probabilities,
            np.nan if row.actions is None or not self._num_actions else row.actions,
            np.nan if row.crop is None else row.crop.mean(),
        )
        self._used += 1

    def table(self) -> tuple[pd.DataFrame, dict[int, int]]:
        """Return the frame table, and each track's face number; face 0 has the largest summed box area."""
        rows = self._rows()
        numbers = _numbers(rows)
        has_face = rows["track"] >= 0
        number_of = np.zeros(
            max(numbers, default=-1) + 2, np.int64
        )  # the last item is for rows without a face
        number_of[list(numbers)] = list(numbers.values())
        codes = np.where(has_face, np.nan_to_num(rows["probabilities"]).argmax(axis=1), -1)
        columns = {
            "frame": rows["frame"].astype(np.int64),
            "seconds": rows["seconds"],
            "face": pd.arrays.IntegerArray(number_of[rows["track"]], ~has_face),
            **{key: rows["box"][:, column] for column, key in enumerate("xywh")},
            "status": _categories(rows["status"], STATUSES),
            **{
                column: rows["probabilities"][:, code]
                for code, column in enumerate(self._labels.probability_columns)
            },
            "expression": _categories(codes, self._labels.names),
        }
        return pd.DataFrame(columns), numbers

    def actions(self) -> pd.DataFrame:
        """Return the facial actions and the head pose of every row; empty cells where there are none."""
        return pd.DataFrame(self._rows()["actions"], columns=ACTION_COLUMNS)

    def brightness(self) -> NDArray[np.float32]:
        """Return the mean value of each row's crop, 0 (black) to 255; nan without a face."""
        return np.asarray(self._rows()["brightness"])

    def _rows(self) -> NDArray[Any]:
        return np.concatenate([*self._blocks[:-1], self._block[: self._used].astype(self._dtype)])


def _categories(codes: NDArray[np.signedinteger[Any]], names: Sequence[str]) -> "pd.Categorical[str]":
    """Return the name of each code in one byte; code -1 has no name."""
    return pd.Categorical.from_codes(codes.astype(np.int8), categories=pd.Index(names))


def _numbers(rows: NDArray[Any]) -> dict[int, int]:
    """Return the number of the face of every track, in the order of falling area over all frames."""
    ok = rows["track"] >= 0
    areas = np.bincount(rows["track"][ok], weights=rows["box"][ok, 2] * rows["box"][ok, 3])
    seen = np.unique(rows["track"][ok])
    order = seen[np.argsort(-areas[seen], kind="stable")]
    return {int(track): number for number, track in enumerate(order)}
