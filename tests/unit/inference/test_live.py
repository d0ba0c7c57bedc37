import csv
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.inference.live import CausalMeans, LiveFiles, Pace, predict_live
from ferfusion.inference.smoothing import smooth_over_time
from ferfusion.label_set import SIX
from ferfusion.temporary import LOCK
from ferfusion.video.live_source import LiveSource
from ferfusion.video.reader import read_frames
from helpers.face_videos import face_video
from helpers.predictors import BrightnessPredictor


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """A face for two and a half seconds."""
    return face_video(tmp_path_factory.mktemp("videos") / "live.mp4", 62)


class SlowPredictor(BrightnessPredictor):
    """Takes a tenth of a second for a frame, two and a half times as long as a frame lasts."""

    def predict(self, crops_bhwc, flow_b2hw, windows=None):
        time.sleep(0.1)
        return super().predict(crops_bhwc, flow_b2hw)


def predict(video, predictor, *, window=0.5):
    with LiveSource(str(video)) as source:
        return source, list(predict_live(source, predictor, window_seconds=window))


def test_predict_live_with_a_slow_model_drops_frames_and_its_delay_does_not_grow(video):
    source, predictions = predict(video, SlowPredictor())
    assert source.decoded == 62
    assert len(predictions) + source.dropped == source.decoded - 1  # pairs of neighbours
    assert source.dropped > 20
    # in a queue, the last of 61 frames would wait for 6.1 seconds less the 2.5 seconds of the video
    assert predictions[-1].delay_seconds < 2
    half = len(predictions) // 2
    early, late = (
        np.median([each.delay_seconds for each in part]) for part in (predictions[:half], predictions[half:])
    )
    assert late < 3 * early + 0.5


def test_predict_live_is_in_order_and_keeps_the_times_of_the_frames(video):
    _, predictions = predict(video, BrightnessPredictor())
    seconds = {frame.index: frame.seconds for frame in read_frames(video)}
    indices = [prediction.index for prediction in predictions]
    assert indices == sorted(set(indices))
    assert [prediction.frame.seconds for prediction in predictions] == pytest.approx(
        [seconds[k] for k in indices]
    )
    assert all(prediction.delay_seconds > 0 for prediction in predictions)
    known = [prediction for prediction in predictions[3:] if prediction.faces]
    assert len(known) == len(predictions[3:])
    assert {face.row.face for prediction in known for face in prediction.faces} == {0}


def test_predict_live_names_the_causal_mean_above_the_threshold(video):
    _, predictions = predict(video, BrightnessPredictor(calibration=Calibration(abstain_below_pair=0.99)))
    faces = [face for prediction in predictions for face in prediction.faces]
    assert {face.expression for face in faces} == {"no clear expression"}
    _, predictions = predict(video, BrightnessPredictor(), window=0)
    for face in (face for prediction in predictions for face in prediction.faces):
        assert face.expression == SIX.names[int(face.row.probabilities.argmax())]
        assert face.smoothed == pytest.approx(face.row.probabilities)


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=40), st.floats(0, 2), st.integers(0, 2**32 - 1))
def test_causal_means_equal_a_causal_timeline(steps, window, seed):
    seconds = np.cumsum(steps)
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(6), len(steps)).astype(np.float32)
    means = CausalMeans(window)
    live = [means.add(0, now, each) for now, each in zip(seconds, probabilities, strict=True)]
    if window:
        timeline = smooth_over_time(seconds, probabilities, window_seconds=window, smoothing="causal")
        assert np.stack(live) == pytest.approx(timeline, abs=1e-6)


def test_causal_means_drop_faces_that_left():
    means = CausalMeans(0.5)
    for face in range(1000):
        means.add(face, float(face), np.eye(6, dtype=np.float32)[0])
    assert means.num_faces <= 2


def test_live_files_has_a_line_per_prediction_and_a_frame_at_its_time(video, tmp_path):
    with (
        LiveSource(str(video)) as source,
        LiveFiles(tmp_path / "live", SIX, annotate=True) as files,
    ):
        predictions = []
        for prediction in predict_live(source, BrightnessPredictor(), window_seconds=0.5):
            files.add(prediction)
            predictions.append(prediction)
            if len(predictions) == 3:  # it is on disk before the source has ended
                assert len((tmp_path / "live" / "frames.csv").read_text().splitlines()) == 4
    with (tmp_path / "live" / "frames.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [int(line["frame"]) for line in lines] == [prediction.index for prediction in predictions]
    assert [line["smoothed"] or None for line in lines] == [
        prediction.faces[0].expression if prediction.faces else None for prediction in predictions
    ]
    seen = [line for line in lines if line["face"]]
    assert all(sum(float(line[column]) for column in SIX.probability_columns) > 0.999 for line in seen)
    assert all(float(line["delay_ms"]) > 0 for line in lines)
    shown = [frame.seconds for frame in read_frames(tmp_path / "live" / "annotated.mp4")]
    first = predictions[0].frame.seconds  # the first frames may be dropped; a player starts at the first one
    times = [prediction.frame.seconds - first for prediction in predictions]
    assert shown == pytest.approx(times, abs=1e-4)


def test_live_files_holds_its_folder_and_removes_earlier_predictions(tmp_path):
    killed = ".annotated.mp4.1-0123abcd.partial.mp4"
    for name in ("annotated.mp4", "verdict.json", "report.html", "frames.csv", killed, "mine.txt"):
        (tmp_path / name).touch()
    with LiveFiles(tmp_path, SIX, annotate=False):
        assert sorted(path.name for path in tmp_path.iterdir()) == [LOCK, "frames.csv", "mine.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frames.csv", "mine.txt"]


def test_pace_describes_frames_and_delays(video):
    source, predictions = predict(video, BrightnessPredictor())
    pace = Pace()
    for prediction in predictions:
        pace.count(prediction)
    words = pace.describe(source)
    assert words.startswith(
        f"{len(predictions)} of 62 frames predicted, {source.dropped} dropped; mean delay "
    )
