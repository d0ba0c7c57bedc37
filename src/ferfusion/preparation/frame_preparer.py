"""One video to network input: the one way from pictures to crops and flows, for training and prediction."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import ConfigError
from ferfusion.faces.boxes import Box, grow_to_square
from ferfusion.faces.detectors import DETECTORS, WITH_MODEL_FILE, Detection, FaceDetector
from ferfusion.faces.model_file import pinned_model
from ferfusion.faces.tracker import FaceTracker
from ferfusion.faces.tracks import TrackedFace
from ferfusion.flow.estimators import FLOW_ESTIMATORS, reduce_flow, to_half
from ferfusion.lookup import choose
from ferfusion.preparation.crop import cut_plane, cut_rgb, whole_pixels
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.reader import Frame

STATUSES = ("ok", "no_face", "small_face", "low_score", "decode_error")


@dataclass(frozen=True)
class PreparedFace:
    """One face in one frame, ready for a network.

    Attributes:
        track: Number of the track, from 0 in the order of appearance.
        box: The square that was cut, in pixels of the upright picture; it may reach beyond the border.
        score: The detector's score at the nearest frame that was searched.
        crop: The face, (S, S, 3) uint8 RGB.
        luma: The same cut of the brightness plane, (S, S) uint8.
        flow: Motion from this crop to the same square of the next frame, (2, S, S) float16: u to the right
            and v down, in crop pixels; None where the next frame does not show this face.
    """

    track: int
    box: Box
    score: float
    crop: NDArray[np.uint8]
    luma: NDArray[np.uint8]
    flow: NDArray[np.float16] | None = None


@dataclass(frozen=True)
class PreparedFrame:
    """What became of one decoded frame.

    ``status`` is one of ``STATUSES``; ``rejected`` is the best find where the status is ``small_face`` or
    ``low_score``; ``chosen`` says whether the frame is to be read.
    """

    index: int
    seconds: float
    status: str
    faces: tuple[PreparedFace, ...] = ()
    rejected: Detection | None = None
    chosen: bool = True


def _every(_: Frame) -> bool:
    return True


class FramePreparer:
    """Prepares the frames of one video; holds what is costly to make and has no memory between videos.

    Args:
        recipe: Settings of preparation.
        every_face: Whether every face is wanted, or mainly the one that fills the most of the video.
        detector_model: The detector's model file, for one that comes without; where not given, the one that
            the environment variable names.

    Raises:
        ConfigError: a name is not known, or the detector's model file is missing or another one.
        MissingExtraError: the detector's package is not installed.
    """

    def __init__(
        self, recipe: PrepareRecipe, *, every_face: bool = True, detector_model: Path | None = None
    ) -> None:
        self.recipe = recipe
        self._every_face = every_face
        self._detector = _make_detector(recipe, detector_model)
        self._flow = choose(FLOW_ESTIMATORS, recipe.flow, what="flow estimator")

    def prepare(
        self, frames: Iterable[Frame], *, chosen: Callable[[Frame], bool] = _every
    ) -> Iterator[PreparedFrame]:
        """Yield one prepared frame for every frame, in order, some frames behind.

        Both pictures of a flow are cut with the box of the first, so that the box adds no motion. Of frames
        that are not chosen, only those right before a chosen one have flow; they have their crops.
        """
        before: tuple[Frame, PreparedFrame] | None = None
        for frame, prepared in self._cut_faces(frames, chosen=chosen):
            if before is not None:
                yield self._with_flow(*before, frame, prepared)
            before = (frame, prepared)
        if before is not None:
            yield before[1]

    def prepare_live(self, pairs: Iterable[tuple[Frame, Frame]]) -> Iterator[PreparedFrame]:
        """Yield the first frame of each pair of neighbours as soon as the pair comes: no later one has a say.

        Between pairs, frames may have been dropped; the first frames' indices must rise by one all the same.
        """
        seconds: deque[Frame] = deque()

        def firsts() -> Iterator[Frame]:
            for first, second in pairs:
                seconds.append(second)
                yield first

        for frame, prepared in self._cut_faces(firsts(), chosen=_every, causal=True):
            after = seconds.popleft()
            faces = (replace(face, flow=self._estimate(face, frame, after)) for face in prepared.faces)
            yield replace(prepared, faces=tuple(faces))

    def _cut_faces(
        self, frames: Iterable[Frame], *, chosen: Callable[[Frame], bool], causal: bool = False
    ) -> Iterator[tuple[Frame, PreparedFrame]]:
        recipe = self.recipe
        tracker = FaceTracker(
            self._detector,
            min_face=recipe.min_face,
            sigma=recipe.smoothing,
            every_face=self._every_face,
            causal=causal,
        )
        for tracked in tracker.follow(frames):
            frame = tracked.frame
            cuts = tuple(self._cut_face(frame, face) for face in tracked.faces)
            yield (
                frame,
                PreparedFrame(
                    frame.index, frame.seconds, tracked.status, cuts, tracked.rejected, chosen(frame)
                ),
            )

    def _cut_face(self, frame: Frame, face: TrackedFace) -> PreparedFace:
        size = self.recipe.size
        box = grow_to_square(face.box, margin=self.recipe.margin)
        luma = cut_plane(frame.luma, box, size=size)
        return PreparedFace(face.track, box, face.score, cut_rgb(frame, luma, box, size=size), luma)

    def _with_flow(
        self, frame: Frame, prepared: PreparedFrame, after: Frame, prepared_after: PreparedFrame
    ) -> PreparedFrame:
        if after.index != prepared.index + 1 or not (prepared.chosen or prepared_after.chosen):
            return prepared
        still_there = {face.track: face for face in prepared_after.faces}
        faces = tuple(
            replace(face, flow=self._estimate(face, frame, after, still_there[face.track]))
            if face.track in still_there
            else face
            for face in prepared.faces
        )
        return replace(prepared, faces=faces)

    def _estimate(
        self, face: PreparedFace, frame: Frame, after: Frame, face_after: PreparedFace | None = None
    ) -> NDArray[np.float16]:
        size = self.recipe.size
        flow_size = self.recipe.flow_size or size
        first = face.luma if flow_size == size else cut_plane(frame.luma, face.box, size=flow_size)
        if face_after and flow_size == size and whole_pixels(face.box) == whole_pixels(face_after.box):
            second = face_after.luma
        else:
            second = cut_plane(after.luma, face.box, size=flow_size)
        return to_half(reduce_flow(self._flow(first, second), size=size))


class _Kept(threading.local):
    key: tuple[object, ...] = ()
    preparer: FramePreparer


_KEPT = _Kept()


def kept_preparer(
    recipe: PrepareRecipe, *, every_face: bool = True, detector_model: Path | None = None
) -> FramePreparer:
    """Return a preparer that this thread keeps: its cascades take longer to load than a short video to read.

    OpenCV's detectors may not be used by two threads at once, so that each thread has its own.
    """
    key = (recipe, every_face, detector_model)
    if _KEPT.key != key:
        _KEPT.preparer = FramePreparer(recipe, every_face=every_face, detector_model=detector_model)
        _KEPT.key = key
    return _KEPT.preparer


def _make_detector(recipe: PrepareRecipe, detector_model: Path | None) -> FaceDetector:
    make = choose(DETECTORS, recipe.detector, what="detector")
    if recipe.detector in WITH_MODEL_FILE:
        return make(pinned_model(recipe.detector_sha256, detector_model))
    if recipe.detector_sha256:
        raise ConfigError(
            f"The detector {recipe.detector!r} takes no model file; leave detector_sha256 empty"
        )
    return make()
