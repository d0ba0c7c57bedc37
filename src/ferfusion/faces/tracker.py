"""Track the faces of a video: search the whole image rarely, near the last box often, and only where needed.

The tracker searches for a face in every twelfth frame, near its last box. If the face moved far in between,
or came or went, the frames between are searched too, by bisection, until the movement or the edge is found.
The whole image is searched at the start, after a cut, while a face is missing, and at regular intervals.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.faces.boxes import Box, iou
from ferfusion.faces.detectors import (
    Detection,
    FaceDetector,
    near_searches,
    search_everywhere,
    search_near,
)
from ferfusion.faces.none import WholeImage
from ferfusion.faces.tracks import MIN_DETECTIONS, Track, TrackedFace, TrackedFrame, largest_is_missing
from ferfusion.video.reader import Frame

STRIDE = 12
"""Frames from one search to the next."""
STRIDE_OF_LARGE_FRAMES, LARGE_FRAME_PIXELS = 4, 2**24
"""The same for frames of more than 16 megapixels, because the frames between searches are kept in memory."""
STRIDE_WHILE_MISSING = 2
"""The same while the largest face is missing."""
SEARCH_EVERYWHERE_EVERY = 10 * STRIDE
"""Frames from one search of the whole image to the next, where every face is wanted."""
SEARCH_EVERYWHERE_SELDOM = 40 * STRIDE
"""The same while a large face is present and one face is wanted."""


@dataclass(frozen=True)
class TrackerSettings:
    """Thresholds of the tracker.

    They were set by judgement and then checked on ten real clips (2,030 frames: phones, broadcasts, acted
    expressions, a face that comes or goes, two faces, no face) and 22 rendered ones (704 frames), with the
    detector haar. The frames' statuses and the numbers of faces and tracks are the same for every value in
    the ranges below. These clips determine only ``steady_iou`` and ``cut_difference``.

    Attributes:
        large_face: Least width of a large face, as a share of the image's shorter side. While a large face is
            present and one face is wanted, the whole image is searched a quarter as often. No effect from
            0.01 to 0.9.
        forgotten_after: Frames without a detection after which a track ends; a face that comes back later
            begins a new one. No effect from 12 to 100.
        steady_iou: Overlap of a face's boxes in two searches below which the frames between are searched too.
            Against a search of every frame, the boxes of the real clips are off by 2.7 % of their width (p99
            13 %) at 0.6, by 2.0 % (7 %) at 0.78, and by 1.9 % at 0.85 and 0.9. Searching takes 0.97, 1, 1.08
            and 1.25 times as long.
        same_face_iou: Least overlap at which a detection in the whole image belongs to a track. No effect
            from 0.05 to 0.75.
        duplicate_iou: Overlap of the detections of two tracks above which the newer track loses its
            detection. No effect from 0.25 to 0.9.
        held_if_missed: Frames for which a missed face keeps its last box, if frames are yielded immediately.
            In these clips, the detector misses a visible face only once, for 2 consecutive frames; no effect
            from 2 to 10.
        cut_difference: Mean absolute difference of the luma of two consecutive frames, on a grid of about
            12 x 16 pixels, above which a new scene begins. In the clips, it is at most 10.7 inside a scene
            and 63 or more at the four cuts.
        kept_size: Least width of a known face, as a share of the least width of a new one. A face whose width
            varies around ``min_face`` is kept.
        reported_size: Least width of a face that is reported as ``small_face``, as a share of the least width
            of a wanted face. No effect from 0.3 to 1, as these clips have no such face.
    """

    large_face: float = 0.25
    forgotten_after: int = 25
    steady_iou: float = 0.78
    same_face_iou: float = 0.3
    duplicate_iou: float = 0.5
    held_if_missed: int = 5
    cut_difference: float = 28.0
    kept_size: float = 0.9
    reported_size: float = 0.75


class FaceTracker:
    """Gives every face of a video a track, and a smooth box in every frame that shows the face.

    A frame is yielded once the frames around it were searched, so memory does not grow with the video.

    Args:
        detector: The face detector.
        min_face: Smallest face, as a share of the image's shorter side.
        sigma: Width of the filter that smooths the boxes, in frames.
        every_face: Whether every face is wanted. If not, the whole image is searched a quarter as often while
            a large face is present.
        causal: Whether every frame is yielded immediately, with boxes from this frame and earlier frames
            only. The tracker then searches for a known face in every frame, and a missed face keeps its last
            box for some frames.
        settings: Thresholds.
    """

    def __init__(
        self,
        detector: FaceDetector,
        *,
        min_face: float,
        sigma: float,
        every_face: bool = True,
        causal: bool = False,
        settings: TrackerSettings = TrackerSettings(),
    ) -> None:
        self._detector, self._min_face, self._sigma = detector, min_face, sigma
        self._every_face, self._causal, self._settings = every_face, causal, settings
        # the whole image is never a false positive
        self._min_detections = 1 if isinstance(detector, WholeImage) else MIN_DETECTIONS
        self._tracks: list[Track] = []
        self._number_of_tracks = 0
        self._waiting: deque[Frame] = deque()
        self._frame_by_index: dict[int, Frame] = {}
        self._last_search: int | None = None
        self._usual_stride = STRIDE
        self._stride = 1 if causal else STRIDE
        self._last_full_search: int | None = None
        self._rejected: dict[int, Detection] = {}
        self._scene_start = 0
        self._thumbnail: NDArray[np.uint8] | None = None
        self._size: tuple[int, ...] = ()

    def follow(self, frames: Iterable[Frame]) -> Iterator[TrackedFrame]:
        """Yield every frame, in order, with its faces."""
        last: Frame | None = None
        for frame in frames:
            self._waiting.append(frame)
            if not frame.error:
                self._frame_by_index[frame.index] = frame
                self._take(frame, last)
                last = frame
            yield from self._settle(keep=0 if self._causal else self._reach + self._usual_stride)
        if last is not None and self._last_search != last.index:
            self._search(last)
        for track in self._tracks:  # a video may have fewer frames than a track needs detections
            track.min_detections = min(track.min_detections, len(self._frame_by_index))
        yield from self._settle(keep=0)

    @property
    def _reach(self) -> int:
        """Frames on either side that the smooth box of a frame depends on."""
        return max(self._usual_stride, round(2.5 * self._sigma))

    def _take(self, frame: Frame, last: Frame | None) -> None:
        if self._is_cut(frame):
            if last is not None and self._last_search != last.index:
                self._search(last)
            self._begin_scene(frame)
        elif self._last_search is None or frame.index - self._last_search >= self._stride:
            self._search(frame)

    def _is_cut(self, frame: Frame) -> bool:
        """Return whether another scene begins with this frame."""
        rows, columns = frame.luma.shape
        thumbnail = np.ascontiguousarray(frame.luma[:: max(1, rows // 12), :: max(1, columns // 16)])
        previous_thumbnail, self._thumbnail = self._thumbnail, thumbnail
        previous_size, self._size = self._size, frame.luma.shape
        if previous_thumbnail is None or previous_size != self._size:
            self._usual_stride = STRIDE_OF_LARGE_FRAMES if frame.luma.size > LARGE_FRAME_PIXELS else STRIDE
            return True
        difference = cv2.norm(thumbnail, previous_thumbnail, cv2.NORM_L1)
        return difference > self._settings.cut_difference * thumbnail.size

    def _begin_scene(self, frame: Frame) -> None:
        self._scene_start = frame.index
        self._last_full_search = None
        self._search(frame)

    def _search(self, frame: Frame) -> None:
        """Search for the known faces near their last boxes, and in the whole image when that is due."""
        index, before = frame.index, self._last_search
        live = self._live_tracks(index)
        known = any(track.is_confirmed for track in live)
        detected: dict[int, Detection | None] = {}
        for track in live.copy():
            detected[track.number] = self._near_or_followed(
                track, frame, follow=track.is_confirmed or not known
            )
            if known and not track.is_confirmed and detected[track.number] is None:  # a false positive
                live.remove(track)
                self._tracks.remove(track)
                del detected[track.number]
        self._drop_duplicates(live, detected)
        missing = largest_is_missing(live, detected)
        if self._must_search_everywhere(frame, detected, missing=missing):
            self._search_everywhere(frame, live, detected)
        self._last_search = index
        for track in live:
            detection = detected[track.number]
            if detection is not None:
                self._add_detection(track, index, detection, before)
        if not self._causal:
            is_missing = live and largest_is_missing(live, detected)
            self._stride = STRIDE_WHILE_MISSING if is_missing else self._usual_stride

    def _near_or_followed(self, track: Track, frame: Frame, *, follow: bool) -> Detection | None:
        """Search for a face near its expected box; if that fails, follow it through the frames between."""
        if track.last_index < (self._last_search or 0):  # it was missed before: it moved on, or it stayed
            moved_on = track.search_box(track.expected_box(frame.index, ahead=STRIDE))
            detection = self._near(frame, moved_on)
            if detection is None and (stayed := track.search_box(track.last_box)) is not moved_on:
                detection = self._near(frame, stayed)
            return detection
        while True:
            detection = self._near_expected(track, frame)
            known_until = track.last_index
            if detection is not None or not follow:
                return detection
            self._find_edge(track, known_until, frame.index)
            if track.last_index == known_until:
                return None

    def _live_tracks(self, index: int) -> list[Track]:
        return [
            track
            for track in self._tracks
            if index - track.last_index <= self._settings.forgotten_after
            and track.last_index >= self._scene_start
        ]

    def _must_search_everywhere(
        self, frame: Frame, detected: dict[int, Detection | None], *, missing: bool
    ) -> bool:
        if self._last_full_search is None:
            return True
        large = self._settings.large_face * min(frame.luma.shape)
        if missing:
            wait = STRIDE
        elif self._every_face or max(each.box[2] for each in detected.values() if each) < large:
            wait = SEARCH_EVERYWHERE_EVERY
        else:
            wait = SEARCH_EVERYWHERE_SELDOM
        return frame.index - self._last_full_search >= wait

    def _search_everywhere(
        self, frame: Frame, live: list[Track], detected: dict[int, Detection | None]
    ) -> None:
        """Search the whole image, and add its faces to ``live`` and ``detected``.

        A face goes to the missing track that it overlaps most; without such a track, it begins a new one.
        """
        self._last_full_search = frame.index
        same = self._settings.same_face_iou
        for seen, detection in self._new_faces(frame):
            if any(other and iou(other.box, detection.box) > same for other in detected.values()):
                continue
            overlaps = [
                (iou(track.expected_box(frame.index), detection.box), -track.number, track)
                for track in live
                if detected[track.number] is None
            ]
            best = max(overlaps, default=(0.0, 0, None))
            track = best[2] if best[0] >= same else None
            if track is None:
                track = Track(
                    self._number_of_tracks, last_search_box=seen.box, min_detections=self._min_detections
                )
                self._number_of_tracks += 1
                self._tracks.append(track)
                live.append(track)
            detected[track.number] = detection

    def _new_faces(self, frame: Frame) -> list[tuple[Detection, Detection]]:
        """Search the whole image; return each face as detected there, and with its most exact box.

        A detection with a low score counts if a search near it has a good score. Without a wanted face, one
        that is too small or scores too low is recorded.
        """
        smallest = self._min_face * min(frame.luma.shape)
        reported = self._settings.reported_size * smallest
        detections = search_everywhere(self._detector, frame.luma, wanted_px=smallest, least_px=reported)
        wanted = []
        for seen in detections:
            if seen.box[2] >= smallest:
                near = self._near(frame, seen.box)
                if near or seen.score >= self._detector.min_score:
                    wanted.append((seen, near or seen))
        if detections and not wanted:
            self._rejected[frame.index] = detections[0]
        return wanted

    def _near_expected(self, track: Track, frame: Frame) -> Detection | None:
        return self._near(frame, track.search_box(track.expected_box(frame.index)))

    def _near(self, frame: Frame, box: Box) -> Detection | None:
        """Search near a box: quickly, then thoroughly, then at the scale of a search of the whole image.

        The last one detects a face again that only the search of the whole image has detected.
        """
        smallest = self._min_face * min(frame.luma.shape)
        for quick, scale in near_searches(self._detector, box, wanted_px=smallest):
            detection = search_near(self._detector, frame.luma, box, quick=quick, scale=scale)
            if detection and self._is_good(detection, least_px=self._settings.kept_size * smallest):
                return detection
        return None

    def _is_good(self, detection: Detection, *, least_px: float) -> bool:
        return bool(detection.box[2] >= least_px and detection.score >= self._detector.min_score)

    def _add_detection(self, track: Track, index: int, detection: Detection, before: int | None) -> None:
        """Add a detection to a track, and search the frames since the search ``before`` where needed."""
        known_until = track.last_index if track.indices else -1
        track.add(index, detection)
        if before is None or before < self._scene_start:
            return
        if known_until >= before:
            self._refine(track, known_until, index)
        else:
            self._find_edge(track, before, index)
            if known_until >= 0:
                track.mark_return(known_until)

    def _refine(self, track: Track, first: int, last: int) -> None:
        """Search between two detections, by bisection, while the face moved far or is not confirmed."""
        middle = self._middle(first, last)
        if middle is None:
            return
        ends = [track.detections[track.indices.index(index)].box for index in (first, last)]
        if iou(*ends) >= self._settings.steady_iou and track.is_confirmed:
            return
        detection = self._near_expected(track, self._frame_by_index[middle])
        if detection is not None:
            track.add(middle, detection)
            self._refine(track, first, middle)
            self._refine(track, middle, last)

    def _find_edge(self, track: Track, first: int, last: int) -> None:
        """Search, by bisection, for the frame in which a face came or went between two searches."""
        seen, unseen = (first, last) if track.last_index == first else (last, first)
        while (middle := self._middle(min(seen, unseen), max(seen, unseen))) is not None:
            detection = self._near_expected(track, self._frame_by_index[middle])
            if detection is None:
                unseen = middle
            else:
                track.add(middle, detection)
                seen = middle

    def _middle(self, first: int, last: int) -> int | None:
        """Return the middle one of the decoded frames between two frames; None if there is none."""
        between = [index for index in range(first + 1, last) if index in self._frame_by_index]
        return between[len(between) // 2] if between else None

    def _settle(self, *, keep: int) -> Iterator[TrackedFrame]:
        """Yield the oldest frames until ``keep`` of them are left, and forget what they needed."""
        while len(self._waiting) > keep:
            frame = self._waiting.popleft()
            index = frame.index
            faces = [face for track in self._tracks if (face := self._face_at(track, index)) is not None]
            rejected = self._rejected.pop(index, None)
            yield TrackedFrame(
                frame, [] if frame.error else faces, rejected, self._status(frame, faces, rejected)
            )
            self._frame_by_index.pop(index - self._usual_stride, None)
            self._tracks = [t for t in self._tracks if index - t.last_index <= self._settings.forgotten_after]
            for track in self._tracks:
                track.forget_before(index - self._reach)

    def _face_at(self, track: Track, index: int) -> TrackedFace | None:
        is_held = self._causal and track.last_index >= self._scene_start
        hold = self._settings.held_if_missed if is_held else 0
        return track.face_at(index, sigma=self._sigma, reach=self._reach, hold=hold)

    def _status(self, frame: Frame, faces: list[TrackedFace], rejected: Detection | None) -> str:
        if frame.error:
            return "decode_error"
        if faces:
            return "ok"
        if rejected is None:
            return "no_face"
        return "small_face" if rejected.box[2] < self._min_face * min(frame.luma.shape) else "low_score"

    def _drop_duplicates(self, live: list[Track], detected: dict[int, Detection | None]) -> None:
        """Where two tracks have the same face, leave it to the older one."""
        for track in sorted(live, key=lambda each: each.number):
            mine = detected[track.number]
            for other in live:
                theirs = detected[other.number]
                if (
                    other.number > track.number
                    and mine is not None
                    and theirs is not None
                    and iou(mine.box, theirs.box) > self._settings.duplicate_iou
                ):
                    detected[other.number] = None
