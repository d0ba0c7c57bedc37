"""One face over time: where it was found, where it must have been in between, and a steady box."""

from bisect import bisect_left, bisect_right
from collections.abc import Set
from dataclasses import dataclass, field

import numpy as np

from ferfusion.faces.boxes import Box, iou
from ferfusion.faces.detectors import Detection
from ferfusion.faces.smoothing import smooth_at

LONGEST_GAP = 11
"""A face missed for at most so many frames, and found again in its place, was there all the time."""
CONFIRMED_AFTER = 3
"""Finds that make a track; fewer are chance finds of the detector."""
_UNMOVED_IOU = 0.9


@dataclass(frozen=True)
class TrackedFace:
    """One face in one frame: its track, its smoothed box, and the score of the nearest find."""

    track: int
    box: Box
    score: float


@dataclass
class Track:
    """The finds of one face, by frame; rising, but they may be added in any order.

    Attributes:
        number: Number of the track, from 0 in the order of appearance.
        total_finds: All finds so far, also those that were forgotten since.
        returns: Finds that came after a long gap, in which the face was not there.
        sought_at: Box around which it was searched last.
        sure_after: Finds from which on it is no chance find of the detector.
    """

    number: int
    places: list[int] = field(default_factory=list)
    detections: list[Detection] = field(default_factory=list)
    total_finds: int = 0
    returns: set[int] = field(default_factory=set)
    sought_at: Box | None = None
    sure_after: int = CONFIRMED_AFTER

    def add(self, place: int, detection: Detection) -> None:
        """Put a find at its place."""
        at = bisect_left(self.places, place)
        self.places.insert(at, place)
        self.detections.insert(at, detection)
        self.total_finds += 1

    def mark_return(self, last_before: int) -> None:
        """Take note of the gap after ``last_before``, if it is too long to be bridged."""
        first_after = self.places[bisect_right(self.places, last_before)]
        if first_after - last_before > LONGEST_GAP + 1:
            self.returns.add(first_after)

    @property
    def last_place(self) -> int:
        """Frame of the latest find."""
        return self.places[-1]

    @property
    def last_box(self) -> Box:
        """Box of the latest find."""
        return self.detections[-1].box

    @property
    def is_confirmed(self) -> bool:
        """Whether it was found often enough to be no chance find."""
        return self.total_finds >= self.sure_after

    def expected_box(self, place: int, *, ahead: int | None = None) -> Box:
        """Return where the face should be at ``place``: between two finds, or on along its last movement.

        It is taken to move on for ``ahead`` frames at most; if left out, for as long as it was seen to move.
        """
        boxes = np.stack([each.box for each in self.detections])
        if place <= self.places[-1] or len(self.places) < 2:
            return np.array([np.interp(place, self.places, column) for column in boxes.T])
        seen = self.places[-1] - self.places[-2]
        ahead = min(place - self.places[-1], seen if ahead is None else ahead)
        return np.asarray(boxes[-1] + (boxes[-1] - boxes[-2]) / seen * (ahead, ahead, 0, 0))

    def search_box(self, expected: Box) -> Box:
        """Return the box to search around: that of the search before, as long as the face is about there.

        A search brings the face to a size by its box. If that followed each find's pixels, a still face would
        be sampled anew each time, and seem to move.
        """
        if self.sought_at is None or iou(self.sought_at, expected) < _UNMOVED_IOU:
            self.sought_at = expected
        return self.sought_at

    def face_at(self, place: int, *, sigma: float, reach: int, hold: int = 0) -> TrackedFace | None:
        """Return the face in one frame, if it was there.

        Args:
            place: Frame to answer for.
            sigma: Width of the smoothing filter, in frames.
            reach: Finds at most so many frames away have a say.
            hold: Frames for which a face counts as there after its latest find, in its place.
        """
        if not self.is_confirmed or not self.places[0] <= place <= self.places[-1] + hold:
            return None
        place = min(place, self.places[-1])
        run = run_around(self.places, place, returns=self.returns, reach=reach)
        if run is None:
            return None
        nearest = min(range(run.start, run.stop), key=lambda at: abs(self.places[at] - place))
        boxes = [each.box for each in self.detections[run]]
        box = smooth_at(self.places[run], boxes, place, sigma=sigma)
        return TrackedFace(self.number, box, self.detections[nearest].score)

    def forget_before(self, place: int) -> None:
        """Drop finds before ``place``, but for the last two."""
        keep = min(bisect_left(self.places, place), len(self.places) - 2)
        if keep > 0:
            del self.places[:keep], self.detections[:keep]


def run_around(places: list[int], at: int, *, returns: Set[int], reach: int) -> slice | None:
    """Return the finds around frame ``at`` that no gap parts from it; None if it lies in a gap.

    A gap is before each of ``returns``; between other finds the face was there.

    >>> run_around([0, 1, 2, 3, 20, 21], 2, returns={20}, reach=9)
    slice(0, 4, None)
    >>> run_around([0, 1, 20, 21], 10, returns={20}, reach=9) is None
    True
    """
    after = bisect_left(places, at)
    first = last = after
    if places[after] > at:
        if places[after] in returns:
            return None
        first = after - 1
    while first > 0 and places[first] not in returns and at - places[first - 1] <= reach:
        first -= 1
    while last + 1 < len(places) and places[last + 1] not in returns and places[last + 1] - at <= reach:
        last += 1
    return slice(first, last + 1)
