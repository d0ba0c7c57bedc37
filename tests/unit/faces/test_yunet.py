import numpy as np
import pytest

from ferfusion.errors import ConfigError
from ferfusion.faces.boxes import iou
from ferfusion.faces.haar import HaarDetector
from ferfusion.faces.model_file import MODEL_VARIABLE
from ferfusion.faces.yunet import YuNetDetector
from helpers.videos import decode_plainly


def test_yunet_detects_the_face_that_haar_detects(model, sample_corpus):
    frame = decode_plainly(sample_corpus / "s05" / "fear" / "s05_fear_1.mp4")[0]
    planes = frame.reformat(format="yuv420p").to_ndarray().astype(np.uint8)
    luma = np.ascontiguousarray(planes[: frame.height, : frame.width])
    [found] = YuNetDetector(model).detect(luma, min_side_px=40)
    [by_haar] = HaarDetector().detect(luma, min_side_px=40)
    assert iou(found.box, by_haar.box) > 0.7
    assert found.box[2] == found.box[3]
    assert YuNetDetector.min_score <= found.score <= 1


def test_yunet_refuses_a_file_that_is_no_model(other, monkeypatch):
    with pytest.raises(ConfigError, match=r"other\.onnx is no YuNet model"):
        YuNetDetector(other)
    monkeypatch.setenv(MODEL_VARIABLE, str(other))
    with pytest.raises(ConfigError, match=r"other\.onnx is no YuNet model"):
        YuNetDetector()


def test_yunet_without_a_named_file_says_where_to_name_one():
    with pytest.raises(ConfigError, match=f"name one in the environment variable {MODEL_VARIABLE}"):
        YuNetDetector()
