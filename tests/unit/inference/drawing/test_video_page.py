import json
import re
from dataclasses import replace

import numpy as np
import pytest

from ferfusion.actions.names import ACTIONS
from ferfusion.data.inputs import FaceInput
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.inference.apex_frames import ApexFrame
from ferfusion.inference.drawing.video_page import apex_images, png_uri, write_video_page
from ferfusion.inference.predict_video import predict_video
from ferfusion.inference.predictor import TorchPredictor
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.label_set import SEVEN
from helpers.bundles import untrained_bundle
from helpers.face_videos import sample_video
from helpers.predictors import BrightnessPredictor
from helpers.videos import decode_plainly


@pytest.fixture(scope="module")
def video():
    return sample_video()


@pytest.fixture(scope="module")
def done(tmp_path_factory, video):
    return predict_video(video, BrightnessPredictor(), tmp_path_factory.mktemp("out"))


def page_of(prediction):
    return (prediction.folder / "report.html").read_text(encoding="utf-8")


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])


def test_video_page_holds_a_small_video_and_needs_no_other_file(done):
    page = page_of(done)
    assert done.statement in page
    assert "The annotated video is inside this page" in page
    assert 'src="annotated.mp4"' not in page
    assert "https://" not in page
    assert "http://" not in page
    assert len(page) > (done.folder / "annotated.mp4").stat().st_size


def test_video_page_links_a_large_video(tmp_path, video, monkeypatch):
    monkeypatch.setattr("ferfusion.inference.drawing.video_page.MAX_EMBEDDED_BYTES", 100)
    page = page_of(predict_video(video, BrightnessPredictor(), tmp_path))
    assert 'src="annotated.mp4"' in page
    assert "which must lie beside this page" in page
    assert 'id="film"' not in page


def test_video_page_without_annotated_video_has_the_timeline(tmp_path, video):
    page = page_of(predict_video(video, BrightnessPredictor(), tmp_path, annotate=False))
    assert "<video" not in page
    assert "annotated.mp4" not in page.replace(".player", "")
    assert 'class="line"' in page


def test_video_page_does_not_show_an_older_annotated_video(tmp_path, video):
    predict_video(video, BrightnessPredictor(), tmp_path)
    page = page_of(predict_video(video, BrightnessPredictor(), tmp_path, annotate=False))
    assert "<video" not in page


def test_video_page_script_has_time_frame_and_probabilities_of_every_bin(done, video):
    data = data_of(page_of(done))
    frames = decode_plainly(video)
    assert data["frames"] == list(range(len(frames)))
    assert data["edges"][:-1] == pytest.approx([frame.time for frame in frames], abs=1e-3)
    assert data["names"]["0"] == done.table["smoothed"].tolist()
    assert [sum(percents) for percents in data["percents"]["0"]] == pytest.approx([100] * len(frames), abs=3)


def test_video_page_has_the_settings_of_the_prediction(tmp_path, video):
    recipe = PredictRecipe(smoothing="causal", window=1, every="2")
    calibration = Calibration(1.5, 0.4, 0.3, 0.9, 0.125, ece_before=0.2, ece_after=0.05)
    predictor = BrightnessPredictor(calibration=calibration)
    page = " ".join(page_of(predict_video(video, predictor, tmp_path, recipe, annotate=False)).split())
    assert recipe.in_words in page
    assert "Temperature 1.50, fitted on the validation part" in page
    assert "from 20.0 % to 5.0 %" in page
    assert "if the probability of the top class is below 0.40. In a video: if its mean is below 0.30" in page
    assert "In 90.0 % of its videos a class is named, and 12.5 % of these classes are wrong." in page
    assert "The model has no class Neutral." in page
    assert "Block bootstrap over time" in page


def test_video_page_of_a_model_with_neutral(tmp_path, video):
    predictor = BrightnessPredictor(labels=SEVEN)
    page = page_of(predict_video(video, predictor, tmp_path, annotate=False))
    assert "Neutral is one of the model's classes." in page
    assert "no clear expression" not in page
    assert "this model's file has no calibration" in page


def test_video_page_escapes_the_name_of_the_video(tmp_path, video):
    evil = tmp_path / "<b>clip&.mp4"
    evil.write_bytes(video.read_bytes())
    page = page_of(predict_video(evil, BrightnessPredictor(), tmp_path / "out", annotate=False))
    assert "<b>clip" not in page
    assert "&lt;b&gt;clip&amp;.mp4" in page


def test_apex_images_show_the_input_of_the_model():
    face_input = FaceInput(np.full((8, 8, 3), 90, np.uint8), np.zeros((2, 8, 8), np.float16))
    apex = ApexFrame(0, 0.0, 0, 0.9, face_input)
    assert dict(apex_images(apex, None, with_flow=True)) == {
        "face": png_uri(np.full((144, 144, 3), 90, np.uint8)),
        "motion": png_uri(np.full((144, 144, 3), 255, np.uint8)),  # nothing moves
    }


@pytest.mark.parametrize("architecture", ["two-stream", "spatial", "flow", "stack"])
def test_video_page_explains_the_apex_frames(tmp_path, video, architecture):
    predictor = TorchPredictor(untrained_bundle(architecture=architecture))
    page = page_of(predict_video(video, predictor, tmp_path, PredictRecipe(window=0), annotate=False))
    streams = {"two-stream": ("face", "motion"), "spatial": ("face",), "flow": ("motion",)}
    for stream in streams.get(architecture, ()):
        assert f"<small>{stream}, marked</small>" in page
        assert re.search(rf"{stream} [+\N{{MINUS SIGN}}]\d+\.\d", page)
    assert "Marked: the areas that raise the score of the expression (HiResCAM)" in page
    assert ("Motion: the hue" in page) == ("motion" in streams.get(architecture, ()))


def test_video_page_of_a_model_without_explanations_shows_its_input(done):
    page = page_of(done)
    assert "<small>motion</small>" in page
    assert "Marked: the areas" not in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.7, "jawOpen": 0.3},
            "lip corners pulled up, jaw dropped",
        ),
        ({"eyeLookInLeft": 0.5, "eyeLookOutRight": 0.4}, "eyes turned to the right"),
        ({"jawOpen": 0.1}, "no action differs from its calmest frames"),
        (dict.fromkeys(ACTIONS, np.nan), "actions not read"),
    ],
)
def test_video_page_names_the_strongest_actions_at_the_apex_frames(done, tmp_path, changes, words):
    apexes = {apex.frame for found in done.apex_frames.values() for apex in found}
    is_apex = done.table["frame"].isin(apexes)
    values = {name: np.where(is_apex, changes.get(name, 0.0), 0.0) for name in ACTIONS}
    write_video_page(replace(done, table=done.table.assign(**values)), tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"<small>{words}</small>" in page
    assert "differ most from the calmest frames of the same face" in page
    assert "differ most" not in page_of(done)
