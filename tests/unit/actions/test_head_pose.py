import numpy as np
import pytest

from ferfusion.actions.head_pose import LEVEL_FACE, pose_degrees, pose_of_rotation
from ferfusion.synthesis.camera import rotation_degrees

MIRROR = {33: 263, 93: 323, 97: 326, 98: 327, 127: 356, 129: 358, 133: 362, 162: 389, 234: 454}


def landmarks(points=None):
    placed = np.zeros((478, 3))
    placed[list(LEVEL_FACE)] = list(LEVEL_FACE.values()) if points is None else points
    return placed


def turned(yaw, pitch, roll):
    """A level face, turned as a rendered head is: x right, y away, z up."""
    face = np.array(list(LEVEL_FACE.values()))
    seen = np.stack([face[:, 0], face[:, 2], -face[:, 1]], 1) @ rotation_degrees(yaw, pitch, roll).T
    return landmarks(np.stack([seen[:, 0], -seen[:, 2], seen[:, 1]], 1))


def test_level_face_is_the_same_on_both_sides():
    for right, left in MIRROR.items():
        x, y, z = LEVEL_FACE[right]
        assert LEVEL_FACE[left] == (-x, y, z)
    assert {LEVEL_FACE[point][0] for point in LEVEL_FACE if point not in {*MIRROR, *MIRROR.values()}} == {0}


@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (30, 0, 0), (-45, 0, 0), (0, 20, 0), (0, -25, 0), (0, 0, 40), (25, -15, 10)]
)
def test_pose_is_that_of_the_rendered_heads(angles):
    assert pose_degrees(turned(*angles)) == pytest.approx(angles, abs=0.01)
    assert pose_of_rotation(rotation_degrees(*angles)) == pytest.approx(angles, abs=0.01)


def test_pose_does_not_depend_on_place_and_size():
    assert pose_degrees(turned(10, 5, -8) * 130 + (200, 90, 7)) == pytest.approx((10, 5, -8), abs=0.01)


@pytest.mark.parametrize(
    ("angles", "point", "axis"),
    [
        ((20, 0, 0), 1, 0),  # to the person's left: the nose moves to the right of the image
        ((0, 20, 0), 1, 1),  # a nod: the nose moves down
        ((0, 0, 20), 10, 0),  # to the person's left shoulder: the forehead moves to the right
    ],
)
def test_signs_are_those_of_the_documentation(angles, point, axis):
    face = turned(*angles)
    assert (face - landmarks())[point, axis] > 0.1
    assert pose_degrees(face).sum() > 19
