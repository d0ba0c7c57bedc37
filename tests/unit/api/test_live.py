import numpy as np
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


def test_live_predicts_given_frames_as_it_predicts_their_video(video, model):
    import av

    frames = [
        (frame.time, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
        for frame in av.open(str(video)).decode(video=0)
    ]
    given = list(fer.live(iter(frames), model=model))
    assert [prediction.frame.seconds for prediction in given] == [seconds for seconds, _ in frames[:-1]]
    with fer.live(video, model=model) as predictions:
        seen = {prediction.index: prediction for prediction in predictions}
    first = min(seen)
    for face, same in zip(given[first].faces, seen[first].faces, strict=True):
        assert face.row.probabilities == pytest.approx(same.row.probabilities, abs=1e-3)


def test_live_takes_a_given_frame_for_each_prediction_and_no_more(model):
    taken = []

    def frames():
        for index in range(9):
            taken.append(index)
            yield index / 25, np.zeros((48, 64, 3), np.uint8)

    predictions = fer.live(frames(), model=model)
    next(predictions)
    assert taken == [0, 1]
    next(predictions)
    assert taken == [0, 1, 2]


def test_live_refuses_what_is_no_source(model):
    with pytest.raises(fer.ConfigError, match=r"source must be .* or frames, got 2\.5"):
        fer.live(2.5, model=model)  # type: ignore[arg-type]


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
