import numpy as np
import pytest

from ferfusion.synthesis.canvas import HEIGHT, TEXELS_PER_CM, WIDTH, plane, texel_of


def test_plane_gives_every_texel_its_place():
    x, z = plane()
    assert x.shape == (HEIGHT, WIDTH)
    for row, column in ((0, 0), (100, 30), (HEIGHT - 1, WIDTH - 1)):
        np.testing.assert_allclose(texel_of(x[row, column], z[row, column]), (column, row), atol=1e-3)
    assert x[0, TEXELS_PER_CM] - x[0, 0] == pytest.approx(1)
