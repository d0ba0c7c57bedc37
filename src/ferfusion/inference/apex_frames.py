"""Apex frames: for every face and class, the frame with the highest probability, and the model's input."""

from dataclasses import dataclass

from ferfusion.data.inputs import FaceInput
from ferfusion.inference.predict_faces import FrameRow

_MAX_TRACKS = 32


@dataclass(frozen=True)
class ApexFrame:
    """The frame in which the prediction of a class is most certain, for one face.

    Attributes:
        frame: Index of the frame.
        seconds: Time of the frame.
        code: Code of the top class.
        probability: Probability of the top class.
        face_input: Input of the model; the flow is 0 for a model that reads no flow.
    """

    frame: int
    seconds: float
    code: int
    probability: float
    face_input: FaceInput


class ApexFrames:
    """Finds the apex frames among the rows of a video.

    Memory does not grow with the length of the video: at most 32 faces are kept, those with the largest area
    over all frames so far.
    """

    def __init__(self) -> None:
        self._best: dict[int, dict[int, ApexFrame]] = {}
        self._areas: dict[int, float] = {}

    def add(self, row: FrameRow) -> None:
        """Compare one row with the rows before it."""
        if row.face is None or row.probabilities is None or row.crop is None:
            return
        area = (row.box[2] or 0) * (row.box[3] or 0)
        self._areas[row.face] = self._areas.get(row.face, 0.0) + area
        code = int(row.probabilities.argmax())
        probability = float(row.probabilities[code])
        best = self._best.setdefault(row.face, {})
        if code not in best or probability > best[code].probability:
            best[code] = ApexFrame(row.frame, row.seconds, code, probability, row.face_input())
        if len(self._best) > _MAX_TRACKS:
            least = min((track for track in self._best if track != row.face), key=self._areas.__getitem__)
            del self._best[least]

    def of_track(self, track: int) -> list[ApexFrame]:
        """Return the apex frames of a track in the order of time, one for each class that was predicted."""
        return sorted(self._best.get(track, {}).values(), key=lambda apex: apex.frame)
