"""Faces to learn actions from: rendered ones with their true weights, photographs with a teacher's answers.

Each image is stored as a wide crop: a quarter wider than the box of the face, so that training can move it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from ferfusion.actions.face_landmarker import FaceLandmarker
from ferfusion.actions.head_pose import pose_of_rotation
from ferfusion.actions.names import ACTIONS
from ferfusion.faces.boxes import Box, grow_to_square
from ferfusion.faces.detectors import search_everywhere
from ferfusion.faces.haar import HaarDetector
from ferfusion.faces.tracks import TrackedFace, TrackedFrame
from ferfusion.files import write_whole
from ferfusion.preparation.crop import cut_plane, cut_rgb
from ferfusion.synthesis.camera import rotation_degrees
from ferfusion.synthesis.head import HeadModel, Material
from ferfusion.synthesis.looks import LOOKS
from ferfusion.synthesis.performance import Performance
from ferfusion.synthesis.portrait import Portrait, make_portrait
from ferfusion.synthesis.random_faces import draw_face
from ferfusion.synthesis.renderer import render_frames
from ferfusion.synthesis.timing import Timing
from ferfusion.video.footage import frames_in_memory
from ferfusion.video.reader import Frame

Row = tuple[NDArray[np.uint8], NDArray[Any], NDArray[Any], int]
"""Wide crop, weights (52,), pose (3,) and number of the person."""
WIDE_PX = 80
"""Side of a wide crop."""
WIDE = 1.25
"""Side of a wide crop, as a multiple of that of the face's box."""
_RENDER_PX = 144


@dataclass(frozen=True, eq=False)
class Faces:
    """Images of faces, and what is known of each.

    Attributes:
        images: (N, 80, 80, 3) uint8 RGB, wide crops.
        weights: (N, 52) float32; nan where nothing is known.
        pose: (N, 3) float32, yaw, pitch and roll in degrees; nan where nothing is known.
        subjects: (N,) int64, a number for each person.
    """

    images: NDArray[np.uint8]
    weights: NDArray[np.float32]
    pose: NDArray[np.float32]
    subjects: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.images)

    def save(self, path: Path) -> None:
        """Write them to a safetensors file."""
        tensors = {name: getattr(self, name) for name in ("images", "weights", "pose", "subjects")}
        write_whole(path, lambda partial: save_file(tensors, partial))

    @classmethod
    def load(cls, path: Path) -> "Faces":
        """Read them from a file."""
        return cls(**load_file(path))

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Faces":
        """Return rows of image, weights, pose and subject as faces."""
        images, weights, pose, subjects = zip(*rows, strict=True)
        return cls(
            np.stack(images),
            np.stack(weights).astype(np.float32),
            np.stack(pose).astype(np.float32),
            np.array(subjects, np.int64),
        )

    @classmethod
    def of_images(cls, images: NDArray[np.uint8]) -> "Faces":
        """Return wide crops (N, 80, 80, 3) of which nothing else is known."""
        count = len(images)
        weights, pose = np.full((count, len(ACTIONS)), np.nan), np.full((count, 3), np.nan)
        return cls(images, weights.astype(np.float32), pose.astype(np.float32), np.arange(count))


@dataclass(frozen=True, eq=False)
class Rendered:
    """A rendered face: number of the person, RGB image, box of the face, and what is true of it."""

    person: int
    image: NDArray[np.uint8]
    box: Box
    weights: NDArray[Any]
    pose: NDArray[np.float32]


def render(
    head: HeadModel, *, look: str, seed: int, people: Iterable[int], images: int
) -> Iterator[Rendered]:
    """Yield ``images`` rendered faces of each of ``people``, numbers from 0, of a look."""
    for person in people:
        subject = LOOKS[look].cast(person, seed=seed)
        portrait = make_portrait(head, subject, size=_RENDER_PX, supersampling=2, seed=seed + person)
        drawn = [draw_face(np.random.default_rng([seed, person, number])) for number in range(images)]
        performance = Performance(
            np.zeros(images),
            np.stack([one.weights for one in drawn]),
            np.stack([one.turn_degrees for one in drawn]),
            0.0,
            Timing(0, 0, 0, 0),
        )
        vertices = portrait.vertices(performance)
        rendered = render_frames(portrait, performance, vertices)
        for image, one, mesh in zip(rendered, drawn, vertices, strict=True):
            pose = pose_of_rotation(portrait.camera.rotation @ rotation_degrees(*one.turn_degrees))
            yield Rendered(person, image, box_of_head(portrait, mesh), one.weights, pose)


def with_truth(rendered: Iterable[Rendered]) -> Iterator[Row]:
    """Yield rendered faces with their true weights and pose."""
    for face in rendered:
        yield wide_crop(only_frame(face.image), face.box), face.weights, face.pose, face.person


def box_of_head(portrait: Portrait, vertices_m: NDArray[np.floating[Any]]) -> Box:
    """Return about the box that the detector ``haar`` gives a rendered head, (x, y, width, height)."""
    points, _ = portrait.camera.project(vertices_m)
    head = portrait.head
    eyes = points[head.vertices_of(Material.EYE)].mean(axis=0)
    place = head.template_cm
    chin_at = np.flatnonzero((np.abs(place[:, 0]) < 0.8) & (place[:, 1] < -8) & (place[:, 2] > 61))
    chin = points[chin_at[np.argmin(place[chin_at, 2])]]
    height = np.hypot(*(chin - eyes))
    middle = eyes + (chin - eyes) * 0.148
    side = 1.66 * height
    return np.array([middle[0] - side / 2, middle[1] - side / 2, side, side])


def only_frame(image: NDArray[np.uint8]) -> Frame:
    """Return an RGB image as the only frame of a video."""
    [frame] = frames_in_memory(image[None], fps=1).read()
    return frame


def wide_crop(frame: Frame, box: Box) -> NDArray[np.uint8]:
    """Return the wide crop of a face, (80, 80, 3) RGB."""
    wide = grow_to_square(box, margin=(WIDE - 1) / 2)
    return cut_rgb(frame, cut_plane(frame.luma, wide, size=WIDE_PX), wide, size=WIDE_PX)


def teach(
    images: Iterable[tuple[int, NDArray[np.uint8], Box | None]],
    teacher: FaceLandmarker,
    *,
    unread: bool = False,
) -> Iterator[Row]:
    """Yield images with a teacher's answers.

    Args:
        images: Number of the person, RGB image (H, W, 3), and the face's box; None to detect it.
        teacher: The estimator that answers.
        unread: Whether a face that it cannot read is a row without answers; by default it is left out.
    """
    detector = HaarDetector()
    for person, image, given in images:
        frame = only_frame(image)
        box = largest_face(frame, detector) if given is None else given
        if box is None:
            continue
        tracked = TrackedFrame(frame, [TrackedFace(0, box, 1.0)], None, "ok")
        [(_, (answer,))] = teacher.follow([tracked])
        if answer is not None:
            yield wide_crop(frame, box), answer.coefficients, answer.pose_degrees, person
        elif unread:
            yield wide_crop(frame, box), np.full(len(ACTIONS), np.nan), np.full(3, np.nan), person


def largest_face(frame: Frame, detector: HaarDetector) -> Box | None:
    """Return the box of the largest face in a frame."""
    found = search_everywhere(detector, frame.luma, wanted_px=40)
    return max((each.box for each in found), key=lambda box: float(box[2]), default=None)
