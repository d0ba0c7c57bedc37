from dataclasses import replace

import numpy as np
import pytest

from ferfusion.synthesis.performance import draw_performance
from ferfusion.synthesis.renderer import render_frames, render_image
from ferfusion.synthesis.wrinkles import FOLDS

NO_FOLDS = np.zeros((2, len(FOLDS)), np.float32)


@pytest.fixture
def before_white(portrait):
    """The square at two samples a pixel, before a white background."""
    return replace(portrait, background_rgb=np.ones((2 * portrait.size, 2 * portrait.size, 3), np.float32))


def test_render_image_covers_the_projected_square(before_white):
    image = render_image(before_white, before_white.neutral_m, NO_FOLDS)
    assert image.shape == (48, 48, 3)
    assert image.dtype == np.uint8
    covered = (image < 250).any(axis=2)
    # 0.3 m at 1 m and a focal length of 100 pixels
    assert covered.sum() == pytest.approx(30**2, rel=0.07)
    rows, columns = np.nonzero(covered)
    assert (rows.min() + rows.max(), columns.min() + columns.max()) == (47, 47)


def test_render_frames_gives_an_image_for_each_frame(before_white):
    showing = draw_performance(
        "Fear", num_frames=3, min_intensity=1, max_intensity=1, rng=np.random.default_rng(0)
    )
    images = list(render_frames(before_white, showing, before_white.vertices(showing)))
    assert [image.shape for image in images] == 3 * [(48, 48, 3)]
