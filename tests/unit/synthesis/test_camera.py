from dataclasses import replace

import numpy as np
import pytest

from ferfusion.synthesis.camera import Camera, rotation_degrees

FRONT = Camera(
    target_m=(0.0, 0.0, 0.1), yaw_degrees=0, pitch_degrees=0, distance_m=2.0, focal_px=400, center_px=(80, 70)
)


def test_camera_projects_the_target_to_the_centre_from_everywhere():
    for yaw, pitch in ((0, 0), (20, 0), (0, -15), (30, 25)):
        point, depth = replace(FRONT, yaw_degrees=yaw, pitch_degrees=pitch).project(np.array([0, 0, 0.1]))
        np.testing.assert_allclose(point, (80, 70), atol=1e-4)
        assert depth == pytest.approx(2.0)


def test_camera_moves_a_step_aside_by_focal_length_over_distance():
    points, _ = FRONT.project(np.array([[0.05, 0, 0.1], [0, 0, 0.15], [0, 0.5, 0.15]]))
    np.testing.assert_allclose(points, [(90, 70), (80, 60), (80, 62)], atol=1e-3)


def test_camera_to_the_left_and_above_sees_the_nose_to_the_other_side():
    nose = np.array([0, -0.1, 0.1])
    assert replace(FRONT, yaw_degrees=20).project(nose)[0][0] < 80
    assert replace(FRONT, pitch_degrees=20).project(nose)[0][1] > 70


def test_camera_scaled_keeps_the_edges_of_pixels():
    points = np.random.default_rng(0).uniform(-0.2, 0.2, (20, 3))
    coarse, fine = FRONT.project(points)[0], FRONT.scaled(3).project(points)[0]
    np.testing.assert_allclose((fine + 0.5) / 3 - 0.5, coarse, atol=1e-3)


def test_rotation_degrees_keeps_lengths_and_a_nod_lowers_the_nose():
    turn = rotation_degrees(10, 20, -5)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-6)
    assert (rotation_degrees(0, 10, 0) @ np.array([0, -1.0, 0]))[2] < 0
    assert (rotation_degrees(10, 0, 0) @ np.array([0, -1.0, 0]))[0] > 0
