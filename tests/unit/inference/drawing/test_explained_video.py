import cv2
import numpy as np
import pandas as pd
import pytest

from ferfusion.bundle import Bundle
from ferfusion.errors import VideoError
from ferfusion.inference.drawing.explained_video import ExplainingPredictor, choose_face, explain_video
from ferfusion.inference.predictor import TorchPredictor
from ferfusion.labels import SIX
from ferfusion.models.config import ModelConfig
from ferfusion.models.zoo import build_model
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.reader import read_frames
from helpers.videos import damage, decode_plainly, numbered, sound_length, write_video

FRAMES = 14
SHOWN = [0.04 * k if k < 7 else 0.5 + 0.03 * k for k in range(FRAMES)]
"""Uneven times: a pause in the middle, and a faster end."""


def bundle(architecture="two-stream", metrics=None):
    config = ModelConfig(architecture=architecture, head_units=16, frames=3)
    model = build_model(config, 6, seed=1)
    return Bundle(model.state_dict(), config, SIX, PrepareRecipe(), {}, metrics or {}, "none")


@pytest.fixture(scope="module")
def face_pictures(sample_corpus):
    path = sorted(sample_corpus.rglob("*.mp4"))[0]
    return [frame.to_ndarray(format="rgb24") for frame in decode_plainly(path)[:FRAMES]]


@pytest.fixture(scope="module")
def video(tmp_path_factory, face_pictures):
    path = tmp_path_factory.mktemp("videos") / "face.mp4"
    return write_video(path, face_pictures, seconds=SHOWN, sound_seconds=1.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, video):
    out = tmp_path_factory.mktemp("out")
    assert explain_video(video, bundle(), out) == out / "explained.mp4"
    return out


def times(path):
    return [frame.seconds for frame in read_frames(path)]


def test_the_video_has_the_frames_times_and_sound_of_the_original(folder, video):
    explained = folder / "explained.mp4"
    assert times(explained) == pytest.approx(times(video), abs=1 / 90_000)
    assert sound_length(explained) == pytest.approx(sound_length(video), abs=0.03)


def test_the_panel_stands_to_the_right_of_the_whole_picture(folder, face_pictures):
    height, width = face_pictures[0].shape[:2]
    scale = 480 / height
    drawn = next(read_frames(folder / "explained.mp4")).rgb()
    left = cv2.resize(drawn[:480, : round(width * scale)], (width, height), interpolation=cv2.INTER_AREA)
    assert drawn.shape[1] > width * scale + 250
    assert np.median(abs(left.astype(int) - face_pictures[0])) < 8
    panel = drawn[:, round(width * scale) + 4 :]
    assert len(np.unique(panel.reshape(-1, 3) // 32, axis=0)) > 40  # faces, flow and heat


def test_a_row_for_every_frame_whose_contributions_add_up(folder):
    rows = pd.read_csv(folder / "contributions.csv")
    assert rows["frame"].tolist() == list(range(FRAMES))
    assert rows["seconds"].tolist() == pytest.approx(SHOWN, abs=1e-5)
    total = rows["baseline"] + rows["spatial"] + rows["flow"]
    np.testing.assert_allclose(total, np.log(rows["probability"] / (1 - rows["probability"])), atol=1e-4)


@pytest.mark.parametrize("architecture", ["two-stream", "lstm"])
def test_the_explained_answers_are_those_of_prediction(architecture):
    trained = bundle(architecture, metrics={"calibration": {"temperature": 1.7}})
    rng = np.random.default_rng(0)
    faces = [rng.integers(0, 255, (5, 48, 48, 3), dtype=np.uint8), rng.normal(0, 1, (5, 2, 48, 48))]
    if architecture == "lstm":
        faces.append(rng.integers(0, 255, (5, 3, 48, 48, 3), dtype=np.uint8))
    explaining = ExplainingPredictor(trained)
    found = explaining.predict(*faces)
    np.testing.assert_allclose(found, TorchPredictor(trained).predict(*faces), atol=1e-6)
    assert [reasons[1].code for reasons in explaining.reasons] == found.argmax(axis=1).tolist()
    assert np.array_equal(explaining.reasons[3][0].crop, faces[0][3])


def test_frames_without_a_face_or_a_picture_keep_the_others_in_time(tmp_path, face_pictures):
    video = write_video(tmp_path / "torn.mp4", face_pictures, every_frame_alone=True)
    explain_video(damage(video, range(5, 7)), bundle("flow"), tmp_path / "out")
    kept = [k / 25 for k in range(FRAMES) if k not in (5, 6)]
    assert times(tmp_path / "out" / "explained.mp4") == pytest.approx(kept, abs=1e-4)
    assert set(pd.read_csv(tmp_path / "out" / "contributions.csv")["frame"]).isdisjoint({5, 6})


def test_a_video_without_a_face_is_shown_without_reasons(tmp_path):
    video = write_video(tmp_path / "empty.mp4", numbered(6))
    told = []
    explain_video(video, bundle(), tmp_path / "out", on_frame=told.append)
    assert len(times(tmp_path / "out" / "explained.mp4")) == 6
    assert told == [1, 2, 3, 4, 5, 6]
    assert len(pd.read_csv(tmp_path / "out" / "contributions.csv")) == 0


def test_a_file_that_is_no_video_leaves_nothing_behind(tmp_path):
    (tmp_path / "diary.mp4").write_text("dear diary")
    with pytest.raises(VideoError, match=r"Cannot open diary\.mp4"):
        explain_video(tmp_path / "diary.mp4", bundle(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


class Face:
    def __init__(self, track, size):
        self.row = type("Row", (), {"face": track, "box": (0, 0, size, size)})


def test_the_panel_stays_with_a_face_while_it_is_in_view_and_then_takes_the_largest():
    small, large = Face(0, 10), Face(3, 50)
    assert choose_face([small, large], before=-1) == 3
    assert choose_face([small, large], before=0) == 0
    assert choose_face([large], before=0) == 3
    assert choose_face([], before=3) == -1
