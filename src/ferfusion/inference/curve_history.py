"""Windows of action curves during prediction, equal to those that training makes from a prepared clip."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ferfusion.actions.names import ACTIONS
from ferfusion.actions.rest import RunningRest
from ferfusion.data.action_curves import CURVE_RATE, UNREAD, latest_window
from ferfusion.preparation.frame_preparer import PreparedFace, PreparedFrame


@dataclass
class _Track:
    """The latest frames of a track since its last break, and its rest by now."""

    running: RunningRest = field(default_factory=RunningRest)
    seconds: deque[float] = field(default_factory=deque)
    values: deque[NDArray[np.float32]] = field(default_factory=deque)
    rest: NDArray[np.float32] = field(default_factory=lambda: UNREAD[:0])

    def add(self, face: PreparedFace, seconds: float, *, reach_seconds: float) -> None:
        values = UNREAD if face.actions is None else face.actions.row
        self.seconds.append(seconds)
        self.values.append(values)
        self.rest = self.running.add(values[: len(ACTIONS)])
        # the frame before the window's first moment is kept too: that moment may lie after it
        while len(self.seconds) > 1 and self.seconds[1] <= seconds - reach_seconds:
            self.seconds.popleft()
            self.values.popleft()


class CurveHistory:
    """Keeps the latest facial actions of every face in view, as far back as a window reaches, and its rest.

    The history of a track ends where a frame does not show the track, as that of its crops does.

    Args:
        rows: Rows of a window.
    """

    def __init__(self, *, rows: int) -> None:
        self._rows, self._reach_seconds = rows, (rows - 1) / CURVE_RATE
        self._tracks: dict[int, _Track] = {}
        self._last_index = -1

    def add(self, frame: PreparedFrame) -> None:
        """Add the faces of the next frame."""
        before = self._tracks if frame.index == self._last_index + 1 else {}
        self._last_index = frame.index
        self._tracks = {face.track: before.get(face.track) or _Track() for face in frame.faces}
        for face in frame.faces:
            self._tracks[face.track].add(face, frame.seconds, reach_seconds=self._reach_seconds)

    def window(self, track: int) -> NDArray[np.float32]:
        """Return the window (rows, CURVE_COLUMNS) of a face in view, oldest row first."""
        kept = self._tracks[track]
        return latest_window(kept.seconds, kept.values, kept.rest, rows=self._rows)

    @property
    def num_kept(self) -> int:
        """Number of frames in memory, beside those of the rest."""
        return sum(len(track.seconds) for track in self._tracks.values())
