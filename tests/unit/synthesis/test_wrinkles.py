import numpy as np
import pytest

from ferfusion.actions.names import ACTIONS
from ferfusion.synthesis.canvas import HEIGHT, WIDTH, texel_of
from ferfusion.synthesis.wrinkles import FOLDS, fold_depths, fold_layers


def at(image, x_cm, z_cm):
    column, row = texel_of(x_cm, z_cm)
    return image[round(row), round(column)]


def test_fold_layers_are_the_same_on_both_sides():
    layers = fold_layers()
    assert layers.shape == (HEIGHT, WIDTH, len(FOLDS))
    assert layers.min() >= 0
    np.testing.assert_allclose(layers.max(axis=(0, 1)), 1)
    for x, z in ((3.0, 67.4), (0.6, 74.8), (5.4, 73.2)):
        np.testing.assert_allclose(at(layers, x, z), at(layers, -x, z), atol=0.1)


def test_fold_depths_follow_the_side_of_the_action():
    weights = np.zeros((1, 52))
    weights[0, ACTIONS.index("noseSneerLeft")] = 1
    left, right = fold_depths(weights)[0]
    assert left[FOLDS.index("nasolabial")] > 0.5
    assert right.max() == 0


def test_fold_depths_at_rest_are_not_added_to_the_action():
    neutral, sneer = np.zeros((1, 52)), np.ones((1, 52))
    assert fold_depths(neutral).max() == 0
    assert fold_depths(neutral, at_rest=0.4)[0, 0, FOLDS.index("nasolabial")] == pytest.approx(0.4)
    np.testing.assert_array_equal(fold_depths(sneer, at_rest=0.1), fold_depths(sneer))
