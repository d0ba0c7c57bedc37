"""Windows of crops during prediction, equal to those that training makes from a prepared clip."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from ferfusion.data.windows import window_indices
from ferfusion.preparation.frame_preparer import PreparedFrame


class CropHistory:
    """Keeps the latest crops of every face in view, as far back as a window reaches.

    The history of a track ends where a frame does not show the track, in the same way as a broken pair ends a
    window in a prepared clip.

    Args:
        frames: Crops of a window; 0 keeps nothing.
        step: Frames from each crop of a window to the next.
    """

    def __init__(self, *, frames: int, step: int) -> None:
        self._frames, self._step = frames, step
        self._reach = (frames - 1) * step + 1 if frames else 0
        self._crops_of: dict[int, deque[NDArray[np.uint8]]] = {}
        self._last_index = -1

    def add(self, frame: PreparedFrame) -> None:
        """Add the faces of the next frame."""
        before = self._crops_of if frame.index == self._last_index + 1 else {}
        self._last_index = frame.index
        self._crops_of = {
            face.track: before.get(face.track, deque(maxlen=self._reach)) for face in frame.faces
        }
        for face in frame.faces:
            self._crops_of[face.track].append(face.crop)

    def window(self, track: int) -> list[NDArray[np.uint8]]:
        """Return the crops (S, S, 3) of the window of a face in view, oldest first."""
        crops = self._crops_of[track]
        indices = window_indices(len(crops) - 1, first=0, frames=self._frames, step=self._step)
        return [crops[index] for index in indices.tolist()]

    @property
    def num_kept(self) -> int:
        """Number of crops in memory."""
        return sum(map(len, self._crops_of.values()))
