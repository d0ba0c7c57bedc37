"""Windows: the crops of a track that a model reads for a pair, in training and in prediction.

A window is made of ``frames`` crops, ``step`` frames apart, up to and including the pair's own. It does not
reach back over a break in the track, where two crops are not of consecutive frames. In place of crops before
a break, or before the beginning of the track, the first crop after it is repeated.
"""

import numpy as np
import numpy.typing as npt


def run_starts(pair_ok: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return for each crop of a clip the index of the first crop of its unbroken run, (T,).

    Args:
        pair_ok: For each crop but the last, whether the next crop is of the next frame, (T-1,).

    >>> run_starts(np.array([True, False, True])).tolist()
    [0, 0, 2, 2]
    """
    starts_run = np.concatenate([[True], ~pair_ok])
    return np.maximum.accumulate(np.where(starts_run, np.arange(len(starts_run)), 0))


def window_indices(
    last: npt.ArrayLike, *, first: npt.ArrayLike, frames: int, step: int
) -> npt.NDArray[np.int64]:
    """Return the indices of the windows' crops (..., frames), oldest first.

    Args:
        last: The last crop of each window (...).
        first: The earliest crop that each of them may reach (...).
        frames: Crops of a window.
        step: From each crop to the next.

    >>> window_indices([7, 7], first=[0, 4], frames=4, step=2).tolist()
    [[1, 3, 5, 7], [4, 4, 5, 7]]
    """
    back = step * np.arange(frames - 1, -1, -1)
    last, first = np.asarray(last)[..., None], np.asarray(first)[..., None]
    indices: npt.NDArray[np.int64] = np.maximum(last - back, first)
    return indices
