import numpy as np
import pytest
from PIL import ImageColor

from ferfusion.inference.drawing.overlay import DrawnFace, Overlay
from ferfusion.label_set import SEVEN, SIX, LabelSet
from ferfusion.reporting.colours import colour_of
from helpers.videos import textured


def faces(*drawn, labels=SIX):
    """Faces from (x, y, w, h, class that is certain)."""
    return [
        DrawnFace(number, box, name, np.eye(len(labels))[labels.code(name)])
        for number, (*box, name) in enumerate(drawn)
    ]


def overlay(image, labels=SIX):
    return Overlay(width=image.shape[1], height=image.shape[0], labels=labels)


def changed(image, drawn):
    return (drawn[: image.shape[0]] != image).any(axis=2)


def pixels_of(drawn, name):
    return (drawn == ImageColor.getrgb(colour_of(name, SEVEN))).all(axis=2)


def test_draw_covers_only_the_box_and_the_name_above_it():
    image = textured(240, 320)
    drawn = overlay(image).draw(image, faces((100, 80, 90, 90, "Happiness")))
    touched = changed(image, drawn)
    inner, outer = slice(88, 162), slice(78, 174)
    assert not touched[inner, 108:182].any()  # the face itself is free
    beyond = touched.copy()
    beyond[outer, 98:194] = False
    word = np.argwhere(beyond)
    assert word[:, 0].min() >= 50
    assert word[:, 0].max() <= 80
    assert word[:, 1].min() >= 96
    assert word[:, 1].max() <= 300
    for row, column in [(80, 140), (170, 140), (130, 100), (130, 190)]:
        assert pixels_of(drawn, "Happiness")[row, column]


def test_draw_without_a_face_keeps_the_frame():
    image = textured(240, 320)
    for status in ("no face", "small face", "decode error"):
        assert not changed(image, overlay(image).draw(image, [], status=status)).any()


@pytest.mark.parametrize("labels", [SIX, SEVEN, LabelSet(("Bored", "Awake"))])
def test_overlay_has_a_strip_with_room_for_every_class(labels):
    image = textured(241, 321)
    drawing = overlay(image, labels)
    drawn = drawing.draw(image, faces((100, 80, 60, 60, labels.names[0]), labels=labels))
    assert drawn.shape == (drawing.height, drawing.width, 3)
    assert drawing.width == 321
    lines = (drawn[241:] != drawn[-1, 0]).any(axis=(1, 2))
    starts = (np.diff(np.concatenate([[0], lines.astype(int)])) == 1).sum()
    assert starts == len(labels)
    assert not lines[-1]  # nothing is cut off at the bottom


def test_draw_fills_the_bar_of_a_certain_class():
    image = textured(240, 320)
    drawing = overlay(image)
    drawn = drawing.draw(image, faces((10, 30, 60, 60, "Sadness")))
    strip = drawn[240:]
    full = pixels_of(strip, "Sadness").sum(axis=1).max()
    assert full > 100
    for other in set(SIX.names) - {"Sadness"}:
        assert pixels_of(strip, other).sum(axis=1).max() <= 2


def test_draw_puts_the_bars_of_two_faces_side_by_side():
    image = textured(240, 640)
    boxes = [(30, 60, 80, 80, "Anger"), (300, 60, 80, 80, "Fear"), (500, 60, 80, 80, "Surprise")]
    drawn = overlay(image).draw(image, faces(*boxes))
    strip = drawn[240:]
    for name, full, empty in [
        ("Anger", strip[:, :320], strip[:, 320:]),
        ("Fear", strip[:, 320:], strip[:, :320]),
    ]:
        assert pixels_of(full, name).sum(axis=1).max() > 100
        assert pixels_of(empty, name).sum(axis=1).max() <= 2
    for x, y, w, h, name in boxes:  # all three have a box
        assert pixels_of(drawn, name)[y + h // 2, x]
        assert pixels_of(drawn, name)[y + h, x + w // 2]


@pytest.mark.parametrize(
    "box",
    [
        (-30, -30, 80, 80),
        (280, 200, 100, 100),
        (-500, 0, 20, 20),
        (0, 0, 320, 240),
        (100, 239, 5, 50),
        (100, 400, 50, 50),
    ],
)
def test_draw_cuts_a_box_at_the_border_of_the_frame(box):
    image = textured(240, 320)
    drawing = overlay(image)
    inside = drawing.draw(image, faces((100, 80, 60, 60, "Fear")))
    assert np.array_equal(drawing.draw(image, faces((*box, "Fear")))[240:], inside[240:])


def test_draw_has_a_bar_in_its_own_colour_for_each_of_eleven_classes():
    labels = LabelSet(tuple(f"word {number}" for number in range(11)))
    drawing = Overlay(width=320, height=240, labels=labels)
    face = DrawnFace(0, (100, 80, 60, 60), "word 3", np.full(11, 1 / 11))
    drawn = drawing.draw(textured(240, 320), [face])
    for name in labels.names:
        assert (drawn[240:] == ImageColor.getrgb(colour_of(name, labels))).all(axis=2).any()


def test_draw_does_not_change_its_input():
    image = textured(240, 320)
    before = image.copy()
    overlay(image).draw(image, faces((100, 80, 60, 60, "Fear")))
    assert np.array_equal(image, before)


def test_draw_without_a_named_class_uses_grey_and_keeps_the_bars():
    image = textured(240, 320)
    unsure = DrawnFace(0, (100, 80, 90, 90), "no clear expression", np.full(6, 1 / 6))
    drawn = overlay(image).draw(image, [unsure])
    assert pixels_of(drawn, "no clear expression")[80:170, 100].all()
    strip = drawn[240:]
    assert len({pixels_of(strip, name).sum(axis=1).max() for name in SIX.names}) == 1


def test_draw_writes_the_status_without_a_face():
    image = textured(240, 320)
    strips = [overlay(image).draw(image, [], status=status)[240:] for status in ("no face", "", "")]
    assert (strips[0] != strips[1]).any()
    assert np.array_equal(strips[1], strips[2])
    assert len(np.unique(strips[1].reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize("width", [1, 24, 117, 118, 235, 236, 400])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_draw_shows_a_frame_of_any_width_and_the_bars_that_fit(width, number):
    image = textured(40, width)
    drawing = overlay(image)
    drawn = drawing.draw(image, faces(*[(0, 0, 12, 12, "Fear")] * number), status="no face")
    assert drawn.shape == (drawing.height, drawing.width, 3)
    assert drawing.width >= width
    if number == 0:
        assert not (drawn[:40, :width] != image).any()
    # a certain class has a bar of the class's colour, once for each column that fits
    bars = pixels_of(drawn[40:], "Fear").any(axis=0).astype(int)
    assert (np.diff(bars, prepend=0) == 1).sum() == min(number, max(1, width // drawing_column(drawing)))


def drawing_column(drawing):
    """The width of a column with the shortest bar: that of what is drawn of the narrowest frame."""
    return Overlay(width=1, height=drawing.height, labels=SIX).width
