import base64

import cv2
import numpy as np
import pytest

from ferfusion.curation.crop_images import CropImages
from ferfusion.errors import DatasetError
from helpers.curated import CROPS, crops_of, write_curated


def decoded(uri):
    content = base64.b64decode(uri.removeprefix("data:image/jpeg;base64,"))
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


def test_crop_images_has_up_to_three_crops_of_a_video_and_one_of_a_pair(tmp_path):
    crops = CropImages(write_curated(tmp_path / "data", people=1))
    strip = decoded(crops.of_video("S00_fear_0"))
    assert strip.shape == (16, 32, 3)
    expected = crops_of("S00_fear_0")[[1, 2]]  # at a quarter, and at half and three quarters of four crops
    one = decoded(crops.of_pair("S00_fear_0", 1))
    for at, crop in [(0, expected[0]), (1, expected[1])]:
        assert np.abs(strip[:, 16 * at : 16 * at + 16].astype(int) - crop).mean() < 25
    assert np.abs(one.astype(int) - expected[0]).mean() < 25
    assert crops.of_video("none") == ""
    with pytest.raises(DatasetError, match="has no pair 4"):
        crops.of_pair("S00_fear_0", CROPS)
