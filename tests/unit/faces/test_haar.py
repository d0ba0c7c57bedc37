import cv2
import numpy as np
import pytest
from cv2.data import haarcascades

from ferfusion.errors import ConfigError
from ferfusion.faces import haar
from ferfusion.faces.boxes import iou
from ferfusion.faces.haar import HaarDetector
from helpers.videos import decode_plainly


@pytest.fixture(scope="module")
def luma(sample_corpus):
    frame = decode_plainly(sample_corpus / "s01" / "anger" / "s01_anger_1.mp4")[0]
    return np.ascontiguousarray(frame.reformat(format="yuv420p").to_ndarray()[: frame.height, : frame.width])


@pytest.mark.parametrize(
    ("limits", "steps"),
    [({}, {"scaleFactor": 1.2, "minNeighbors": 2}), ({"max_side_px": 150}, {"maxSize": (150, 150)})],
    ids=["whole image", "near a face"],
)
def test_haar_returns_a_box_of_the_cascade(luma, limits, steps):
    """OpenCV's own search: with coarse steps, or with fine ones where the greatest width is known."""
    cascade = cv2.CascadeClassifier(haarcascades + HaarDetector.cascades[0])
    boxes = cascade.detectMultiScale(
        luma, **({"scaleFactor": 1.1, "minNeighbors": 4, "minSize": (40, 40)} | steps)
    )
    [found] = HaarDetector().detect(luma, min_side_px=40, **limits)
    assert found.box.tolist() in np.asarray(boxes).tolist()
    assert found.box[2] == found.box[3]


def test_haar_quick_search_returns_the_mean_of_the_windows_on_the_face(luma):
    cascade = cv2.CascadeClassifier(haarcascades + HaarDetector.cascades[0])
    windows = cascade.detectMultiScale(
        luma, scaleFactor=1.1, minNeighbors=0, minSize=(40, 40), maxSize=(150, 150)
    )
    [found] = HaarDetector().detect(luma, min_side_px=40, max_side_px=150, quick=True)
    alike = np.array([window for window in windows if iou(np.array(window, np.float64), found.box) > 0.5])
    assert len(alike) > 3
    assert found.box == pytest.approx(alike.mean(axis=0), abs=1 / 16)


def test_haar_runs_the_second_cascade_where_the_first_detects_nothing(luma, monkeypatch):
    detector = HaarDetector()
    [usual] = detector.detect(luma, min_side_px=40)
    monkeypatch.setattr(HaarDetector, "cascades", HaarDetector.cascades[1:])
    [second] = HaarDetector().detect(luma, min_side_px=40)
    detector._cascades[0] = haar._load_cascade("haarcascade_russian_plate_number.xml")
    [instead] = detector.detect(luma, min_side_px=40)
    assert instead.box.tolist() == second.box.tolist()
    assert iou(instead.box, usual.box) > 0.5


def test_haar_names_a_missing_cascade_file():
    with pytest.raises(ConfigError, match=r"no cascade file .*nothing\.xml.*below version 5"):
        haar._load_cascade("nothing.xml")
