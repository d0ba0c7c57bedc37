import pandas as pd
import pytest

import ferfusion as fer
from helpers.face_videos import face_video


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return face_video(tmp_path_factory.mktemp("live") / "face.mp4", 30)


def test_live_yields_predictions_in_order_until_the_time_is_over(video, model):
    with fer.live(video, model=model, seconds=0.3) as predictions:
        seconds = [prediction.frame.seconds for prediction in predictions]
    assert seconds == sorted(seconds)
    # the first prediction at or after 0.3 seconds is the last
    assert all(time < 0.3 for time in seconds[:-1])
    assert next(predictions, None) is None


def test_live_ends_when_it_is_closed(video, model):
    predictions = fer.live(video, model=model)
    next(predictions)
    predictions.close()
    assert list(predictions) == []
    assert repr(predictions) == f"Live('{video}': 1 image predicted; model {model.name})"


def test_live_writes_a_row_per_prediction_into_its_folder(video, model, tmp_path):
    with fer.live(video, model=model, out=tmp_path / "out") as predictions:
        frames = [prediction.index for prediction in predictions]
    assert pd.read_csv(tmp_path / "out" / "frames.csv")["frame"].tolist() == frames
    assert not (tmp_path / "out" / "annotated.mp4").exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"annotate": True}, "name one with out"),
        ({"window": -1}, "window must be 0 or more seconds, got -1"),
        ({"window": float("nan")}, "window must be 0 or more seconds, got nan"),
        ({"seconds": 0}, "seconds must be above 0, got 0"),
    ],
)
def test_live_refuses_settings_before_it_opens_the_source(settings, words):
    with pytest.raises(fer.ConfigError, match=words):
        fer.live("no/such/camera", model="no/such/model", **settings)
