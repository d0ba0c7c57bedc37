import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.preparation.crop import cut_plane, cut_rgb
from ferfusion.video.reader import Frame
from helpers.videos import textured

COLOURS = [
    (200, 40, 40),
    (40, 180, 60),
    (50, 60, 210),
    (235, 200, 170),
    (90, 55, 40),
    (0, 0, 0),
    (255, 255, 255),
]
WEIGHTS = {False: (0.299, 0.114), True: (0.2126, 0.0722)}


def coded(image_rgb, *, bt709):
    """Encode an image by the formulas of the standard, written out here."""
    red, green, blue = np.moveaxis(image_rgb.astype(float) / 255, -1, 0)
    kr, kb = WEIGHTS[bt709]
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    planes = [16 + 219 * luma]
    for difference, weight in ((blue - luma, kb), (red - luma, kr)):
        full = 128 + 224 * difference / (2 - 2 * weight)
        rows, columns = full.shape
        planes.append(full.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3)))
    rows, columns = luma.shape
    stacked = np.concatenate([plane.reshape(-1, columns) for plane in planes]).round().astype(np.uint8)
    frame = av.VideoFrame.from_ndarray(stacked, format="yuv420p")
    frame.colorspace = Colorspace.ITU709 if bt709 else Colorspace.ITU601
    return Frame(0, 0.0, frame)


def crop_of(frame, box, size=48):
    box = np.float64(box)
    return cut_rgb(frame, cut_plane(frame.luma, box, size=size), box, size=size)


@pytest.mark.parametrize("bt709", [False, True], ids=["BT.601", "BT.709"])
@pytest.mark.parametrize("colour", COLOURS)
def test_cut_rgb_keeps_known_colours(colour, bt709):
    frame = coded(np.full((64, 96, 3), colour, np.uint8), bt709=bt709)
    crop = crop_of(frame, [10, 8, 40, 40])
    assert abs(crop.astype(int) - colour).max() <= 3


@pytest.mark.parametrize("bt709", [False, True], ids=["BT.601", "BT.709"])
def test_cut_rgb_keeps_the_places_of_colours(bt709):
    image = np.zeros((96, 96, 3), np.uint8)
    quarters = [(200, 40, 40), (40, 180, 60), (50, 60, 210), (200, 200, 60)]
    for place, colour in enumerate(quarters):
        row, column = divmod(place, 2)
        image[48 * row : 48 * row + 48, 48 * column : 48 * column + 48] = colour
    crop = crop_of(coded(image, bt709=bt709), [0, 0, 96, 96])
    for place, colour in enumerate(quarters):
        row, column = divmod(place, 2)
        middle = crop[24 * row + 4 : 24 * row + 20, 24 * column + 4 : 24 * column + 20]
        assert abs(middle.astype(int) - colour).max() <= 3


def test_cut_plane_copies_a_box_of_the_size():
    plane = textured(90, 120)[..., 0]
    assert np.array_equal(
        cut_plane(plane, np.array([20, 30, 48, 48], np.float64), size=48), plane[30:78, 20:68]
    )


@pytest.mark.parametrize("factor", [2, 3, 4, 5])
def test_cut_plane_averages_a_larger_box(factor):
    plane = textured(300, 300)[..., 0]
    cut = cut_plane(plane, np.array([7, 9, 48 * factor, 48 * factor], np.float64), size=48)
    inside = plane[9 : 9 + 48 * factor, 7 : 7 + 48 * factor].astype(float)
    assert abs(cut - inside.reshape(48, factor, 48, factor).mean(axis=(1, 3))).max() <= 1


@given(x=st.integers(-80, 150), y=st.integers(-80, 120), side=st.integers(1, 90))
def test_cut_plane_repeats_the_edge_beyond_the_border(x, y, side):
    plane = textured(90, 120)[..., 0]
    wide = np.pad(plane, 200, mode="edge")[200 + y : 200 + y + side, 200 + x : 200 + x + side]
    expected = cut_plane(wide, np.array([0, 0, side, side], np.float64), size=48)
    assert np.array_equal(cut_plane(plane, np.array([x, y, side, side], np.float64), size=48), expected)


@given(st.floats(-60, 140), st.floats(-60, 100), st.floats(0.1, 100), st.floats(0.1, 100))
def test_cut_plane_cuts_the_same_pixels_of_two_planes(x, y, width, height):
    """The cut of an inverted image is the inverted cut, so the box adds no motion."""
    plane = textured(90, 120)[..., 0]
    box = np.array([x, y, width, height])
    first, inverted = cut_plane(plane, box, size=48), cut_plane(255 - plane, box, size=48)
    assert abs(first.astype(int) + inverted - 255).max() <= 1


def test_cut_rgb_cuts_chroma_where_luma_is():
    """A coloured square on grey, cut around its border: both planes end at the same pixel."""
    image = np.full((96, 96, 3), 60, np.uint8)
    image[32:64, 32:64] = (220, 120, 60)
    crop = crop_of(coded(image, bt709=False), [24, 24, 48, 48]).astype(int)
    bright = crop[..., 1] > 90
    coloured = crop[..., 0] - crop[..., 2] > 80
    assert bright[8:40, 8:40].all()
    assert bright.sum() == 32 * 32
    assert (bright ^ coloured).mean() < 0.03


@pytest.mark.parametrize("transposed", [False, True])
def test_cut_plane_of_the_square_around_a_long_strip_takes_little_memory(transposed):
    """The square has 4.3 GB; a strip of a GIF that fuzzing made ended the process."""
    strip = np.repeat(np.arange(10, dtype=np.uint8)[:, None], 65_000, axis=1)
    box = np.array([0, -32_495, 65_000, 65_000], np.float64)
    strip, box = (strip.T, box[[1, 0, 2, 3]]) if transposed else (strip, box)
    cut = cut_plane(strip, box, size=16)
    assert set(np.unique((cut.T if transposed else cut)[:8])) == {0}
    assert set(np.unique((cut.T if transposed else cut)[9:])) == {9}
