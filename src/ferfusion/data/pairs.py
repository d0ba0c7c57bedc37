"""The pairs of a dataset for training: the part and the class of each, and the counts of the classes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ferfusion.errors import DatasetError
from ferfusion.label_set import LabelSet
from ferfusion.parts import Part
from ferfusion.reporting.words import counted

_NEEDED: tuple[Part, ...] = ("train", "validation")

IDENTITY_COLUMNS = ("video", "clip", "subject", "frame", "seconds", "code", "emotion")
"""The columns of the pair table that tell which pair a prediction is about."""


@dataclass(frozen=True)
class PartedPairs:
    """A dataset's pair table with the part of every row.

    Attributes:
        table: A row per kept pair.
        labels: The label set that the codes are of.
        part_of_row: Name of each row's part.
    """

    table: pd.DataFrame
    labels: LabelSet
    part_of_row: npt.NDArray[np.str_]

    def rows(self, part: Part) -> npt.NDArray[np.int64]:
        """Return the row numbers of a part."""
        return np.flatnonzero(self.part_of_row == part)

    @property
    def codes(self) -> npt.NDArray[np.int64]:
        """Class code of every row."""
        return self.table["code"].to_numpy(np.int64)

    @property
    def part_of_clip(self) -> dict[str, Part]:
        """The part of each clip."""
        return dict(zip(self.table["clip"], self.part_of_row.tolist(), strict=True))

    def class_counts(self, part: Part) -> dict[str, int]:
        """Return how many pairs of each class a part has, in label order."""
        counts = np.bincount(self.codes[self.rows(part)], minlength=len(self.labels))
        return dict(zip(self.labels.names, counts.tolist(), strict=True))


def parted_pairs(table: pd.DataFrame, part_of_clip: Mapping[str, Part], *, labels: LabelSet) -> PartedPairs:
    """Return a pair table with the part of every row.

    Raises:
        DatasetError: a clip has no part, a code is not of the label set, or there is nothing to train or
            validate on.
    """
    parts = table["clip"].map(dict(part_of_clip))
    if parts.isna().any():
        lost = sorted(table["clip"][parts.isna()].unique())
        raise DatasetError(
            f"No part for {counted(len(lost), 'clip')}, the first is {lost[0]!r}; run `ferfusion split` again"
        )
    if not table["code"].between(0, len(labels) - 1).all():
        raise DatasetError(
            f"data.csv has class codes outside 0 to {len(labels) - 1}; "
            "delete it and run ferfusion prepare again"
        )
    pairs = PartedPairs(table, labels, parts.to_numpy(dtype=np.str_))
    for part in _NEEDED:
        if not len(pairs.rows(part)):
            raise DatasetError(f"The {part} part has no pair; run `ferfusion split` with more subjects in it")
    return pairs


def shuffle_video_labels(pairs: PartedPairs, *, part: Part, seed: int) -> npt.NDArray[np.int64]:
    """Return the code of every row, with the labels of one part's videos shuffled among those videos.

    A control: a model of such labels is no better than chance on unseen subjects. All pairs of a video share
    one label, so that the labels are as easy to memorise as the true ones.
    """
    codes = pairs.codes.copy()
    rows = pairs.rows(part)
    _, first, video_of_row = np.unique(
        pairs.table["video"].to_numpy(dtype=np.str_)[rows], return_index=True, return_inverse=True
    )
    shuffled = np.random.default_rng(seed).permutation(codes[rows][first])
    codes[rows] = shuffled[video_of_row]
    return codes
