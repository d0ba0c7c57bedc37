"""Prepare the frames of a video as network input, crops and flows, in training and prediction alike."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferfusion.actions.estimator import ActedFrame, FaceActions
from ferfusion.actions.estimators import make_estimator
from ferfusion.errors import ConfigError
from ferfusion.faces.boxes import Box, grow_to_square
from ferfusion.faces.detectors import DETECTORS, WITH_MODEL_FILE, Detection, FaceDetector
from ferfusion.faces.model_file import pinned_model
from ferfusion.faces.tracker import FaceTracker
from ferfusion.faces.tracks import TrackedFace, TrackedFrame
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
        box: The square that was cut out, in pixels of the upright image; it may reach beyond the border.
        score: The detector's score in the nearest frame that was searched.
        crop: The face, (S, S, 3) uint8 RGB.
        luma: The luma plane of the crop, (S, S) uint8.
        flow: Motion from this crop to the same square of the next frame, (2, S, S) float16: u to the right
            and v down, in crop pixels; None if the next frame does not show this face.
        actions: Facial actions and head pose; None if they are not wanted or cannot be read.
    """

    track: int
    box: Box
    score: float
    crop: NDArray[np.uint8]
    luma: NDArray[np.uint8]
    flow: NDArray[np.float16] | None = None
    actions: FaceActions | None = None


@dataclass(frozen=True)
class PreparedFrame:
    """One decoded frame with its faces.

    Attributes:
        index: Index of the frame in the video, from 0.
        seconds: Time at which it is shown.
        status: One of ``STATUSES``.
        faces: Its faces.
        rejected: The best detection, if the status is ``small_face`` or ``low_score``.
        chosen: Whether the frame was chosen, see ``FramePreparer.prepare``.
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
    """Prepares the frames of one video after another; it holds the detector and no state between videos.

    Args:
        recipe: Settings of preparation.
        every_face: Whether every face is wanted, or mainly the main face of the video.
        detector_model: Model file of the detector, for one that comes without; by default, the environment
            variable names it.
        flow: Whether faces have optical flow; without it, ``PreparedFace.flow`` is always None.
        actions: Estimator of the facial actions of the faces; empty for none.

    Raises:
        ConfigError: a name is not known, or a model file is missing or has another content.
        MissingExtraError: the package of the detector, or of the actions, is not installed.
    """

    def __init__(
        self,
        recipe: PrepareRecipe,
        *,
        every_face: bool = True,
        detector_model: Path | None = None,
        flow: bool = True,
        actions: str = "",
    ) -> None:
        self.recipe = recipe
        self._every_face = every_face
        self._detector = _make_detector(recipe, detector_model)
        self._estimate_flow = choose(FLOW_ESTIMATORS, recipe.flow, what="flow estimator")
        self._flow = flow
        self._action_estimator = make_estimator(actions) if actions else None

    def prepare(
        self, frames: Iterable[Frame], *, chosen: Callable[[Frame], bool] = _every
    ) -> Iterator[PreparedFrame]:
        """Yield a prepared frame for every frame, in order, some frames behind.

        Both images of a flow are cut with the box of the first, so that the box adds no motion.

        Args:
            frames: The frames of a video.
            chosen: Whether a frame is used. Of the other frames, only those right before a chosen one have
                flow; all have crops.
        """
        before: tuple[Frame, PreparedFrame] | None = None
        for frame, prepared in self._cut_faces(frames, chosen=chosen):
            if before is not None:
                yield self._with_flow(*before, frame, prepared)
            before = (frame, prepared)
        if before is not None:
            yield before[1]

    def prepare_live(self, pairs: Iterable[tuple[Frame, Frame]]) -> Iterator[PreparedFrame]:
        """Yield the first frame of each pair of consecutive frames at once, without waiting for later ones.

        Between pairs, frames may have been dropped; the indices of the first frames rise by one nevertheless.
        """
        seconds: deque[Frame] = deque()

        def firsts() -> Iterator[Frame]:
            for first, second in pairs:
                seconds.append(second)
                yield first

        for frame, prepared in self._cut_faces(firsts(), chosen=_every, causal=True):
            after = seconds.popleft()
            if not self._flow:
                yield prepared
                continue
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
        for tracked, actions in self._with_actions(tracker.follow(frames)):
            frame = tracked.frame
            faces = tuple(
                self._cut_face(frame, face, its_actions)
                for face, its_actions in zip(tracked.faces, actions, strict=True)
            )
            yield (
                frame,
                PreparedFrame(
                    frame.index, frame.seconds, tracked.status, faces, tracked.rejected, chosen(frame)
                ),
            )

    def _with_actions(self, frames: Iterator[TrackedFrame]) -> Iterator[ActedFrame]:
        if self._action_estimator is None:
            return ((tracked, (None,) * len(tracked.faces)) for tracked in frames)
        return self._action_estimator.follow(frames)

    def _cut_face(self, frame: Frame, face: TrackedFace, actions: FaceActions | None) -> PreparedFace:
        size = self.recipe.size
        box = grow_to_square(face.box, margin=self.recipe.margin)
        luma = cut_plane(frame.luma, box, size=size)
        crop = cut_rgb(frame, luma, box, size=size)
        return PreparedFace(face.track, box, face.score, crop, luma, actions=actions)

    def _with_flow(
        self, frame: Frame, prepared: PreparedFrame, after: Frame, prepared_after: PreparedFrame
    ) -> PreparedFrame:
        if not self._flow or after.index != prepared.index + 1:
            return prepared
        if not (prepared.chosen or prepared_after.chosen):
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
        return to_half(reduce_flow(self._estimate_flow(first, second), size=size))


class _Kept(threading.local):
    key: tuple[object, ...] = ()
    preparer: FramePreparer


_KEPT = _Kept()


def kept_preparer(
    recipe: PrepareRecipe,
    *,
    every_face: bool = True,
    detector_model: Path | None = None,
    flow: bool = True,
    actions: str = "",
) -> FramePreparer:
    """Return the preparer that this thread keeps; it is made again only for other arguments.

    Loading the cascades takes longer than reading a short video. OpenCV's detectors must not be used by two
    threads at once, so each thread has its own. The arguments are those of ``FramePreparer``.
    """
    key = (recipe, every_face, detector_model, flow, actions)
    if _KEPT.key != key:
        _KEPT.preparer = FramePreparer(
            recipe, every_face=every_face, detector_model=detector_model, flow=flow, actions=actions
        )
        _KEPT.key = key
    return _KEPT.preparer


def _make_detector(recipe: PrepareRecipe, detector_model: Path | None) -> FaceDetector:
    make = choose(DETECTORS, recipe.detector, what="detector")
    if recipe.detector in WITH_MODEL_FILE:
        return WITH_MODEL_FILE[recipe.detector](pinned_model(recipe.detector_sha256, detector_model))
    if recipe.detector_sha256:
        raise ConfigError(
            f"The detector {recipe.detector!r} takes no model file; leave detector_sha256 empty"
        )
    return make()
