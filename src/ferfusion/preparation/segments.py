"""Which pairs of a track become training samples: the arithmetic of segments, apart from any file."""

import numpy as np
from numpy.typing import NDArray


def segment_starts(num_frames: int, *, length: int = 16) -> list[int]:
    """Return the first frame of each segment of an unbroken run; the last one may be shorter.

    A segment needs two frames to have a pair.

    >>> segment_starts(35, length=16), segment_starts(33, length=16), segment_starts(1)
    ([0, 16, 32], [0, 16], [])
    """
    return [start for start in range(0, num_frames, length) if num_frames - start >= 2]


def kept_pairs(pair_ok: NDArray[np.bool_], *, segment_length: int, keep_every: int) -> list[tuple[int, int]]:
    """Return (segment, pair) for every pair of a track that is kept, both counted from 0.

    A broken pair ends the run of frames that segments are laid on. Inside a segment of ``segment_length``
    frames, every ``keep_every``-th of its ``segment_length - 1`` pairs is kept, the first one always.

    Args:
        pair_ok: For each pair (crop t and the flow t to t+1), whether both frames were there, (T-1,).
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
