"""The segments and videos of a part's pairs, and means over them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ferfusion.data.pairs import PartedPairs
from ferfusion.parts import Part

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Segments:
    """The segments and videos of one part, both numbered from 0.

    Attributes:
        rows: Rows of the pair table, in its order (N,).
        segment_of_row: Segment of each of those rows (N,).
        video_of_segment: Video of each segment (M,).
        code_of_video: Class code of each video (V,).
    """

    rows: IntArray
    segment_of_row: IntArray
    video_of_segment: IntArray
    code_of_video: IntArray

    @property
    def video_of_row(self) -> IntArray:
        """Video of each row (N,)."""
        return self.video_of_segment[self.segment_of_row]

    @property
    def code_of_segment(self) -> IntArray:
        """Class code of each segment (M,)."""
        return self.code_of_video[self.video_of_segment]


def part_segments(pairs: PartedPairs, *, part: Part, codes: IntArray) -> Segments:
    """Return the segments and videos of a part.

    Args:
        pairs: The pair table.
        part: The part.
        codes: Class code of every row of the table; all rows of a video have the same.
    """
    rows = pairs.rows(part)
    table = pairs.table.iloc[rows]
    segment_of_row = table.groupby(["clip", "segment"], sort=False).ngroup().to_numpy()
    video_of_row = table.groupby("video", sort=False).ngroup().to_numpy()
    _, first_row_of_segment = np.unique(segment_of_row, return_index=True)
    _, first_row_of_video = np.unique(video_of_row, return_index=True)
    return Segments(
        rows=rows,
        segment_of_row=segment_of_row.astype(np.int64),
        video_of_segment=video_of_row[first_row_of_segment].astype(np.int64),
        code_of_video=codes[rows][first_row_of_video],
    )


def group_means(values: Tensor, groups: IntArray) -> Tensor:
    """Return the mean (G, F) of the values (N, F) of each group; ``groups`` (N,) numbers them from 0.

    >>> group_means(torch.tensor([[1.0], [3.0], [5.0]]), np.array([0, 0, 1])).tolist()
    [[2.0], [5.0]]
    """
    group_of_row = torch.from_numpy(groups).to(values.device)
    counts = torch.bincount(group_of_row)
    sums = values.new_zeros(len(counts), values.shape[1]).index_add_(0, group_of_row, values)
    return sums / counts.unsqueeze(1)
