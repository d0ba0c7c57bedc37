import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.faces.boxes import iou
from ferfusion.faces.detector import Detection, grey_image, non_maximum_suppression, without_nested

place, side = st.integers(0, 60), st.integers(5, 40)
detections = st.builds(
    lambda x, y, width, score: Detection(np.array([x, y, width, width], np.float64), score),
    place, place, side, st.floats(0, 9),
)  # fmt: skip


@given(st.lists(detections, max_size=12))
def test_non_maximum_suppression_keeps_the_best_of_boxes_that_overlap(found):
    kept = non_maximum_suppression(found)
    assert [each.score for each in kept] == sorted((each.score for each in kept), reverse=True)
    for number, each in enumerate(kept):
        assert all(iou(each.box, other.box) < 1 / 3 for other in kept[:number])
    for each in found:
        better = [other for other in kept if other.score >= each.score]
        assert any(each is other for other in kept) or any(
            iou(each.box, other.box) >= 1 / 3 for other in better
        )


def test_without_nested_keeps_the_better_of_a_box_and_one_inside_it():
    face, inside, beside = (
        Detection(np.array(box, np.float64), score)
        for box, score in (((10, 10, 40, 40), 0.9), ((20, 20, 12, 12), 0.7), ((45, 10, 40, 40), 0.8))
    )
    assert without_nested([inside, beside, face]) == [face, beside]
    around = Detection(np.array([0, 0, 90, 90], np.float64), 0.75)
    assert without_nested([around, face]) == [face]


def test_grey_image_has_the_full_range():
    luma = np.array([[0, 16, 126, 235, 255]], np.uint8)
    assert grey_image(luma).tolist() == [[[level] * 3 for level in (0, 0, 128, 255, 255)]]
