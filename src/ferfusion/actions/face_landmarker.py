"""The estimator ``face-landmarker``: Google's face landmark and blendshape networks, run by LiteRT.

Source: MediaPipe's face landmarker (face_landmarks_detector_graph.cc, face_blendshapes_graph.cc), whose graph
this follows; no code of it is used. The model file is a zip of three networks. The face detector among them
is not used: faces are those of the tracker.
"""

import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferfusion.actions.estimator import ActedFrame, FaceActions
from ferfusion.actions.head_pose import pose_degrees
from ferfusion.actions.names import ACTIONS
from ferfusion.actions.region import Region
from ferfusion.errors import ConfigError
from ferfusion.extras import require
from ferfusion.faces.tracks import TrackedFace, TrackedFrame
from ferfusion.video.reader import Frame

LANDMARKS = 478
_SIZE_PX = 256
_LANDMARK_NETWORK, _ACTION_NETWORK = "face_landmarks_detector.tflite", "face_blendshapes.tflite"
# kLandmarksSubsetIdxs
_READ_LANDMARKS = (
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70,
    78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149,
    150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195,
    197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300,
    308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375,
    377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454,
    466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
)  # fmt: skip
"""The landmarks that the network of the actions reads."""
_GIVEN: tuple[str, ...] = ACTIONS[:-1]
"""Its outputs are a score of the neutral face, which is not used, and every action but ``tongueOut``."""


class FaceLandmarker:
    """Estimates actions from landmarks: one network finds 478 landmarks, another reads 146 of them.

    The region of a face is that of its box at first, and then that of its last landmarks. Where no face is
    in the latter, or the box has moved away from it, the box is used again. A region from a box is replaced
    by that of the landmarks found in it, so a face has a good region from its first frame on.

    Args:
        model: The model file, ``face_landmarker.task``.

    Raises:
        ConfigError: there is no such file, or it is no such model.
        MissingExtraError: LiteRT is not installed.
    """

    min_score = 0.5
    gives = _GIVEN

    def __init__(self, model: Path) -> None:
        interpreter = require("ai_edge_litert.interpreter", extra="actions").Interpreter
        try:
            with zipfile.ZipFile(model) as networks, _silent_stderr():
                self._find = _Network(interpreter, networks.read(_LANDMARK_NETWORK))
                self._read = _Network(interpreter, networks.read(_ACTION_NETWORK))
        except (OSError, zipfile.BadZipFile, KeyError, ValueError, RuntimeError) as error:
            raise ConfigError(
                f"{model} is no model of the face landmarker; run ferfusion fetch face-landmarker"
            ) from error

    def follow(self, frames: Iterable[TrackedFrame]) -> Iterator[ActedFrame]:
        """Yield every frame of a video with the actions of its faces, in order."""
        regions: dict[int, Region] = {}
        for tracked in frames:
            actions = tuple(
                self._of_face(tracked.frame, face, regions.get(face.track)) for face in tracked.faces
            )
            regions = {
                face.track: Region.of_landmarks(found.landmarks)
                for face, found in zip(tracked.faces, actions, strict=True)
                if found is not None and found.landmarks is not None
            }
            yield tracked, actions

    def _of_face(self, frame: Frame, face: TrackedFace, region: Region | None) -> FaceActions | None:
        if region is not None and _is_at(region, face):
            found = self.estimate(frame, region)
            if found is not None:
                return found
        landmarks, score = self._landmarks(frame, Region.of_box(face.box))
        return self.estimate(frame, Region.of_landmarks(landmarks)) if score >= self.min_score else None

    def estimate(self, frame: Frame, region: Region) -> FaceActions | None:
        """Return the actions of the face in a region of a frame; None if the score is too low."""
        landmarks, score = self._landmarks(frame, region)
        if score < self.min_score:
            return None
        [outputs] = self._read(landmarks[None, list(_READ_LANDMARKS), :2])
        coefficients = np.full(len(ACTIONS), np.nan, np.float32)
        coefficients[: len(_GIVEN)] = np.clip(outputs[1:], 0, 1)
        return FaceActions(coefficients, pose_degrees(landmarks), landmarks, score)

    def _landmarks(self, frame: Frame, region: Region) -> tuple[NDArray[np.float32], float]:
        """Return the landmarks (478, 3) in pixels of the frame, and the score of the face."""
        image = np.divide(region.cut_rgb(frame, size=_SIZE_PX), 255, dtype=np.float32)
        points, presence, _ = self._find(image[None])
        in_region = points.reshape(LANDMARKS, 3).astype(np.float64)
        to_image = region.to_image(_SIZE_PX)
        places = (in_region[:, :2] - 0.5) @ to_image[:, :2].T + to_image[:, 2]
        depths = in_region[:, 2:] * (region.side / _SIZE_PX)
        return np.hstack([places, depths]).astype(np.float32), _sigmoid(float(presence.item()))


class _Network:
    """A network with one input, run by one thread."""

    def __init__(self, interpreter: Any, content: bytes) -> None:
        self._run = interpreter(model_content=content, num_threads=1)
        self._run.allocate_tensors()
        [entry] = self._run.get_input_details()
        self._input: int = entry["index"]
        self._outputs: list[int] = [each["index"] for each in self._run.get_output_details()]

    def __call__(self, values: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self._run.set_tensor(self._input, values)
        self._run.invoke()
        return [self._run.get_tensor(index) for index in self._outputs]


def _is_at(region: Region, face: TrackedFace) -> bool:
    """Return whether the centre of a region is in the middle half of a face's box."""
    x, y, width, height = map(float, face.box)
    return abs(region.x - x - width / 2) < width / 4 and abs(region.y - y - height / 2) < height / 4


def _sigmoid(value: float) -> float:
    return float(1 / (1 + np.exp(-np.float64(value))))


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Write nothing to the standard error: LiteRT announces the first network there, and has no switch."""
    kept, silence = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silence)
