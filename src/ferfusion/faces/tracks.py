"""One face over time: the frames in which it was detected, and a steady box for every frame between."""

from bisect import bisect_left, bisect_right
from collections.abc import Set
from dataclasses import dataclass, field

import numpy as np

from ferfusion.faces.boxes import Box, iou
from ferfusion.faces.detectors import Detection
from ferfusion.faces.smoothing import smooth_at
from ferfusion.video.reader import Frame

LONGEST_GAP = 11
"""A face that is missed for at most so many frames, and is then detected again, was present all the time."""
MIN_DETECTIONS = 3
"""Detections that make a track; fewer are a false positive of the detector."""
_UNMOVED_IOU = 0.9


@dataclass(frozen=True)
class TrackedFace:
    """One face in one frame: its track, its smoothed box, and the score of the nearest detection."""

    track: int
    box: Box
    score: float


@dataclass(frozen=True)
class TrackedFrame:
    """A frame with its faces, and its status.

    Attributes:
        frame: The frame.
        faces: Its faces; none unless the status is ``ok``.
        rejected: The best detection that was too small or scored too low, in a frame without a face.
        status: ``ok``, ``no_face``, ``small_face``, ``low_score`` or ``decode_error``.
    """

    frame: Frame
    faces: list[TrackedFace]
    rejected: Detection | None
    status: str


@dataclass
class Track:
    """The detections of one face, ordered by frame; they may be added in any order.

    Attributes:
        number: Number of the track, from 0 in the order of appearance.
        indices: Index of the frame of each detection, rising.
        detections: The detections.
        total_detections: Number of all detections so far, with those that were forgotten.
        returns: Indices of the frames in which the face came back after a gap of more than ``LONGEST_GAP``.
        last_search_box: The box around which the tracker last searched for the face.
        min_detections: Number of detections from which on the track is no false positive of the detector.
    """

    number: int
    indices: list[int] = field(default_factory=list)
    detections: list[Detection] = field(default_factory=list)
    total_detections: int = 0
    returns: set[int] = field(default_factory=set)
    last_search_box: Box | None = None
    min_detections: int = MIN_DETECTIONS

    def add(self, index: int, detection: Detection) -> None:
        """Insert the detection of a frame."""
        at = bisect_left(self.indices, index)
        self.indices.insert(at, index)
        self.detections.insert(at, detection)
        self.total_detections += 1

    def mark_return(self, last_before: int) -> None:
        """Record the return of the face after frame ``last_before``, if the gap is too long to be bridged."""
        first_after = self.indices[bisect_right(self.indices, last_before)]
        if first_after - last_before > LONGEST_GAP + 1:
            self.returns.add(first_after)

    @property
    def last_index(self) -> int:
        """Index of the frame of the latest detection."""
        return self.indices[-1]

    @property
    def last_box(self) -> Box:
        """Box of the latest detection."""
        return self.detections[-1].box

    @property
    def is_confirmed(self) -> bool:
        """Whether the face was detected often enough to be no false positive."""
        return self.total_detections >= self.min_detections

    def expected_box(self, index: int, *, ahead: int | None = None) -> Box:
        """Return where the face should be in frame ``index``.

        Between two detections, the box is interpolated. After the last one, it is extrapolated along the last
        movement for at most ``ahead`` frames; by default, for as many frames as that movement took.
        """
        boxes = np.stack([each.box for each in self.detections])
        if index <= self.indices[-1] or len(self.indices) < 2:
            return np.array([np.interp(index, self.indices, column) for column in boxes.T])
        seen = self.indices[-1] - self.indices[-2]
        ahead = min(index - self.indices[-1], seen if ahead is None else ahead)
        return np.asarray(boxes[-1] + (boxes[-1] - boxes[-2]) / seen * (ahead, ahead, 0, 0))

    def search_box(self, expected: Box) -> Box:
        """Return the box to search around: that of the last search, while the expected box is close to it.

        A search resizes the image by this box. If the box followed every detection, a still face would be
        resampled differently each time, and would seem to move.
        """
        if self.last_search_box is None or iou(self.last_search_box, expected) < _UNMOVED_IOU:
            self.last_search_box = expected
        return self.last_search_box

    def face_at(self, index: int, *, sigma: float, reach: int, hold: int = 0) -> TrackedFace | None:
        """Return the face in one frame, or None if it is not there.

        Args:
            index: Index of the frame.
            sigma: Width of the smoothing filter, in frames.
            reach: Largest distance, in frames, of a detection that the filter uses.
            hold: Frames after the latest detection in which the face counts as there, at its last box.
        """
        if not self.is_confirmed or not self.indices[0] <= index <= self.indices[-1] + hold:
            return None
        index = min(index, self.indices[-1])
        run = run_around(self.indices, index, returns=self.returns, reach=reach)
        if run is None:
            return None
        nearest = min(range(run.start, run.stop), key=lambda at: abs(self.indices[at] - index))
        boxes = [each.box for each in self.detections[run]]
        box = smooth_at(self.indices[run], boxes, index, sigma=sigma)
        return TrackedFace(self.number, box, self.detections[nearest].score)

    def forget_before(self, index: int) -> None:
        """Drop the detections of frames before ``index``, but keep the last two."""
        keep = min(bisect_left(self.indices, index), len(self.indices) - 2)
        if keep > 0:
            del self.indices[:keep], self.detections[:keep]


def run_around(indices: list[int], at: int, *, returns: Set[int], reach: int) -> slice | None:
    """Return the detections around frame ``at`` that no gap separates from it; None if ``at`` is in a gap.

    Args:
        indices: Indices of the frames with a detection, rising.
        at: Index of the frame, from the first to the last of ``indices``.
        returns: Those of ``indices`` that a gap precedes; between all others the face was there.
        reach: Largest distance from ``at``, in frames.

    >>> run_around([0, 1, 2, 3, 20, 21], 2, returns={20}, reach=9)
    slice(0, 4, None)
    >>> run_around([0, 1, 20, 21], 10, returns={20}, reach=9) is None
    True
    """
    after = bisect_left(indices, at)
    first = last = after
    if indices[after] > at:
        if indices[after] in returns:
            return None
        first = after - 1
    while first > 0 and indices[first] not in returns and at - indices[first - 1] <= reach:
        first -= 1
    while last + 1 < len(indices) and indices[last + 1] not in returns and indices[last + 1] - at <= reach:
        last += 1
    return slice(first, last + 1)


def largest_is_missing(live: list[Track], detected: dict[int, Detection | None]) -> bool:
    """Return whether the largest known face was not detected, or no face is known; smaller ones may wait."""
    largest = max((track for track in live if track.indices), key=lambda each: each.last_box[2], default=None)
    return largest is None or detected[largest.number] is None
