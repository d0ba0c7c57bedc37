import math

import cv2
import numpy as np
import pytest

from ferfusion.actions.region import Region
from ferfusion.video.footage import image_in_memory

EYES = [33, 263]


def pattern(side):
    """A smooth image whose red rises to the right and green downward."""
    ramp = np.linspace(40, 200, side)
    return np.stack(
        [np.tile(ramp, (side, 1)), np.tile(ramp[:, None], (1, side)), np.full((side, side), 90)], 2
    )


def frame_of(image):
    [frame] = image_in_memory(image.astype(np.uint8), name="image").read()
    return frame


def test_region_of_a_box_has_its_centre_and_one_and_a_half_times_its_longer_side():
    assert Region.of_box(np.array([10.0, 20.0, 40.0, 60.0])) == Region(29.5, 49.5, 90.0, 0.0)


@pytest.mark.parametrize("degrees", [0, 25, -40, 170])
def test_region_of_landmarks_turns_with_the_face(degrees):
    rng = np.random.default_rng(0)
    upright = rng.uniform(-50, 50, (478, 2))
    upright[EYES] = [[-30, 0], [30, 0]]
    upright[:2] = [[-50, -50], [50, 50]]
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    region = Region.of_landmarks(upright @ turn.T + (300, 200))
    assert (region.x, region.y, region.side) == pytest.approx((300, 200, 150))
    assert region.angle == pytest.approx(angle)


def test_an_upright_region_of_the_same_size_is_the_image_itself():
    image = pattern(64)
    cut = Region(31.5, 31.5, 64).cut_rgb(frame_of(image), size=64)
    assert np.abs(cut.astype(int) - image).max() <= 4  # chroma has half the resolution


@pytest.mark.parametrize(("side", "size"), [(64, 32), (512, 32), (512, 48), (1024, 32)])
def test_a_large_region_is_averaged_and_stays_in_place(side, size):
    image = pattern(side)
    cut = Region((side - 1) / 2, (side - 1) / 2, side).cut_rgb(frame_of(image), size=size)
    wanted = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    assert np.abs(cut.astype(float) - wanted)[1:-1, 1:-1].max() <= 4


def test_a_region_turned_by_a_quarter_shows_the_image_turned():
    image = pattern(64)
    cut = Region(31.5, 31.5, 64, math.pi / 2).cut_rgb(frame_of(image), size=64)
    assert np.abs(cut.astype(int) - np.rot90(image)).max() <= 4


def test_a_region_beyond_the_image_repeats_its_edge():
    cut = Region(-200, 10, 40).cut_rgb(frame_of(pattern(64)), size=16)
    assert np.abs(cut[:, :, 0].astype(int) - 40).max() <= 5
    cut = Region(-900, 10, 400).cut_rgb(frame_of(pattern(64)), size=16)
    assert np.abs(cut[:, :, 0].astype(int) - 40).max() <= 5
