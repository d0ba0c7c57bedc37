"""Select the pairs of a track that become training samples: pure arithmetic of segments."""

import numpy as np
from numpy.typing import NDArray


def segment_starts(num_frames: int, *, length: int = 16) -> list[int]:
    """Return the first frame of each segment of consecutive frames; the last segment may be shorter.

    A segment needs two frames to have a pair.

    >>> segment_starts(35, length=16), segment_starts(33, length=16), segment_starts(1)
    ([0, 16, 32], [0, 16], [])
    """
    return [start for start in range(0, num_frames, length) if num_frames - start >= 2]


def kept_pairs(pair_ok: NDArray[np.bool_], *, segment_length: int, keep_every: int) -> list[tuple[int, int]]:
    """Return (segment, pair) for every pair of a track that is kept, both counted from 0.

    Consecutive frames are divided into segments, and a pair that is not ``pair_ok`` ends them. Of the
    ``segment_length - 1`` pairs of a segment, every ``keep_every``-th is kept, from the first on.

    Args:
        pair_ok: For each pair (crop t and flow t to t+1), whether both frames show the face, (T-1,).
        segment_length: Frames of a segment.
        keep_every: 1 keeps all pairs; ``segment_length`` keeps the first of each segment (the report).

    >>> kept_pairs(np.array([True] * 5 + [False] + [True] * 2), segment_length=4, keep_every=2)
    [(0, 0), (0, 2), (1, 4), (2, 6)]
    """
    kept = []
    segment = 0
    for first, last in _unbroken_runs(pair_ok):
        for start in segment_starts(last - first + 2, length=segment_length):
            end = min(start + segment_length - 1, last - first + 1)
            kept += [(segment, first + pair) for pair in range(start, end, keep_every)]
            segment += 1
    return kept


def _unbroken_runs(pair_ok: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return (first, last) pair of every stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], pair_ok.astype(np.int8), [0]])))
    return [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]
