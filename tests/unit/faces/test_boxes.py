import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.faces.boxes import grow_to_square, iou

place, side = st.integers(-40, 40), st.integers(1, 40)
boxes = st.tuples(place, place, side, side).map(lambda box: np.array(box, np.float64))


@given(boxes, boxes)
def test_iou_is_that_of_the_pixels(first, second):
    """Counted on a canvas, box by box."""
    drawn = []
    for x, y, width, height in (first.astype(int), second.astype(int)):
        canvas = np.zeros((160, 160), bool)
        canvas[y + 40 : y + 40 + height, x + 40 : x + 40 + width] = True
        drawn.append(canvas)
    shared, either = (drawn[0] & drawn[1]).sum(), (drawn[0] | drawn[1]).sum()
    assert iou(first, second) == pytest.approx(shared / either)


@given(boxes, boxes, st.floats(-100, 100), st.floats(0.1, 10))
def test_iou_is_symmetric_and_invariant_to_moving_and_scaling(first, second, shift, scale):
    move = np.array([shift, shift, 0, 0])
    assert iou(first, second) == pytest.approx(iou(second, first))
    assert iou(first * scale + move, second * scale + move) == pytest.approx(iou(first, second), abs=1e-6)


@given(boxes)
def test_iou_is_one_with_itself_and_zero_with_a_touching_box(box):
    assert iou(box, box) == pytest.approx(1)
    assert iou(box, box + np.array([box[2], 0, 0, 0])) == 0


@given(boxes, st.floats(0, 1))
def test_grow_to_square_keeps_the_centre(box, margin):
    x, y, width, height = grow_to_square(box, margin=margin)
    assert width == height == pytest.approx(box[2:].max() * (1 + 2 * margin))
    assert (x + width / 2, y + height / 2) == pytest.approx(tuple(box[:2] + box[2:] / 2))


@given(st.tuples(place, place, side).map(lambda b: np.array([b[0], b[1], b[2], b[2]], np.float64)))
def test_grow_to_square_keeps_a_square_without_margin(box):
    assert grow_to_square(box, margin=0) == pytest.approx(box)
