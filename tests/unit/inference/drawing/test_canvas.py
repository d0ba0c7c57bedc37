import av
import numpy as np
import pytest

from ferfusion.inference.drawing.canvas import PlanesCanvas, RgbCanvas, even, word_sprite
from ferfusion.inference.drawing.overlay import DrawnFace, Overlay
from ferfusion.label_set import SIX
from ferfusion.video.colour import Colour
from ferfusion.video.planes import planes_of
from helpers.videos import flat, textured

BT709 = Colour(1, 1, 1)


def drawn_on_planes(image, overlay, faces, *, colour=BT709, status=""):
    """Return what is drawn onto the planes of an image, as RGB."""
    drawn = av.VideoFrame(overlay.width, overlay.height, "yuv420p")
    canvas = PlanesCanvas(planes_of(drawn), colour)
    canvas.place(planes_of(colour.to_yuv420p(image)), ground="#141a20")
    overlay.draw_onto(canvas, faces, status=status)
    return colour.to_rgb(drawn).astype(int)


@pytest.mark.parametrize("size", [(240, 320), (239, 321), (60, 51)])
@pytest.mark.parametrize("colour", [BT709, Colour()])
@pytest.mark.parametrize("number", [0, 1, 3])
def test_planes_canvas_shows_the_same_as_an_rgb_image(size, colour, number):
    """Planes have half the resolution in colour: flat parts are equal, and edges nearly so."""
    image = flat(size[0], size[1], (90, 120, 60))
    overlay = Overlay(width=even(size[1]), height=even(size[0]), labels=SIX)
    boxes = [(31, 21, 80, 81), (-20, -20, 50, 50), (200, 100, 300, 300)]
    faces = [DrawnFace(n, boxes[n], "Fear", np.full(6, 1 / 6)) for n in range(number)]
    padded = np.pad(image, ((0, size[0] % 2), (0, size[1] % 2), (0, 0)), mode="edge")
    wanted = overlay.draw(padded, faces, status="no face").astype(int)
    difference = abs(drawn_on_planes(image, overlay, faces, colour=colour, status="no face") - wanted)
    assert np.median(difference) <= 2
    assert difference.mean() < 6
    assert difference[: size[0], : size[1]].mean() < 6


def test_planes_canvas_keeps_the_pixels_outside_of_boxes_and_names():
    image = textured(240, 320)
    before = planes_of(BT709.to_yuv420p(image))
    drawn = av.VideoFrame(320, 240, "yuv420p")
    canvas = PlanesCanvas(planes_of(drawn), BT709)
    canvas.place(before, ground="#141a20")
    canvas.fill((100, 80, 141, 120), "#ff0000")
    for plane, old, scale in zip(planes_of(drawn), before, (1, 2, 2), strict=True):
        changed = np.argwhere(plane != old) * scale
        assert changed.min(axis=0).tolist() >= [80, 100]
        assert changed.max(axis=0).tolist() < [120, 142]


@pytest.mark.parametrize(("left", "top"), [(-20, 5), (310, 5), (10, 400), (10, 235)])
def test_canvases_cut_off_what_reaches_beyond_their_borders(left, top):
    sprite = word_sprite("Fear", 12, "#ffffff", "#000000")
    image = np.zeros((240, 320, 3), np.uint8)
    RgbCanvas(image).fill((left, top, left + 30, top + 30), "#ff0000")
    RgbCanvas(image).put(sprite, max(left, 0), top)
    planes = planes_of(av.VideoFrame(320, 240, "yuv420p"))
    PlanesCanvas(planes, BT709).fill((left, top, left + 30, top + 30), "#ff0000")
    PlanesCanvas(planes, BT709).put(sprite, max(left, 0), top)


def test_word_sprites_have_even_sides_and_planes_that_hold_no_frame():
    sprite = word_sprite("Surprise 0.51", 13, "#ffffff", "#000000", 4)
    assert (sprite.width % 2, sprite.height % 2) == (0, 0)
    luma, cb, _ = sprite.planes(BT709)
    assert (luma.shape, cb.shape) == (sprite.rgb.shape[:2], (sprite.height // 2, sprite.width // 2))
    assert luma.base is None
    assert sprite.planes(BT709)[0] is luma
