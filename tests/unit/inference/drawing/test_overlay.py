import numpy as np
import pytest
from PIL import ImageColor

from ferfusion.inference.drawing.overlay import FaceReading, Overlay, colour_of
from ferfusion.labels import SEVEN, SIX, LabelSet
from helpers.videos import textured


def faces(*readings, labels=SIX):
    """Faces from (x, y, w, h, class that is certain)."""
    return [
        FaceReading(number, box, name, np.eye(len(labels))[labels.code(name)])
        for number, (*box, name) in enumerate(readings)
    ]


def overlay(picture, labels=SIX):
    return Overlay(width=picture.shape[1], height=picture.shape[0], labels=labels)


def changed(picture, drawn):
    return (drawn[: picture.shape[0]] != picture).any(axis=2)


def pixels_of(drawn, name):
    return (drawn == ImageColor.getrgb(colour_of(name))).all(axis=2)


def test_only_the_box_and_the_word_above_it_cover_the_picture():
    picture = textured(240, 320)
    drawn = overlay(picture).draw(picture, faces((100, 80, 90, 90, "Happiness")))
    touched = changed(picture, drawn)
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


def test_the_picture_stays_whole_where_there_is_no_face():
    picture = textured(240, 320)
    for status in ("no face", "small face", "decode error"):
        assert not changed(picture, overlay(picture).draw(picture, [], status=status)).any()


@pytest.mark.parametrize("labels", [SIX, SEVEN, LabelSet(("Bored", "Awake"))])
def test_the_strip_stands_below_the_picture_and_has_room_for_every_class(labels):
    picture = textured(241, 321)
    drawing = overlay(picture, labels)
    drawn = drawing.draw(picture, faces((100, 80, 60, 60, labels.names[0]), labels=labels))
    assert drawn.shape == (drawing.height, drawing.width, 3)
    assert drawing.width == 321
    lines = (drawn[241:] != drawn[-1, 0]).any(axis=(1, 2))
    starts = (np.diff(np.concatenate([[0], lines.astype(int)])) == 1).sum()
    assert starts == len(labels)
    assert not lines[-1]  # nothing is cut off at the bottom


def test_the_bar_of_a_certain_class_is_full_and_the_others_empty():
    picture = textured(240, 320)
    drawing = overlay(picture)
    drawn = drawing.draw(picture, faces((10, 30, 60, 60, "Sadness")))
    strip = drawn[240:]
    full = pixels_of(strip, "Sadness").sum(axis=1).max()
    assert full > 100
    for other in set(SIX.names) - {"Sadness"}:
        assert pixels_of(strip, other).sum(axis=1).max() <= 2


def test_two_faces_have_their_bars_side_by_side_and_more_are_not_squeezed_in():
    picture = textured(240, 640)
    boxes = [(30, 60, 80, 80, "Anger"), (300, 60, 80, 80, "Fear"), (500, 60, 80, 80, "Surprise")]
    drawn = overlay(picture).draw(picture, faces(*boxes))
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
def test_a_box_that_reaches_beyond_the_picture_never_touches_the_strip(box):
    picture = textured(240, 320)
    drawing = overlay(picture)
    inside = drawing.draw(picture, faces((100, 80, 60, 60, "Fear")))
    assert np.array_equal(drawing.draw(picture, faces((*box, "Fear")))[240:], inside[240:])


def test_every_class_has_a_colour_of_its_own():
    assert len({colour_of(name) for name in SEVEN.names}) == 7
    assert colour_of("Boredom") == colour_of("Neutral")


def test_drawing_changes_nothing_that_it_is_given():
    picture = textured(240, 320)
    before = picture.copy()
    overlay(picture).draw(picture, faces((100, 80, 60, 60, "Fear")))
    assert np.array_equal(picture, before)


def test_where_no_class_is_named_the_word_says_so_in_grey_and_the_bars_stay():
    picture = textured(240, 320)
    unsure = FaceReading(0, (100, 80, 90, 90), "no clear expression", np.full(6, 1 / 6))
    drawn = overlay(picture).draw(picture, [unsure])
    assert pixels_of(drawn, "no clear expression")[80:170, 100].all()
    strip = drawn[240:]
    assert len({pixels_of(strip, name).sum(axis=1).max() for name in SIX.names}) == 1


def test_the_status_is_written_where_there_is_no_face():
    picture = textured(240, 320)
    strips = [overlay(picture).draw(picture, [], status=status)[240:] for status in ("no face", "", "")]
    assert (strips[0] != strips[1]).any()
    assert np.array_equal(strips[1], strips[2])
    assert len(np.unique(strips[1].reshape(-1, 3), axis=0)) == 1
