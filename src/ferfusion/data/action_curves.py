"""Action curves: what a face did in the last one or two seconds, in the form that a model reads.

A window has a row for each moment, ``CURVE_RATE`` a second up to the pair's own frame, whatever the frame
rate: a moment between two frames has the values between theirs. As a window of crops, it does not reach back
over a break in the track; moments before the break have the values of the first frame after it.

Rest is estimated from the frames of the track so far, since its last break: a file and a live source have
the same, and so have training and prediction.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ferfusion.actions.names import ACTION_COLUMNS, ACTIONS, other_side
from ferfusion.actions.rest import RunningRest

CURVE_RATE = 16
"""Rows of a window per second: twice as many as the fastest speech needs, and two in the shortest blink."""
POSE = slice(2 * len(ACTIONS), 2 * len(ACTIONS) + 3)
"""Columns of a row with yaw, pitch and roll."""
READ = POSE.stop
"""Column of a row that is 1 where the actions were read, and 0 where not; all others are 0 there too."""
CURVE_COLUMNS = READ + 1
"""Values of a row: the actions, the actions minus the person's rest, the pose, and whether they were read."""
UNREAD = np.full(len(ACTION_COLUMNS), np.nan, np.float32)
"""The values of a face whose actions were not read."""
_POSE_DEGREES = 30.0
"""Degrees of the pose that are 1 in a row."""
_NEAR = 1e-6
"""Share of the way between two frames below which a moment is that of a frame."""


@dataclass(frozen=True, eq=False)
class ActionCurves:
    """The facial actions of a face in the frames of its track.

    Attributes:
        seconds: Time of each frame, (T,).
        values: Actions and pose in degrees, as ``ACTION_COLUMNS``, (T, 55); nan where they were not read.
        rests: Actions at rest as far as each frame and those before it tell, (T, 52).
    """

    seconds: npt.NDArray[np.float64]
    values: npt.NDArray[np.float32]
    rests: npt.NDArray[np.float32]

    def windows(
        self, last: npt.NDArray[np.int64], *, first: npt.NDArray[np.int64], rows: int
    ) -> npt.NDArray[np.float32]:
        """Return the windows (N, rows, CURVE_COLUMNS) of some frames, oldest row first.

        Args:
            last: The frame of each window (N,).
            first: The earliest frame that each of them may reach (N,).
            rows: Rows of a window, see ``curve_rows``.
        """
        values = self._at_moments(last[:, None], first[:, None], rows=rows)
        actions, pose = np.split(values, [len(ACTIONS)], axis=2)
        changes = actions - self.rests[last][:, None]
        is_read = np.isfinite(values).any(axis=2, keepdims=True)
        windows = np.concatenate([actions, changes, pose / _POSE_DEGREES, is_read], axis=2, dtype=np.float32)
        found: npt.NDArray[np.float32] = np.nan_to_num(windows, copy=False, nan=0.0)
        return found

    def _at_moments(
        self, last: npt.NDArray[np.int64], first: npt.NDArray[np.int64], *, rows: int
    ) -> npt.NDArray[np.float32]:
        """Return the values (N, rows, 55) at the moments of windows; nan beside a frame that was not read."""
        back = np.arange(rows - 1, -1, -1) / CURVE_RATE
        moments = np.maximum(self.seconds[last] - back, self.seconds[first])
        after = np.clip(np.searchsorted(self.seconds, moments), first, last)
        before = np.maximum(after - 1, first)
        steps = self.seconds[after] - self.seconds[before]
        share = np.divide(moments - self.seconds[before], steps, out=np.ones_like(steps), where=steps > 0)
        share = share[..., None].astype(np.float32)
        earlier, later = self.values[before], self.values[after]
        between = earlier + share * (later - earlier)
        chosen = np.where(share > 1 - _NEAR, later, np.where(share < _NEAR, earlier, between))
        return np.asarray(chosen, np.float32)


def curve_rows(seconds: float) -> int:
    """Return the rows of a window of so many seconds.

    >>> curve_rows(1.5)
    25
    """
    return round(seconds * CURVE_RATE) + 1


def track_curves(
    seconds: npt.NDArray[np.float64],
    actions: npt.NDArray[np.float32],
    pose_degrees: npt.NDArray[np.float32],
    starts: npt.NDArray[np.int64],
) -> ActionCurves:
    """Return the curves of a clip, with the rest that each frame knows.

    Args:
        seconds: Time of each frame (T,).
        actions: Facial actions (T, 52); nan where they were not read.
        pose_degrees: Yaw, pitch and roll (T, 3).
        starts: For each frame the index at which its unbroken run begins (T,), see ``run_starts``.
    """
    rests = np.empty(actions.shape, np.float32)
    running = RunningRest()
    for index, coefficients in enumerate(actions):
        if starts[index] == index:
            running = RunningRest()
        rests[index] = running.add(coefficients)
    return ActionCurves(seconds, np.concatenate([actions, pose_degrees], axis=1), rests)


def latest_window(
    seconds: Sequence[float],
    values: Sequence[npt.NDArray[np.float32]],
    rest: npt.NDArray[np.float32],
    *,
    rows: int,
) -> npt.NDArray[np.float32]:
    """Return the window (rows, CURVE_COLUMNS) of the latest frame of an unbroken run.

    Args:
        seconds: Time of each frame, as far back as the window reaches.
        values: Actions and pose of each frame (55,).
        rest: Actions at rest (52,) as far as the frames tell.
        rows: Rows of the window.
    """
    rests = np.broadcast_to(rest, (len(seconds), len(ACTIONS)))
    curves = ActionCurves(np.array(seconds), np.stack(values), rests)
    [window] = curves.windows(np.array([len(seconds) - 1]), first=np.array([0]), rows=rows)
    return np.asarray(window, np.float32)


def mirrored_columns() -> list[int]:
    """Return for each column of a row the one of the other side of the face."""
    sides = [ACTIONS.index(other_side(name)) for name in ACTIONS]
    return [*sides, *(len(ACTIONS) + side for side in sides), *range(POSE.start, CURVE_COLUMNS)]
