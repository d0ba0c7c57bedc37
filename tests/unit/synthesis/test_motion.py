"""True flow on a mesh whose motion can be worked out by hand: a flat square before the camera."""

from dataclasses import replace

import numpy as np
import pytest

from ferfusion.synthesis.camera import Camera
from ferfusion.synthesis.casting import draw_subject
from ferfusion.synthesis.head import HeadModel, Material, vertex_normals
from ferfusion.synthesis.motion import true_flow
from ferfusion.synthesis.portrait import Portrait

SIZE, FOCAL_PX, DISTANCE_M, HALF_M = 48, 100.0, 1.0, 0.15


def square_mesh(steps=9):
    """Return a square (V, 3) in the plane y = 0 that faces the camera, and its corners."""
    ticks = np.linspace(-HALF_M, HALF_M, steps, dtype=np.float32)
    x, z = np.meshgrid(ticks, ticks)
    first = (np.arange(steps - 1)[:, None] * steps + np.arange(steps - 1)).ravel()
    corners = np.concatenate(
        [
            np.stack([first, first + 1, first + steps], 1),
            np.stack([first + 1, first + steps + 1, first + steps], 1),
        ]
    )
    return np.stack([x.ravel(), np.zeros(x.size, np.float32), z.ravel()], axis=1), corners.astype(np.int32)


@pytest.fixture
def portrait():
    vertices, corners = square_mesh()
    materials = np.full(len(corners), Material.SKIN, np.uint8)
    zeros = np.zeros(len(vertices), np.float32)
    head = HeadModel(
        template_cm=np.tile(np.array([0, -12, 70], np.float32), (len(vertices), 1)),
        normals=vertex_normals(vertices, corners),
        corners=corners,
        materials=materials,
        actions_m=np.zeros((52, len(vertices), 3), np.float32),
        follows_head=zeros,
        lips=zeros,
        lid_edges=zeros,
        teeth_shift_m=np.zeros((len(vertices), 3), np.float32),
        body=None,
        kept=np.arange(len(vertices)),
    )
    middle = (SIZE - 1) / 2
    return Portrait(
        subject=draw_subject(0, seed=7),
        head=head,
        neutral_m=vertices,
        actions_m=head.actions_m,
        corners=corners,
        materials=materials,
        face_rgb=np.zeros((1, 1, 3), np.float32),
        background_rgb=np.zeros((SIZE, SIZE, 3), np.float32),
        camera=Camera((0, 0, 0), 0, 0, DISTANCE_M, FOCAL_PX, (middle, middle)),
        size=SIZE,
    )


def test_a_step_aside_is_focal_length_over_distance_everywhere(portrait):
    moved = portrait.neutral_m + np.array([0.02, 0, -0.01], np.float32)
    flow, mask = true_flow(portrait, np.stack([portrait.neutral_m, moved]))
    assert flow.shape == (1, 2, SIZE, SIZE)
    assert flow.dtype == np.float16
    assert mask.sum() == round(2 * HALF_M * FOCAL_PX / DISTANCE_M) ** 2
    np.testing.assert_allclose(flow[0, 0][mask[0]], 2.0, atol=2e-3)
    np.testing.assert_allclose(flow[0, 1][mask[0]], 1.0, atol=2e-3)
    assert not flow[0, :, ~mask[0]].any()


def test_a_step_nearer_grows_from_the_centre(portrait):
    nearer = portrait.neutral_m - np.array([0, 0.1, 0], np.float32)
    flow, mask = true_flow(portrait, np.stack([portrait.neutral_m, nearer]))
    growth = DISTANCE_M / (DISTANCE_M - 0.1) - 1
    rows, columns = np.nonzero(mask[0])
    middle = (SIZE - 1) / 2
    np.testing.assert_allclose(flow[0, 0, rows, columns], growth * (columns - middle), atol=2e-3)
    np.testing.assert_allclose(flow[0, 1, rows, columns], growth * (rows - middle), atol=2e-3)


def test_a_still_face_has_no_flow(portrait):
    flow, _ = true_flow(portrait, np.stack([portrait.neutral_m] * 3))
    np.testing.assert_allclose(flow, 0, atol=1e-3)


def test_hair_neck_and_back_of_the_head_are_not_of_the_face(portrait):
    still = np.stack([portrait.neutral_m] * 2)
    hair = replace(portrait, materials=np.full(len(portrait.corners), Material.HAIR, np.uint8))
    assert not true_flow(hair, still)[1].any()
    for place in ((0, -12, 58), (0, 2, 70)):
        elsewhere = np.tile(np.array(place, np.float32), (len(portrait.neutral_m), 1))
        head = replace(portrait.head, template_cm=elsewhere)
        assert not true_flow(replace(portrait, head=head), still)[1].any()
