"""Tests that every face detector must pass."""

import cv2
import numpy as np
import pytest

from ferfusion.faces.boxes import iou
from ferfusion.faces.detectors import (
    DETECTORS,
    WITH_MODEL_FILE,
    near_searches,
    search_everywhere,
    search_near,
)
from helpers.videos import decode_plainly

FACES = {  # x, y, width, height from the temples to the chin, measured by hand in the first frame
    "s01/anger/s01_anger_1.mp4": (59, 47, 71, 98),
    "s05/fear/s05_fear_1.mp4": (51, 29, 81, 108),
    "s11/happiness/s11_happiness_1.mp4": (39, 29, 85, 115),
    "s18/sadness/s18_sadness_2.mp4": (47, 34, 70, 106),
}


READING = [name for name in DETECTORS if name != "none"]


@pytest.fixture(scope="module", params=READING)
def detector(request):
    """Every detector that reads pixels; one that needs a model file gets that of the real data."""
    name = request.param
    files = ()
    if name in WITH_MODEL_FILE:
        files = tuple((request.getfixturevalue("real_data") / "models").glob(f"{name}*.onnx"))[:1]
    return DETECTORS[name](*files)


@pytest.fixture(scope="module", params=FACES)
def portrait(request, sample_corpus):
    """The luma of an image, and the box of its face."""
    frame = decode_plainly(sample_corpus / request.param)[0]
    luma = frame.reformat(format="yuv420p").to_ndarray()[: frame.height, : frame.width]
    return np.ascontiguousarray(luma), np.array(FACES[request.param], np.float64)


def enlarged(luma, factor):
    return cv2.resize(luma, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)


def test_detector_returns_the_face_and_no_other(detector, portrait):
    luma, face = portrait
    [found] = detector.detect(luma, min_side_px=30)
    assert iou(found.box, face) > 0.5
    assert found.score >= detector.min_score


def test_detector_returns_boxes_in_the_image_highest_score_first(detector, portrait):
    luma, _ = portrait
    crowd = np.hstack([luma, np.flipud(luma), luma[:, ::-1]])
    found = detector.detect(crowd, min_side_px=20)
    assert len(found) >= 2
    whole = np.array([0, 0, *crowd.shape[::-1]], np.float64)
    for each in found:
        # a square around an upright face may reach over the border, but not far
        seen = iou(each.box, whole) * (whole[2:].prod() + each.box[2:].prod())
        assert seen / (1 + iou(each.box, whole)) > 0.8 * each.box[2:].prod()
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)


def test_detector_returns_the_mirrored_face_of_a_mirrored_image(detector, portrait):
    luma, (x, y, width, height) = portrait
    [found] = detector.detect(np.ascontiguousarray(luma[:, ::-1]), min_side_px=30)
    assert iou(found.box, np.array([luma.shape[1] - x - width, y, width, height])) > 0.5


def test_detector_returns_no_size_out_of_the_range(detector, portrait):
    luma, face = portrait
    assert detector.detect(luma, min_side_px=160) == []
    assert all(iou(each.box, face) < 0.5 for each in detector.detect(luma, min_side_px=20, max_side_px=40))


@pytest.mark.parametrize("brightness", [16, 128, 235])
def test_detector_returns_nothing_for_a_uniform_image(detector, brightness):
    assert detector.detect(np.full((120, 160), brightness, np.uint8), min_side_px=20) == []


@pytest.mark.parametrize("size", [(1, 1), (4, 300), (19, 19), (10, 20), (31, 200), (300, 5)])
def test_detector_returns_nothing_for_an_image_too_small_for_a_face(detector, size):
    for _ in range(10):  # memory that was never written differs from call to call
        assert detector.detect(np.full(size, 90, np.uint8), min_side_px=10) == []


def test_detector_returns_the_same_twice(detector, portrait):
    luma, _ = portrait
    first, second = (detector.detect(luma, min_side_px=30) for _ in range(2))
    assert [(each.box.tolist(), each.score) for each in first] == [
        (each.box.tolist(), each.score) for each in second
    ]


@pytest.mark.parametrize("factor", [1, 2, 6])
def test_search_everywhere_returns_boxes_in_pixels_of_an_image_of_any_size(detector, portrait, factor):
    luma, face = portrait
    [found] = search_everywhere(detector, enlarged(luma, factor), wanted_px=30 * factor)
    assert iou(found.box, face * factor) > 0.5


@pytest.mark.parametrize("factor", [1, 3])
def test_search_near_returns_a_face_near_its_last_box(detector, portrait, factor):
    luma, face = portrait
    image = enlarged(luma, factor)
    [there] = search_everywhere(detector, image, wanted_px=30 * factor)
    moved = there.box + there.box[2] * np.array([0.08, -0.08, 0, 0])
    assert iou(search_near(detector, image, moved).box, face * factor) > 0.5


def test_search_everywhere_detects_small_wanted_faces_in_a_large_image(detector, portrait):
    luma, face = portrait
    scale = 64 / max(face[2:])
    small = cv2.resize(luma, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    image = np.full((700, 1400), 110, np.uint8)  # at 360 px, the face is 16 px high
    image[500 : 500 + len(small), 1200 : 1200 + small.shape[1]] = small
    [found] = search_everywhere(detector, image, wanted_px=45)
    assert iou(found.box, face * scale + (1200, 500, 0, 0)) > 0.4


def test_search_everywhere_and_near_detect_a_face_that_the_edge_of_the_image_cuts(detector, portrait):
    luma, (x, y, width, height) = portrait
    tight = np.ascontiguousarray(luma[int(y + 0.08 * height) :, int(x) : int(x + width)][: int(0.9 * height)])
    [found] = search_everywhere(detector, tight, wanted_px=40)
    assert iou(found.box, np.array([0, -0.08 * height, width, height])) > 0.5
    assert search_near(detector, tight, found.box) is not None


def test_search_near_returns_none_without_a_face(detector, portrait):
    luma, _ = portrait
    assert search_near(detector, np.full_like(luma, 90), np.array([40, 40, 60, 60], np.float64)) is None
    assert search_near(detector, luma, np.array([900, 900, 60, 60], np.float64)) is None


def test_detector_none_returns_the_whole_image():
    [found] = DETECTORS["none"]().detect(np.zeros((48, 64), np.uint8), min_side_px=1000)
    assert found.box.tolist() == [0, 0, 64, 48]
    assert found.score >= DETECTORS["none"]().min_score


@pytest.mark.parametrize(
    ("name", "wanted_px", "face_px", "searches"),
    [
        ("haar", 48, 160, [(True, 34.56 / 160), (False, 80 / 160)]),
        ("haar", 24, 160, [(True, 34.56 / 160), (False, 80 / 160), (False, 1)]),
        ("haar", 24, 64, [(True, 1), (False, 1)]),
        ("mtcnn", 48, 120, [(False, 0.5)]),
        ("mtcnn", 24, 120, [(False, 0.5), (False, 1)]),
    ],
)
def test_near_searches_are_different(name, wanted_px, face_px, searches):
    last = np.array([10, 10, face_px, face_px], np.float64)
    assert near_searches(DETECTORS[name](), last, wanted_px=wanted_px) == searches
