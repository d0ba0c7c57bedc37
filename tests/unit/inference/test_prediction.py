import pytest

from ferfusion.inference.predict_video import predict_footage
from ferfusion.video.footage import open_footage
from helpers.face_videos import sample_video
from helpers.predictors import BrightnessPredictor


@pytest.fixture(scope="module")
def prediction():
    return predict_footage(open_footage(sample_video()), BrightnessPredictor())


def test_video_prediction_has_the_info_of_its_predictor(prediction):
    assert prediction.info == BrightnessPredictor().info
    assert prediction.model == "brightness"
    assert prediction.video == sample_video().name
    assert prediction.folder is None


def test_video_prediction_has_smoothed_probabilities_for_every_row(prediction):
    assert prediction.smoothed.shape == (len(prediction.table), len(prediction.info.labels))


def test_video_prediction_has_a_timeline_and_apex_frames_for_every_verdict(prediction):
    faces = [verdict.face for verdict in prediction.verdicts]
    assert faces == [0]
    assert sorted(prediction.spans) == sorted(prediction.apex_frames) == faces
    frames = set(prediction.table["frame"])
    assert {apex.frame for apex in prediction.apex_frames[0]} <= frames
