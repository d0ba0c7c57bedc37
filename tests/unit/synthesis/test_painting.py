import numpy as np

from ferfusion.synthesis.canvas import plane, texel_of
from ferfusion.synthesis.casting import draw_subject
from ferfusion.synthesis.painting import brow_opacity, hair_depth_cm, paint_face, smoothstep

SUBJECT = draw_subject(0, seed=7)


def at(image, x_cm, z_cm):
    column, row = texel_of(x_cm, z_cm)
    return image[round(row), round(column)]


def test_smoothstep_rises_between_its_bounds():
    np.testing.assert_allclose(smoothstep(1, 3, np.array([0.0, 1, 2, 3, 4])), [0, 0, 0.5, 1, 1])


def test_brow_opacity_is_above_both_eyes_and_nowhere_else():
    opacity = brow_opacity(SUBJECT.brows, np.random.default_rng(0))
    x, z = plane()
    assert at(opacity, 3.0, 75.1) > 0.5
    assert at(opacity, -3.0, 75.1) > 0.5
    assert opacity[(z < 73.5) | (z > 77.0) | (np.abs(x) < 0.7) | (np.abs(x) > 6)].max() == 0


def test_paint_face_is_skin_except_for_brows_and_nostrils():
    image = paint_face(SUBJECT, np.random.default_rng(0))
    assert image.min() >= 0
    assert image.max() <= 1
    np.testing.assert_allclose(at(image, 0, 78), SUBJECT.skin, atol=0.06)
    assert at(image, 0.8, 68.3).mean() < 0.5 * np.mean(SUBJECT.skin)
    np.testing.assert_array_equal(image, paint_face(SUBJECT, np.random.default_rng(0)))


def test_hair_depth_is_positive_on_the_scalp_only():
    crown, nape, nose, cheek, ear = (0, -5, 84), (0, 3, 72), (0, -16, 70), (5, -11, 69), (7.8, -5, 71)
    depth = hair_depth_cm(np.array([crown, nape, nose, cheek, ear], np.float32), 0.0)
    assert (depth[:2] > 1).all()
    assert (depth[2:] < 0).all()
