"""One person to render: head, paint, light and camera."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.actions.names import ACTIONS
from ferfusion.synthesis.actions import sides
from ferfusion.synthesis.camera import Camera, rotation_degrees
from ferfusion.synthesis.head import HeadModel, Material
from ferfusion.synthesis.painting import hair_depth_cm, paint_face, smoothstep
from ferfusion.synthesis.performance import Performance
from ferfusion.synthesis.subjects import Scene, Subject

Floats = NDArray[np.floating[Any]]
_PIVOT_M = (0.0, 0.09, -0.06)  # the upper neck, from the point between the eyes
_FACE_CM = (62.2, 80.0)  # chin to hairline of the mean face
_GAINS = MappingProxyType(
    {
        "browInnerUp": 1.6,
        "browOuterUp": 1.2,
        "browDown": 1.6,
        "eyeWide": 1.8,
        "mouthSmile": 1.3,
        "mouthFrown": 1.3,
        "mouthStretch": 1.6,
    }
)
"""Factors by which some actions move further than in the body model, where they are weak."""
_LAYER_CM = 1.6  # how far inside the hairline hair is at its full thickness


@dataclass(frozen=True)
class Portrait:
    """A person in a place, as arrays.

    Attributes:
        subject: The person.
        head: The mean head.
        neutral_m: (V, 3) the person's neutral head with hair, in metres from between the eyes.
        actions_m: (52, V, 3) the actions' movements at this person's size.
        corners: (F, 3) triangles that are drawn.
        materials: (F,) their materials.
        face_rgb: (H, W, 3) the painted canvas.
        background_rgb: (S, S, 3) the place behind, sRGB 0 to 1, at the rendered resolution.
        camera: The camera, for images of ``size`` pixels.
        size: Side of the image in pixels.
    """

    subject: Subject
    head: HeadModel
    neutral_m: Floats
    actions_m: Floats
    corners: NDArray[np.int32]
    materials: NDArray[np.uint8]
    face_rgb: Floats
    background_rgb: Floats
    camera: Camera
    size: int

    def vertices(self, performance: Performance) -> Floats:
        """Return the head in every frame of a performance, (T, V, 3), in metres."""
        weights = performance.weights.astype(np.float32)
        # not by matrix product: its rounding depends on the number of threads
        moved = np.einsum("ta,avk->tvk", weights, self.actions_m) + self.neutral_m
        turns = np.stack([rotation_degrees(*turn) for turn in performance.turn_degrees])
        arm = moved - np.asarray(_PIVOT_M, np.float32)
        turned = np.einsum("tij,tvj->tvi", turns, arm)
        share = self.head.follows_head[None, :, None]
        return np.asarray(moved + share * (turned - arm), dtype=np.float32)


def _with_hair(head: HeadModel, neutral_m: Floats, subject: Subject) -> Floats:
    """Raise the scalp by the hair's thickness."""
    depth = hair_depth_cm(head.template_cm, subject.hair.hairline_cm)
    on_skin = np.zeros(len(neutral_m), np.float32)
    on_skin[head.vertices_of(Material.SKIN)] = 1
    raised_m = 0.01 * subject.hair.thickness_cm * on_skin * smoothstep(-0.2, _LAYER_CM, depth)
    return neutral_m + head.normals * raised_m[:, None]


def _gains() -> Floats:
    """Return the gain of every action, (52,)."""
    gains = np.ones(len(ACTIONS), np.float32)
    for name, gain in _GAINS.items():
        gains[[ACTIONS.index(action) for action in sides(name)]] = gain
    return gains


def _camera(head: HeadModel, neutral_m: Floats, scene: Scene, *, size: int) -> Camera:
    """Aim the camera at the middle of the face; the scene sets the height of the face in the image."""
    place = head.template_cm
    near_middle = (np.abs(place[:, 0]) < 0.8) & (place[:, 1] < -8)
    chin, top = (neutral_m[near_middle][np.argmin(np.abs(place[near_middle, 2] - z))][2] for z in _FACE_CM)
    focal_px = scene.face_share * size * scene.distance_m / float(top - chin)
    middle = (size - 1) / 2
    return Camera(
        target_m=(0.0, 0.0, float(top + chin) / 2),
        yaw_degrees=scene.yaw_degrees,
        pitch_degrees=scene.pitch_degrees,
        distance_m=scene.distance_m,
        focal_px=focal_px,
        center_px=(middle + scene.shift_x * size, middle + (scene.shift_y + 0.02) * size),
    )


def paint_background(scene: Scene, *, size: int) -> Floats:
    """Return an out-of-focus place, (size, size, 3) in sRGB 0 to 1: a gradient with soft blobs."""
    rng = np.random.default_rng(scene.blob_seed)
    rows = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    image = np.asarray(scene.top, np.float32) * (1 - rows) + np.asarray(scene.bottom, np.float32) * rows
    image = np.repeat(image, size, axis=1)
    coarse = rng.random((5, 5)).astype(np.float32)
    blobs = np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), dtype=np.float32)
    share = 0.6 * smoothstep(0.2, 0.9, blobs)[:, :, None]
    return np.asarray(np.clip(image * (1 - share) + np.asarray(scene.blob, np.float32) * share, 0, 1))


def make_portrait(head: HeadModel, subject: Subject, *, size: int, supersampling: int, seed: int) -> Portrait:
    """Prepare a person for images of ``size`` pixels; ``seed`` draws the noise of the paint."""
    neutral = head.shaped(subject.phenotypes, subject.local_changes)
    eyes_apart = np.ptp(neutral[head.vertices_of(Material.EYE), 0])
    eyes_apart_mean = 0.01 * np.ptp(head.template_cm[head.vertices_of(Material.EYE), 0])
    drawn = head.materials != Material.HAIR
    if subject.hair.style == "long":
        drawn[:] = True
    return Portrait(
        subject=subject,
        head=head,
        neutral_m=_with_hair(head, neutral, subject),
        actions_m=head.actions_m
        * (_gains() * eyes_apart / eyes_apart_mean)[:, None, None].astype(np.float32),
        corners=head.corners[drawn],
        materials=head.materials[drawn],
        face_rgb=paint_face(subject, np.random.default_rng(seed)),
        background_rgb=paint_background(subject.scene, size=size * supersampling),
        camera=_camera(head, neutral, subject.scene, size=size),
        size=size,
    )
