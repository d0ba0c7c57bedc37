"""Follow the faces of a video: search everywhere seldom, near the last place often, and only where needed.

A face is looked for in every twelfth frame, near where it was. Where it moved far in between, or came or
went, the frames between are searched too, by halving, until the movement or the edge is found. The whole
picture is searched at the start, after a cut, while a face is missing, and from time to time.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.faces.boxes import Box, iou
from ferfusion.faces.detectors import Detection, FaceDetector, search_everywhere, search_near
from ferfusion.faces.tracks import Track, TrackedFace
from ferfusion.video.reader import Frame

STRIDE = 12
"""Frames from one search to the next."""
_STRIDE_WHILE_MISSING = 2
SEARCH_EVERYWHERE_EVERY = 10 * STRIDE
"""Frames from one search for further faces to the next, where every face is wanted."""
_SEARCH_EVERYWHERE_SELDOM = 40 * STRIDE
_LARGE = 0.25
_FORGOTTEN_AFTER = 25
_STEADY_IOU = 0.78
_SAME_FACE_IOU = 0.3
_HELD_IF_MISSED = 5
_CUT_DIFFERENCE = 28.0


@dataclass(frozen=True)
class TrackedFrame:
    """A frame with its faces; without one, the best find that was not good enough, and why it was not."""

    frame: Frame
    faces: list[TrackedFace]
    rejected: Detection | None
    status: str


class FaceTracker:
    """Gives every face of a video a track, and a steady box in every frame that shows it.

    A frame is settled once the frames around it were searched, so memory does not grow with the video.

    Args:
        detector: Finds the faces.
        min_face: Smallest face, as a share of the picture's shorter side.
        sigma: Width of the filter that smooths the boxes, in frames.
        every_face: Whether every face is wanted; else, while a large one is there (a quarter of the
            picture's shorter side), others are looked for a quarter as often.
        causal: Whether every frame is settled at once, from it and those before it: a known face is then
            looked for in every frame, and one that is missed stays where it was for some frames.
    """

    def __init__(
        self,
        detector: FaceDetector,
        *,
        min_face: float,
        sigma: float,
        every_face: bool = True,
        causal: bool = False,
    ) -> None:
        self._detector, self._min_face, self._sigma = detector, min_face, sigma
        self._every_face, self._causal = every_face, causal
        self._reach = max(STRIDE, round(2.5 * sigma))
        self._tracks: list[Track] = []
        self._number_of_tracks = 0
        self._held: deque[Frame] = deque()
        self._by_place: dict[int, Frame] = {}
        self._searched: int | None = None
        self._stride = 1 if causal else STRIDE
        self._searched_everywhere: int | None = None
        self._rejected: dict[int, Detection] = {}
        self._scene_start = 0
        self._thumbnail: NDArray[np.uint8] | None = None

    def follow(self, frames: Iterable[Frame]) -> Iterator[TrackedFrame]:
        """Yield every frame, in order, with its faces."""
        last: Frame | None = None
        for frame in frames:
            self._held.append(frame)
            if not frame.error:
                self._by_place[frame.index] = frame
                self._take(frame, last)
                last = frame
            yield from self._settle(keep=0 if self._causal else self._reach + STRIDE)
        if last is not None and self._searched != last.index:
            self._search(last)
        for track in self._tracks:  # a video may have fewer frames than a track needs finds
            track.sure_after = min(track.sure_after, len(self._by_place))
        yield from self._settle(keep=0)

    def _take(self, frame: Frame, last: Frame | None) -> None:
        if self._is_cut(frame):
            if last is not None and self._searched != last.index:
                self._search(last)
            self._begin_scene(frame)
        elif self._searched is None or frame.index - self._searched >= self._stride:
            self._search(frame)

    def _is_cut(self, frame: Frame) -> bool:
        """Whether the picture is another one altogether than the frame before."""
        rows, columns = frame.luma.shape
        thumbnail = np.ascontiguousarray(frame.luma[:: max(1, rows // 12), :: max(1, columns // 16)])
        before, self._thumbnail = self._thumbnail, thumbnail
        if before is None or before.shape != thumbnail.shape:
            return True
        return cv2.norm(thumbnail, before, cv2.NORM_L1) > _CUT_DIFFERENCE * thumbnail.size

    def _begin_scene(self, frame: Frame) -> None:
        self._scene_start = frame.index
        self._searched_everywhere = None
        self._search(frame)

    def _search(self, frame: Frame) -> None:
        """Look for the known faces near their last places, and for others where there is reason to."""
        place, before = frame.index, self._searched
        live = self._live_tracks(place)
        known = any(track.is_confirmed for track in live)
        found = {}
        for track in live.copy():
            found[track.number] = self._near_or_chased(track, frame, chase=track.is_confirmed or not known)
            if known and not track.is_confirmed and found[track.number] is None:  # a chance find
                live.remove(track)
                self._tracks.remove(track)
                del found[track.number]
        _drop_doubles(live, found)
        missing = _main_is_missing(live, found)
        if self._must_search_everywhere(frame, found, missing=missing):
            self._search_everywhere(frame, live, found, thorough=bool(live) and missing)
        self._searched = place
        for track in live:
            detection = found[track.number]
            if detection is not None:
                self._take_find(track, place, detection, before)
        if not self._causal:
            self._stride = _STRIDE_WHILE_MISSING if live and _main_is_missing(live, found) else STRIDE

    def _near_or_chased(self, track: Track, frame: Frame, *, chase: bool) -> Detection | None:
        """Look for a face near where it should be; where it is not, follow it through the frames between."""
        if track.last_place < (self._searched or 0):  # missing since before: it moved on, or it stayed
            moved_on = track.search_box(track.expected_box(frame.index, ahead=STRIDE))
            detection = self._near(frame, moved_on)
            if detection is None and (stayed := track.search_box(track.last_box)) is not moved_on:
                detection = self._near(frame, stayed)
            return detection
        while True:
            detection = self._found_again(track, frame, track.expected_box(frame.index))
            known_until = track.last_place
            if detection is not None or not chase:
                return detection
            self._find_edge(track, known_until, frame.index)
            if track.last_place == known_until:
                return None

    def _live_tracks(self, place: int) -> list[Track]:
        return [
            track
            for track in self._tracks
            if place - track.last_place <= _FORGOTTEN_AFTER and track.last_place >= self._scene_start
        ]

    def _must_search_everywhere(
        self, frame: Frame, found: dict[int, Detection | None], *, missing: bool
    ) -> bool:
        if self._searched_everywhere is None:
            return True
        if missing:
            wait = STRIDE
        elif self._every_face or max(each.box[2] for each in found.values() if each) < _LARGE * min(
            frame.luma.shape
        ):
            wait = SEARCH_EVERYWHERE_EVERY
        else:
            wait = _SEARCH_EVERYWHERE_SELDOM
        return frame.index - self._searched_everywhere >= wait

    def _search_everywhere(
        self, frame: Frame, live: list[Track], found: dict[int, Detection | None], *, thorough: bool
    ) -> None:
        """Give finds to the missing tracks and make new tracks of the others; ``live`` and ``found`` grow."""
        self._searched_everywhere = frame.index
        for seen in self._good_finds(frame, thorough=thorough, nobody=not any(found.values())):
            detection = self._near(frame, seen.box) or seen  # whose box is the more exact
            if any(other and iou(other.box, detection.box) > _SAME_FACE_IOU for other in found.values()):
                continue
            overlaps = [
                (iou(track.expected_box(frame.index), detection.box), -track.number, track)
                for track in live
                if found[track.number] is None
            ]
            best = max(overlaps, default=(0.0, 0, None))
            track = best[2] if best[0] >= _SAME_FACE_IOU else None
            if track is None:
                track = Track(self._number_of_tracks, sought_at=seen.box)
                self._number_of_tracks += 1
                self._tracks.append(track)
                live.append(track)
            found[track.number] = detection

    def _good_finds(self, frame: Frame, *, thorough: bool, nobody: bool) -> list[Detection]:
        """Search the whole picture; at once thoroughly, or only if there is nobody else by a quick search."""
        least = self._min_face * min(frame.luma.shape)
        if not thorough:
            finds = search_everywhere(self._detector, frame.luma, min_side_px=least, quick=True)
            good = [each for each in finds if self._is_good(each, frame)]
            if good or not nobody:
                return good
        # smaller ones than wanted are told of
        finds = search_everywhere(self._detector, frame.luma, min_side_px=0.6 * least)
        good = [each for each in finds if self._is_good(each, frame)]
        if finds and not good:
            self._rejected[frame.index] = finds[0]
        return good

    def _found_again(self, track: Track, frame: Frame, expected: Box) -> Detection | None:
        return self._near(frame, track.search_box(expected))

    def _near(self, frame: Frame, box: Box) -> Detection | None:
        """Look near a box: quickly, and thoroughly before the face is given up."""
        for quick in (True, False):
            detection = search_near(self._detector, frame.luma, box, quick=quick)
            if detection is not None and self._is_good(detection, frame):
                return detection
        return None

    def _is_good(self, detection: Detection, frame: Frame) -> bool:
        least = self._min_face * min(frame.luma.shape)
        return bool(detection.box[2] >= least and detection.score >= self._detector.min_score)

    def _take_find(self, track: Track, place: int, detection: Detection, before: int | None) -> None:
        known_until = track.last_place if track.places else -1
        track.add(place, detection)
        if before is None or before < self._scene_start:
            return
        if known_until >= before:
            self._refine(track, known_until, place)
        else:
            self._find_edge(track, before, place)
            if known_until >= 0:
                track.mark_return(known_until)

    def _refine(self, track: Track, first: int, last: int) -> None:
        """Search between two finds, by halving, while the face moved far between them or is not confirmed."""
        middle = self._middle(first, last)
        if middle is None:
            return
        ends = [track.detections[track.places.index(place)].box for place in (first, last)]
        if iou(*ends) >= _STEADY_IOU and track.is_confirmed:
            return
        detection = self._found_again(track, self._by_place[middle], track.expected_box(middle))
        if detection is not None:
            track.add(middle, detection)
            self._refine(track, first, middle)
            self._refine(track, middle, last)

    def _find_edge(self, track: Track, first: int, last: int) -> None:
        """Search, by halving, for the frame in which a face came or went between two searches."""
        seen, unseen = (first, last) if track.last_place == first else (last, first)
        while (middle := self._middle(min(seen, unseen), max(seen, unseen))) is not None:
            detection = self._found_again(track, self._by_place[middle], track.expected_box(middle))
            if detection is None:
                unseen = middle
            else:
                track.add(middle, detection)
                seen = middle

    def _middle(self, first: int, last: int) -> int | None:
        """Return the frame halfway between two, or one beside it that has a picture."""
        between = [place for place in range(first + 1, last) if place in self._by_place]
        return between[len(between) // 2] if between else None

    def _settle(self, *, keep: int) -> Iterator[TrackedFrame]:
        while len(self._held) > keep:
            frame = self._held.popleft()
            place = frame.index
            faces = [face for track in self._tracks if (face := self._face_at(track, place)) is not None]
            rejected = self._rejected.pop(place, None)
            yield TrackedFrame(
                frame, [] if frame.error else faces, rejected, self._status(frame, faces, rejected)
            )
            self._by_place.pop(place - STRIDE, None)
            self._tracks = [t for t in self._tracks if place - t.last_place <= _FORGOTTEN_AFTER]
            for track in self._tracks:
                track.forget_before(place - self._reach)

    def _face_at(self, track: Track, place: int) -> TrackedFace | None:
        hold = _HELD_IF_MISSED if self._causal and track.last_place >= self._scene_start else 0
        return track.face_at(place, sigma=self._sigma, reach=self._reach, hold=hold)

    def _status(self, frame: Frame, faces: list[TrackedFace], rejected: Detection | None) -> str:
        if frame.error:
            return "decode_error"
        if faces:
            return "ok"
        if rejected is None:
            return "no_face"
        return "small_face" if rejected.box[2] < self._min_face * min(frame.luma.shape) else "low_score"


def _main_is_missing(live: list[Track], found: dict[int, Detection | None]) -> bool:
    """Whether the largest face is not found, or there was none; where a lesser one is, time can be saved."""
    main = max((track for track in live if track.places), key=lambda each: each.last_box[2], default=None)
    return main is None or found[main.number] is None


def _drop_doubles(live: list[Track], found: dict[int, Detection | None]) -> None:
    """Where two tracks have come to the same face, leave it to the older one."""
    for track in sorted(live, key=lambda each: each.number):
        mine = found[track.number]
        for other in live:
            theirs = found[other.number]
            if (
                other.number > track.number
                and mine is not None
                and theirs is not None
                and iou(mine.box, theirs.box) > 0.5
            ):
                found[other.number] = None
