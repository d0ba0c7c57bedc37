"""The sanity checks on a task with known evidence, which a map must find."""

import numpy as np
import pytest
import torch

from ferfusion.explanation.cam import CAM_METHODS, class_maps
from ferfusion.explanation.deletion import ANOTHER, LEAST, ORDERS, OWN, RANDOM, area_under, deletion_curve
from ferfusion.explanation.randomisation import randomised_steps
from helpers.evidence import PATCH, SIZE, patch_images, trained_model

pytestmark = pytest.mark.slow
COUNT = 64
POINTED = 256
"""Images of the pointing game: its shares of hits then have a standard error of 0.03."""
MARGIN = 0.2
"""Of ten models, drawn and taught apart, the one that points worst is ahead by 0.29."""
TOLERANCE_PX = 4
DRAWS = 12
"""Of random weights. With one random layer a draw's correlation is anywhere from -1 to 1. Of six models,
taught apart, the means of twelve draws are at most 0.66 for the head and 0.24 for the convolutions."""


@pytest.fixture(scope="module")
def model():
    return trained_model()


@pytest.fixture(scope="module")
def shown():
    return patch_images(COUNT, seed=1000)


@pytest.fixture(scope="module")
def cams(model, shown):
    images, codes, _ = shown
    found = {method: class_maps(model, (images, images), method=method) for method in CAM_METHODS}
    assert (found["grad-cam"].targets == codes).float().mean() > 0.95  # else there is nothing to explain
    return found


def pointing_game(placed, places):
    """Share of the maps whose brightest part lies on the patch (Zhang et al. 2018, with its tolerance)."""
    bright = (placed >= 0.9 * placed.amax(dim=(1, 2), keepdim=True)).float()
    along = torch.arange(SIZE, dtype=torch.float32)
    area = bright.sum(dim=(1, 2))
    middle = torch.stack([(bright.sum(2) * along).sum(1) / area, (bright.sum(1) * along).sum(1) / area], 1)
    on_it = (middle >= places - TOLERANCE_PX) & (middle <= places + PATCH - 1 + TOLERANCE_PX)
    return on_it.all(dim=1).float().mean().item()


@pytest.mark.parametrize("method", CAM_METHODS)
def test_class_maps_mark_the_patch_and_not_the_grey_decoy(model, method):
    images, _, places = patch_images(POINTED, seed=2000)
    placed = class_maps(model, (images, images), method=method).upsampled("spatial")[:, 0]
    of_another_image = pointing_game(placed.roll(1, 0), places)
    assert pointing_game(placed, places) > of_another_image + MARGIN


@pytest.mark.parametrize("method", CAM_METHODS)
def test_deletion_by_the_map_lowers_the_score_more_than_at_random(model, cams, shown, method):
    images, cam = shown[0], cams[method]
    generator = torch.Generator().manual_seed(0)
    areas = {
        name: area_under(
            deletion_curve(model, (images, images), cam.targets, order(cam, "spatial", generator), at=0)
        ).mean()
        for name, order in ORDERS.items()
    }
    assert areas[OWN] < areas[RANDOM] - 0.05
    assert areas[OWN] < areas[ANOTHER] - 0.05
    assert areas[RANDOM] < areas[LEAST]


@pytest.mark.parametrize("method", CAM_METHODS)
def test_randomised_steps_change_the_maps(model, shown, method):
    images, codes = shown[0][:32], shown[1][:32]
    draws = [
        [
            step.correlations["spatial"]
            for step in randomised_steps(model, (images, images), codes, seed=seed, method=method)
        ]
        for seed in range(DRAWS)
    ]
    mean = np.nanmean(draws, axis=0)  # a draw whose maps are the same everywhere compares nothing
    assert mean[0] == 1
    assert max(mean[1:4]) < 0.9  # a random head alone changes them
    assert max(mean[-3:]) < 0.35  # and of random convolutions nothing is left
