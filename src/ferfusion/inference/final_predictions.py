"""The predictions of a video that will not change any more, while its later frames are still predicted."""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ferfusion.inference.drawing.overlay import DrawnFace
from ferfusion.inference.predict_faces import FrameRow
from ferfusion.inference.smoothing import SMOOTHINGS
from ferfusion.inference.timeline import name_predictions
from ferfusion.label_set import LabelSet
from ferfusion.lookup import choose
from ferfusion.video.timestamps import SLACK_SECONDS

_KEPT = 1024
"""Rows of a track above which those before the window are forgotten."""


@dataclass
class _Track:
    """The times and the summed probabilities of a track; ``sums`` begins with the sum before the first."""

    seconds: list[float]
    sums: list[NDArray[np.float64]]


@dataclass(frozen=True)
class _PredictedFrame:
    """The rows of a frame."""

    index: int
    seconds: float
    status: str
    rows: list[FrameRow] = field(default_factory=list)


class FinalPredictions:
    """Collects the rows of a video, and returns what a frame shows as soon as that is final.

    The smoothed prediction of a face is final once the whole smoothing window has rows. The numbers of faces
    are known only at the end of the video, so a frame with several faces has nothing final before.

    Args:
        labels: Classes of the predictions.
        window_seconds: Length of the smoothing window; 0 turns smoothing off.
        smoothing: Place of the window: centred or causal.
        abstain_below: Probability of the top class below which no class is named.
    """

    def __init__(
        self, labels: LabelSet, *, window_seconds: float, smoothing: str, abstain_below: float
    ) -> None:
        self._labels, self._abstain_below = labels, abstain_below
        before, after = choose(SMOOTHINGS, smoothing, what="smoothing")
        self._before, self._after = before * window_seconds, after * window_seconds
        self._is_smoothed = window_seconds > 0
        self._tracks: dict[int, _Track] = {}
        self._frames: deque[_PredictedFrame] = deque()

    def add(self, row: FrameRow) -> None:
        """Add the next row of the video."""
        if not self._frames or self._frames[-1].index != row.frame:
            self._frames.append(_PredictedFrame(row.frame, row.seconds, row.status))
        if row.face is None or row.probabilities is None:
            return
        self._frames[-1].rows.append(row)
        zeros = np.zeros(len(self._labels))
        track = self._tracks.setdefault(row.face, _Track([], [zeros]))
        track.seconds.append(row.seconds)
        track.sums.append(track.sums[-1] + row.probabilities)

    def at(self, frame: int) -> tuple[Sequence[DrawnFace], str] | None:
        """Return the face of a frame and its status; None if they are not final, or the faces are several.

        A frame without a prediction has the last one before it. Earlier frames are forgotten.
        """
        while len(self._frames) > 1 and self._frames[1].index <= frame:
            self._frames.popleft()
        if not self._frames or self._frames[-1].index < frame:
            return None
        found = self._frames[0]
        if len(found.rows) > 1 or self._frames[-1].seconds <= found.seconds + self._after + SLACK_SECONDS:
            return None
        self._forget(found.seconds)
        return [self._drawn(row) for row in found.rows], found.status

    def _drawn(self, row: FrameRow) -> DrawnFace:
        assert row.face is not None
        smoothed = self._smoothed(row).astype(np.float32)
        [name] = name_predictions(smoothed[None], self._labels, abstain_below=self._abstain_below)
        x, y, w, h = np.array(row.box, np.float32).tolist()  # as in the frame table
        return DrawnFace(0, (x, y, w, h), str(name), smoothed)

    def _smoothed(self, row: FrameRow) -> NDArray[np.float64]:
        """Return the same numbers as ``smooth_over_time``."""
        assert row.face is not None
        assert row.probabilities is not None
        if not self._is_smoothed:
            return row.probabilities.astype(np.float64)
        track = self._tracks[row.face]
        first = bisect_left(track.seconds, row.seconds - self._before - SLACK_SECONDS)
        stop = bisect_right(track.seconds, row.seconds + self._after + SLACK_SECONDS)
        mean: NDArray[np.float64] = (track.sums[stop] - track.sums[first]) / (stop - first)
        return mean

    def _forget(self, seconds: float) -> None:
        """Forget what lies before the window of a time."""
        for track in self._tracks.values():
            if len(track.seconds) > _KEPT:
                first = bisect_left(track.seconds, seconds - self._before - SLACK_SECONDS)
                del track.seconds[:first], track.sums[:first]
