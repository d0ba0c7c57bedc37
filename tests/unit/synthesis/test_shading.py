from dataclasses import replace

import numpy as np

from ferfusion.synthesis.raster import rasterize
from ferfusion.synthesis.shading import shade, to_linear, to_srgb
from ferfusion.synthesis.wrinkles import FOLDS


def shaded(portrait):
    """The colours of the square's pixels (N, 3)."""
    points, depth = portrait.camera.project(portrait.neutral_m)
    size = portrait.size
    coverage = rasterize(points, depth, portrait.corners, width=size, height=size)
    facing = np.tile(np.array([0, -1, 0], np.float32), (len(portrait.neutral_m), 1))
    return shade(portrait, coverage, facing, np.zeros((2, len(FOLDS)), np.float32))


def test_to_srgb_undoes_to_linear():
    values = np.linspace(0, 1, 11, dtype=np.float32)
    np.testing.assert_allclose(to_srgb(to_linear(values)), values, atol=1e-6)
    assert to_srgb(np.array([-0.1, 1.5], np.float32)).tolist() == [0, 1]


def test_shade_is_brighter_where_the_light_is_stronger(portrait):
    light = replace(portrait.subject.light, key=0.8, fill=0.2, ambient=0.2)
    dark = replace(light, key=0.1, fill=0.0, ambient=0.1)
    bright, dim = (
        shaded(replace(portrait, subject=replace(portrait.subject, light=one))) for one in (light, dark)
    )
    assert bright.shape == dim.shape
    assert bright.min() >= 0
    assert bright.max() <= 1
    assert (bright >= dim).all()
    assert bright.mean() > dim.mean() + 0.05
