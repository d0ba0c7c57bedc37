import csv
import time

import numpy as np
import pytest
from cyclopts import App
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.bundle import Bundle, save_bundle
from ferfusion.cli.webcam import webcam
from ferfusion.errors import ConfigError, VideoError
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.inference.live import CausalMeans, LiveFiles, Pace, read_live
from ferfusion.inference.smoothing import smooth_over_time
from ferfusion.labels import SIX
from ferfusion.models.config import ModelConfig
from ferfusion.models.zoo import build_model
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.live_source import LiveSource
from ferfusion.video.reader import read_frames
from helpers.predictors import BrightnessPredictor
from helpers.videos import decode_plainly, write_video


@pytest.fixture(scope="module")
def video(tmp_path_factory, sample_corpus):
    """A face for two and a half seconds."""
    path = sorted(sample_corpus.rglob("*.mp4"))[0]
    pictures = [frame.to_ndarray(format="rgb24") for frame in decode_plainly(path)]
    pictures = (pictures + pictures[::-1])[:62]
    return write_video(tmp_path_factory.mktemp("videos") / "live.mp4", pictures)


class SlowPredictor(BrightnessPredictor):
    """Takes a tenth of a second for a picture, two and a half times as long as the video gives it."""

    def predict(self, crops_bhwc, flow_b2hw):
        time.sleep(0.1)
        return super().predict(crops_bhwc, flow_b2hw)


def read(video, predictor, *, window=0.5):
    with LiveSource(str(video)) as source:
        return source, list(read_live(source, predictor, window_seconds=window))


def test_a_model_that_cannot_follow_drops_pictures_and_its_delay_does_not_grow(video):
    source, readings = read(video, SlowPredictor())
    assert source.decoded == 62
    assert len(readings) + source.dropped == source.decoded - 1  # pairs of neighbours
    assert source.dropped > 20
    # had they queued, the last of 61 pictures would wait for 61 tenths of a second less the video's length
    assert readings[-1].delay_seconds < 2
    half = len(readings) // 2
    early, late = (
        np.median([each.delay_seconds for each in part]) for part in (readings[:half], readings[half:])
    )
    assert late < 3 * early + 0.5


def test_readings_are_in_order_and_of_pictures_at_their_own_time(video):
    _, readings = read(video, BrightnessPredictor())
    seconds = {frame.index: frame.seconds for frame in read_frames(video)}
    indices = [reading.index for reading in readings]
    assert indices == sorted(set(indices))
    assert [reading.frame.seconds for reading in readings] == pytest.approx([seconds[k] for k in indices])
    assert all(reading.delay_seconds > 0 for reading in readings)
    known = [reading for reading in readings[3:] if reading.faces]
    assert len(known) == len(readings[3:])
    assert {face.row.face for reading in known for face in reading.faces} == {0}


def test_the_named_expression_is_that_of_the_causal_mean_and_is_withheld_below_the_threshold(video):
    _, readings = read(video, BrightnessPredictor(calibration=Calibration(abstain_below_pair=0.99)))
    faces = [face for reading in readings for face in reading.faces]
    assert {face.expression for face in faces} == {"no clear expression"}
    _, readings = read(video, BrightnessPredictor(), window=0)
    for face in (face for reading in readings for face in reading.faces):
        assert face.expression == SIX.names[int(face.row.probabilities.argmax())]
        assert face.smoothed == pytest.approx(face.row.probabilities)


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=40), st.floats(0, 2), st.integers(0, 2**32 - 1))
def test_means_of_what_came_before_are_those_of_a_causal_timeline(steps, window, seed):
    seconds = np.cumsum(steps)
    readings = np.random.default_rng(seed).dirichlet(np.ones(6), len(steps)).astype(np.float32)
    means = CausalMeans(window)
    live = [means.add(0, now, reading) for now, reading in zip(seconds, readings, strict=True)]
    if window:
        timeline = smooth_over_time(seconds, readings, window_seconds=window, smoothing="causal")
        assert np.stack(live) == pytest.approx(timeline, abs=1e-6)


def test_faces_that_left_are_forgotten():
    means = CausalMeans(0.5)
    for face in range(1000):
        means.add(face, float(face), np.eye(6, dtype=np.float32)[0])
    assert len(means._held) <= 2


def test_every_reading_is_a_line_as_it_comes_and_a_picture_at_its_time(video, tmp_path):
    with (
        LiveSource(str(video)) as source,
        LiveFiles(tmp_path / "live", SIX, annotate=True) as files,
    ):
        readings = []
        for reading in read_live(source, BrightnessPredictor(), window_seconds=0.5):
            files.add(reading)
            readings.append(reading)
            if len(readings) == 3:  # it is on disk before the source has ended
                assert len((tmp_path / "live" / "frames.csv").read_text().splitlines()) == 4
    with (tmp_path / "live" / "frames.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [int(line["frame"]) for line in lines] == [reading.index for reading in readings]
    assert [line["smoothed"] or None for line in lines] == [
        reading.faces[0].expression if reading.faces else None for reading in readings
    ]
    seen = [line for line in lines if line["face"]]
    assert all(sum(float(line[column]) for column in SIX.probability_columns) > 0.999 for line in seen)
    assert all(float(line["delay_ms"]) > 0 for line in lines)
    shown = [frame.seconds for frame in read_frames(tmp_path / "live" / "annotated.mp4")]
    assert shown == pytest.approx([reading.frame.seconds for reading in readings], abs=1e-4)


def test_the_pace_in_words(video):
    source, readings = read(video, BrightnessPredictor())
    pace = Pace()
    for reading in readings:
        pace.count(reading)
    words = pace.describe(source)
    assert words.startswith(
        f"{len(readings)} pictures read of 62 that came, {source.dropped} dropped; delay "
    )


@pytest.fixture
def bundle(tmp_path):
    config = ModelConfig()
    weights = build_model(config, 6).state_dict()
    save_bundle(tmp_path / "b.safetensors", Bundle(weights, config, SIX, PrepareRecipe(), {}, {}, "none"))
    return tmp_path / "b.safetensors"


def test_the_command_tells_what_it_reads_and_how_it_went(video, bundle, tmp_path, capsys):
    webcam(str(video), model=bundle, out=tmp_path / "out", annotate=True, seconds=1.0)
    told = capsys.readouterr().out
    assert "face 0: " in told
    assert "pictures read of" in told
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"frames.csv", "annotated.mp4"}
    with (tmp_path / "out" / "frames.csv").open(newline="") as file:
        assert float(list(csv.DictReader(file))[-1]["seconds"]) < 2.4


def test_stopping_it_keeps_what_was_written(video, bundle, tmp_path, capsys, monkeypatch):
    count = []

    def stop_at_ten(self, reading):
        count.append(reading)
        if len(count) == 10:
            raise KeyboardInterrupt

    monkeypatch.setattr(Pace, "count", stop_at_ten)
    webcam(str(video), model=bundle, out=tmp_path / "out", annotate=True)
    assert "Stopped." in capsys.readouterr().out
    assert len(decode_plainly(tmp_path / "out" / "annotated.mp4")) == 9


def test_the_command_takes_a_source_as_it_is_written(video, bundle, capsys, monkeypatch):
    app = App(default_command=webcam, result_action="return_value")
    app([str(video), "--bundle", str(bundle), "--seconds", "0.2"], exit_on_error=False)
    assert "pictures read of" in capsys.readouterr().out
    asked = []
    monkeypatch.setattr(
        "ferfusion.video.live_source._ffmpeg_input", lambda *given: asked.append(given) or (_ for _ in ())
    )
    with pytest.raises(VideoError):
        app(["rtsp://camera/stream", "--bundle", str(bundle)], exit_on_error=False)
    assert asked == [("rtsp://camera/stream", None)]


@pytest.mark.parametrize(
    ("settings", "words"), [({"annotate": True}, "name one with out"), ({"window": -1}, "window must be")]
)
def test_settings_that_cannot_be_used_are_refused(bundle, settings, words):
    with pytest.raises(ConfigError, match=words):
        webcam("0", model=bundle, **settings)
