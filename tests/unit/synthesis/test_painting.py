import numpy as np
import pytest

from ferfusion.synthesis.actions import ACTIONS
from ferfusion.synthesis.canvas import HEIGHT, TEXELS_PER_CM, WIDTH, plane, texel_of
from ferfusion.synthesis.casting import draw_subject
from ferfusion.synthesis.painting import brow_opacity, hair_depth_cm, paint_face, smoothstep
from ferfusion.synthesis.wrinkles import FOLDS, fold_depths, fold_layers

SUBJECT = draw_subject(0, seed=7)


def at(picture, x_cm, z_cm):
    column, row = texel_of(x_cm, z_cm)
    return picture[round(row), round(column)]


def test_the_plane_gives_every_texel_its_place():
    x, z = plane()
    assert x.shape == (HEIGHT, WIDTH)
    for row, column in ((0, 0), (100, 30), (HEIGHT - 1, WIDTH - 1)):
        np.testing.assert_allclose(texel_of(x[row, column], z[row, column]), (column, row), atol=1e-3)
    assert x[0, TEXELS_PER_CM] - x[0, 0] == pytest.approx(1)


def test_smoothstep_rises_between_its_bounds():
    np.testing.assert_allclose(smoothstep(1, 3, np.array([0.0, 1, 2, 3, 4])), [0, 0, 0.5, 1, 1])


def test_brows_are_above_both_eyes_and_nowhere_else():
    opacity = brow_opacity(SUBJECT.brows, np.random.default_rng(0))
    x, z = plane()
    assert at(opacity, 3.0, 75.1) > 0.5
    assert at(opacity, -3.0, 75.1) > 0.5
    assert opacity[(z < 73.5) | (z > 77.0) | (np.abs(x) < 0.7) | (np.abs(x) > 6)].max() == 0


def test_a_painted_face_is_skin_but_for_brows_and_nostrils():
    picture = paint_face(SUBJECT, np.random.default_rng(0))
    assert picture.min() >= 0
    assert picture.max() <= 1
    np.testing.assert_allclose(at(picture, 0, 78), SUBJECT.skin, atol=0.06)
    assert at(picture, 0.8, 68.3).mean() < 0.5 * np.mean(SUBJECT.skin)
    np.testing.assert_array_equal(picture, paint_face(SUBJECT, np.random.default_rng(0)))


def test_hair_grows_on_the_scalp_and_not_on_face_or_ears():
    crown, nape, nose, cheek, ear = (0, -5, 84), (0, 3, 72), (0, -16, 70), (5, -11, 69), (7.8, -5, 71)
    depth = hair_depth_cm(np.array([crown, nape, nose, cheek, ear], np.float32), 0.0)
    assert (depth[:2] > 1).all()
    assert (depth[2:] < 0).all()


def test_folds_lie_on_both_sides_alike():
    layers = fold_layers()
    assert layers.shape == (HEIGHT, WIDTH, len(FOLDS))
    assert layers.min() >= 0
    np.testing.assert_allclose(layers.max(axis=(0, 1)), 1)
    for x, z in ((3.0, 67.4), (0.6, 74.8), (5.4, 73.2)):
        np.testing.assert_allclose(at(layers, x, z), at(layers, -x, z), atol=0.1)


def test_an_action_of_one_side_folds_that_side():
    weights = np.zeros((1, 52))
    weights[0, ACTIONS.index("noseSneerLeft")] = 1
    left, right = fold_depths(weights)[0]
    assert left[FOLDS.index("nasolabial")] > 0.5
    assert right.max() == 0


def test_folds_of_age_are_there_at_rest_and_are_not_added_to_the_action():
    neutral, sneer = np.zeros((1, 52)), np.ones((1, 52))
    assert fold_depths(neutral).max() == 0
    assert fold_depths(neutral, at_rest=0.4)[0, 0, FOLDS.index("nasolabial")] == pytest.approx(0.4)
    np.testing.assert_array_equal(fold_depths(sneer, at_rest=0.1), fold_depths(sneer))
