import json
import re

import numpy as np
import pytest

from ferfusion.bundle import Bundle
from ferfusion.data.inputs import FaceInput
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.inference.apex_frames import Moment
from ferfusion.inference.drawing.video_page import moment_pictures, png_uri
from ferfusion.inference.predict_video import predict_video
from ferfusion.inference.predictor import TorchPredictor
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.labels import SEVEN, SIX
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.predictors import BrightnessPredictor
from helpers.videos import decode_plainly


@pytest.fixture(scope="module")
def video(sample_corpus):
    return sorted(sample_corpus.rglob("*.mp4"))[0]


@pytest.fixture(scope="module")
def done(tmp_path_factory, video):
    return predict_video(video, BrightnessPredictor(), tmp_path_factory.mktemp("out"))


def page_of(prediction):
    return (prediction.folder / "report.html").read_text(encoding="utf-8")


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])


def test_a_small_video_is_inside_the_page_which_needs_nothing_else(done):
    page = page_of(done)
    assert done.statement in page
    assert "The annotated video is inside this page" in page
    assert 'src="annotated.mp4"' not in page
    assert "https://" not in page
    assert "http://" not in page
    assert len(page) > (done.folder / "annotated.mp4").stat().st_size


def test_a_large_video_stays_beside_the_page_which_says_so(tmp_path, video, monkeypatch):
    monkeypatch.setattr("ferfusion.inference.drawing.video_page.MOST_EMBEDDED_BYTES", 100)
    page = page_of(predict_video(video, BrightnessPredictor(), tmp_path))
    assert 'src="annotated.mp4"' in page
    assert "which must lie beside this page" in page
    assert 'id="film"' not in page


def test_without_an_annotated_video_the_timeline_can_still_be_read(tmp_path, video):
    page = page_of(predict_video(video, BrightnessPredictor(), tmp_path, annotate=False))
    assert "<video" not in page
    assert "annotated.mp4" not in page.replace(".player", "")
    assert 'class="line"' in page


def test_an_older_annotated_video_is_not_shown_as_this_ones(tmp_path, video):
    predict_video(video, BrightnessPredictor(), tmp_path)
    page = page_of(predict_video(video, BrightnessPredictor(), tmp_path, annotate=False))
    assert "<video" not in page


def test_the_script_knows_the_time_frame_and_readings_of_every_bin(done, video):
    data = data_of(page_of(done))
    frames = decode_plainly(video)
    assert data["frames"] == list(range(len(frames)))
    assert data["edges"][:-1] == pytest.approx([frame.time for frame in frames], abs=1e-3)
    assert data["names"]["0"] == done.table["smoothed"].tolist()
    assert [sum(percents) for percents in data["percents"]["0"]] == pytest.approx([100] * len(frames), abs=3)


def test_the_page_says_how_it_was_read(tmp_path, video):
    recipe = PredictRecipe(smoothing="causal", window=1, every="2")
    calibration = Calibration(1.5, 0.4, 0.3, 0.9, 0.125, ece_before=0.2, ece_after=0.05)
    predictor = BrightnessPredictor(calibration=calibration)
    page = " ".join(page_of(predict_video(video, predictor, tmp_path, recipe, annotate=False)).split())
    assert recipe.in_words in page
    assert "Temperature 1.50, fitted on the validation part" in page
    assert "from 20.0 % to 5.0 %" in page
    assert (
        "where the probability of the likeliest class is below 0.40. Of a video, where its mean is below 0.30"
        in page
    )
    assert "Of its videos, 90.0 % get an answer, and 12.5 % of those answers are wrong." in page
    assert "The model knows no Neutral." in page
    assert "Block bootstrap over time" in page


def test_a_model_with_neutral_needs_no_rule_for_a_face_at_rest(tmp_path, video):
    predictor = BrightnessPredictor(labels=SEVEN)
    page = page_of(predict_video(video, predictor, tmp_path, annotate=False))
    assert "Neutral is one of the model's classes." in page
    assert "no clear expression" not in page
    assert "this model's file has no calibration" in page


def test_a_name_that_looks_like_html_is_shown_as_it_is(tmp_path, video):
    evil = tmp_path / "<b>clip&.mp4"
    evil.write_bytes(video.read_bytes())
    page = page_of(predict_video(evil, BrightnessPredictor(), tmp_path / "out", annotate=False))
    assert "<b>clip" not in page
    assert "&lt;b&gt;clip&amp;.mp4" in page


def test_a_moment_is_shown_as_the_model_saw_it():
    seen = FaceInput(np.full((8, 8, 3), 90, np.uint8), np.zeros((2, 8, 8), np.float16))
    moment = Moment(0, 0.0, 0, 0.9, seen)
    assert dict(moment_pictures(moment, None)) == {
        "face": png_uri(np.full((144, 144, 3), 90, np.uint8)),
        "motion": png_uri(np.full((144, 144, 3), 255, np.uint8)),  # nothing moves
    }


@pytest.mark.parametrize("architecture", ["two-stream", "spatial", "flow", "stack"])
def test_a_model_that_can_be_asked_gives_its_reasons_for_the_telling_moments(tmp_path, video, architecture):
    config = ModelConfig(architecture=architecture)
    weights = build_model(config, 6, seed=1).state_dict()
    predictor = TorchPredictor(Bundle(weights, config, SIX, PrepareRecipe(), {}, {}, "none"))
    page = page_of(predict_video(video, predictor, tmp_path, PredictRecipe(window=0), annotate=False))
    streams = {"two-stream": ("face", "motion"), "spatial": ("face",), "flow": ("motion",)}
    for stream in streams.get(architecture, ()):
        assert f"<small>{stream}, marked</small>" in page
        assert re.search(rf"{stream} [+\N{{MINUS SIGN}}]\d+\.\d", page)
    assert "Marked: what speaks for the expression (HiResCAM)" in page
    assert ("Motion: the hue" in page) == ("motion" in streams.get(architecture, ()))


def test_a_model_that_cannot_be_asked_shows_what_it_saw(done):
    page = page_of(done)
    assert "<small>motion</small>" in page
    assert "Marked: what speaks" not in page
