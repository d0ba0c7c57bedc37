"""Follow faces over the frames of a video: who is who, and a steady box for each, a few frames behind."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ferfusion.faces.boxes import Box, iou
from ferfusion.faces.detectors import Detection
from ferfusion.faces.smoothing import smooth_at

LOOKAHEAD = 8
"""Frames that are seen before a frame's boxes are settled, and kept after it."""
LONGEST_GAP = 5
"""A face missed for at most so many frames, and found again in its place, was there all the time."""
CONFIRMED_AFTER = 3
"""Finds that make a track; fewer are chance finds of the detector."""
_FORGOTTEN_AFTER = 25
_SAME_FACE_IOU = 0.3


@dataclass(frozen=True)
class TrackedFace:
    """One face in one frame: its track, its smoothed box, and its score (0 where a short gap was bridged)."""

    track: int
    box: Box
    score: float


@dataclass
class _Track:
    number: int
    places: list[int] = field(default_factory=list)
    detections: list[Detection] = field(default_factory=list)
    finds: int = 0

    def add(self, place: int, detection: Detection) -> None:
        self.places.append(place)
        self.detections.append(detection)
        self.finds += 1

    def forget_before(self, place: int) -> None:
        keep = next((k for k, each in enumerate(self.places) if each >= place), len(self.places) - 1)
        del self.places[:keep], self.detections[:keep]


class FaceTracker:
    """Turns the detections of frame after frame into tracks with smoothed boxes.

    A frame's faces are settled ``LOOKAHEAD`` frames later, so memory does not grow with the video.
    Identity: each detection goes to the track whose last box it overlaps most (IoU at least 0.3); a track
    that was not seen for 25 frames is over.

    Args:
        sigma: Width of the smoothing filter in frames.
    """

    def __init__(self, *, sigma: float) -> None:
        self._sigma = sigma
        self._tracks: list[_Track] = []
        self._number_of_tracks = 0
        self._waiting: deque[int] = deque()

    def push(self, place: int, detections: Sequence[Detection]) -> list[tuple[int, list[TrackedFace]]]:
        """Take the detections of frame ``place`` (rising); return the frames that are settled by now."""
        self._assign(place, detections)
        self._waiting.append(place)
        return self._settle(keep=LOOKAHEAD)

    def finish(self) -> list[tuple[int, list[TrackedFace]]]:
        """Return the frames that were still waiting."""
        return self._settle(keep=0)

    def _assign(self, place: int, detections: Sequence[Detection]) -> None:
        live = [track for track in self._tracks if place - track.places[-1] <= _FORGOTTEN_AFTER]
        pairs = sorted(
            (
                (iou(track.detections[-1].box, detection.box), t, d)
                for t, track in enumerate(live)
                for d, detection in enumerate(detections)
            ),
            reverse=True,
        )
        taken_tracks: set[int] = set()
        taken: set[int] = set()
        for overlap, t, d in pairs:
            if overlap >= _SAME_FACE_IOU and t not in taken_tracks and d not in taken:
                live[t].add(place, detections[d])
                taken_tracks.add(t)
                taken.add(d)
        for d, detection in enumerate(detections):
            if d not in taken:
                track = _Track(self._number_of_tracks)
                self._number_of_tracks += 1
                track.add(place, detection)
                self._tracks.append(track)

    def _settle(self, *, keep: int) -> list[tuple[int, list[TrackedFace]]]:
        settled = []
        while len(self._waiting) > keep:
            place = self._waiting.popleft()
            faces = [face for track in self._tracks if (face := self._face(track, place)) is not None]
            settled.append((place, faces))
            self._tracks = [t for t in self._tracks if place - t.places[-1] <= _FORGOTTEN_AFTER]
            for track in self._tracks:
                track.forget_before(place - LOOKAHEAD)
        return settled

    def _face(self, track: _Track, place: int) -> TrackedFace | None:
        if track.finds < CONFIRMED_AFTER or not track.places[0] <= place <= track.places[-1]:
            return None
        run = _run_around(track.places, place)
        if run is None:
            return None
        places = np.array(track.places[run])
        boxes = np.stack([each.box for each in track.detections[run]])
        score = next(
            (d.score for p, d in zip(track.places, track.detections, strict=True) if p == place), 0.0
        )
        return TrackedFace(track.number, smooth_at(places, boxes, place, sigma=self._sigma), score)


def _run_around(places: list[int], at: int) -> slice | None:
    """Return the stretch of ``places`` around ``at`` within the look-ahead and without a long gap.

    >>> _run_around([0, 1, 2, 3, 20, 21, 22], 2), _run_around([0, 1, 20, 21], 10)
    (slice(0, 4, None), None)
    """
    after = next(k for k, place in enumerate(places) if place >= at)
    first = last = after
    if places[after] > at:
        if places[after] - places[after - 1] > LONGEST_GAP + 1:
            return None
        first = after - 1
    while (
        first > 0
        and places[first] - places[first - 1] <= LONGEST_GAP + 1
        and at - places[first - 1] <= LOOKAHEAD
    ):
        first -= 1
    while (
        last + 1 < len(places)
        and places[last + 1] - places[last] <= LONGEST_GAP + 1
        and places[last + 1] - at <= LOOKAHEAD
    ):
        last += 1
    return slice(first, last + 1)
