"""Telling moments: for every face and expression, the reading that shows it most, with what the model saw."""

from dataclasses import dataclass

import numpy as np

from ferfusion.data.inputs import FaceInput
from ferfusion.inference.predict_faces import FrameRow

_MOST_TRACKS = 32


@dataclass(frozen=True)
class Moment:
    """One reading of a face: the class that was likeliest, and the model's input.

    Attributes:
        frame: Index of the frame.
        seconds: Its time.
        code: Class code of the likeliest class.
        probability: Its probability.
        seen: What the model was shown.
    """

    frame: int
    seconds: float
    code: int
    probability: float
    seen: FaceInput


class TellingMoments:
    """Keeps, of the rows of a video, the most certain reading of each class for the faces seen the most.

    Memory does not grow with the video: of more than some dozens of faces, the least seen are let go.
    """

    def __init__(self) -> None:
        self._best: dict[int, dict[int, Moment]] = {}
        self._areas: dict[int, float] = {}

    def add(self, row: FrameRow) -> None:
        """Look at one row."""
        if row.face is None or row.probabilities is None or row.crop is None or row.flow is None:
            return
        area = (row.box[2] or 0) * (row.box[3] or 0)
        self._areas[row.face] = self._areas.get(row.face, 0.0) + area
        code = int(row.probabilities.argmax())
        probability = float(row.probabilities[code])
        best = self._best.setdefault(row.face, {})
        if code not in best or probability > best[code].probability:
            window = np.stack(row.window) if len(row.window) else None
            seen = FaceInput(row.crop, row.flow, window)
            best[code] = Moment(row.frame, row.seconds, code, probability, seen)
        if len(self._best) > _MOST_TRACKS:
            least = min((track for track in self._best if track != row.face), key=self._areas.__getitem__)
            del self._best[least]

    def of_track(self, track: int) -> list[Moment]:
        """Return the moments of a track, in the order of time."""
        return sorted(self._best.get(track, {}).values(), key=lambda moment: moment.frame)
