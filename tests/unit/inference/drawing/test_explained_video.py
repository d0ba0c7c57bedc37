from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest

from ferfusion.errors import VideoError
from ferfusion.inference.drawing.explained_video import ExplainingPredictor, choose_face, explain_video
from ferfusion.inference.predictor import TorchPredictor
from ferfusion.video.reader import read_frames
from helpers.bundles import untrained_bundle
from helpers.face_videos import face_images, face_video, frame_times, uneven_times
from helpers.videos import damage, numbered, sound_length, write_video

FRAMES = 14
SHOWN = uneven_times(FRAMES)


def bundle(architecture="two-stream", metrics=None):
    return untrained_bundle(architecture=architecture, head_units=16, frames=3, metrics=metrics)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("videos") / "face.mp4"
    return face_video(path, FRAMES, seconds=SHOWN, sound_seconds=1.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, video):
    out = tmp_path_factory.mktemp("out")
    assert explain_video(video, bundle(), out) == out / "explained.mp4"
    return out


def test_explain_video_keeps_the_frames_times_and_sound(folder, video):
    explained = folder / "explained.mp4"
    assert frame_times(explained) == pytest.approx(frame_times(video), abs=1 / 90_000)
    assert sound_length(explained) == pytest.approx(sound_length(video), abs=0.03)


def test_explain_video_draws_the_panel_to_the_right_of_the_frame(folder):
    [image] = face_images(1)
    height, width = image.shape[:2]
    scale = 480 / height
    drawn = next(read_frames(folder / "explained.mp4")).rgb()
    left = cv2.resize(drawn[:480, : round(width * scale)], (width, height), interpolation=cv2.INTER_AREA)
    assert drawn.shape[1] > width * scale + 250
    assert np.median(abs(left.astype(int) - image)) < 8
    panel = drawn[:, round(width * scale) + 4 :]
    assert len(np.unique(panel.reshape(-1, 3) // 32, axis=0)) > 40  # faces, flow and heat


def test_contributions_csv_has_a_row_per_frame_that_adds_up(folder):
    rows = pd.read_csv(folder / "contributions.csv")
    assert rows["frame"].tolist() == list(range(FRAMES))
    assert rows["seconds"].tolist() == pytest.approx(SHOWN, abs=1e-5)
    total = rows["baseline"] + rows["spatial"] + rows["flow"]
    np.testing.assert_allclose(total, np.log(rows["probability"] / (1 - rows["probability"])), atol=1e-4)


@pytest.mark.parametrize("architecture", ["two-stream", "lstm"])
def test_explaining_predictor_predicts_as_the_torch_predictor(architecture):
    trained = bundle(architecture, metrics={"calibration": {"temperature": 1.7}})
    rng = np.random.default_rng(0)
    faces: list[Any] = [
        rng.integers(0, 255, (5, 48, 48, 3), dtype=np.uint8),
        rng.normal(0, 1, (5, 2, 48, 48)),
    ]
    if architecture == "lstm":
        faces.append(rng.integers(0, 255, (5, 3, 48, 48, 3), dtype=np.uint8))
    explaining = ExplainingPredictor(trained)
    found = explaining.predict(*faces)
    np.testing.assert_allclose(found, TorchPredictor(trained).predict(*faces), atol=1e-6)
    assert [explanation.code for _, explanation in explaining.explained] == found.argmax(axis=1).tolist()
    assert np.array_equal(explaining.explained[3][0].crop, faces[0][3])


def test_explain_video_keeps_times_where_frames_cannot_be_decoded(tmp_path):
    video = write_video(tmp_path / "torn.mp4", face_images(FRAMES), every_frame_alone=True)
    explain_video(damage(video, range(5, 7)), bundle("flow"), tmp_path / "out")
    kept = [k / 25 for k in range(FRAMES) if k not in (5, 6)]
    assert frame_times(tmp_path / "out" / "explained.mp4") == pytest.approx(kept, abs=1e-4)
    assert set(pd.read_csv(tmp_path / "out" / "contributions.csv")["frame"]).isdisjoint({5, 6})


def test_explain_video_without_a_face_has_empty_panels(tmp_path):
    video = write_video(tmp_path / "empty.mp4", numbered(6))
    reported: list[int] = []
    explain_video(video, bundle(), tmp_path / "out", on_frame=reported.append)
    assert len(frame_times(tmp_path / "out" / "explained.mp4")) == 6
    assert reported == [1, 2, 3, 4, 5, 6]
    assert len(pd.read_csv(tmp_path / "out" / "contributions.csv")) == 0


def test_explain_video_of_a_text_file_writes_nothing(tmp_path):
    (tmp_path / "diary.mp4").write_text("dear diary")
    with pytest.raises(VideoError, match=r"Cannot open diary\.mp4"):
        explain_video(tmp_path / "diary.mp4", bundle(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def face_of(track, size):
    return SimpleNamespace(row=SimpleNamespace(face=track, box=(0, 0, size, size)))


def test_choose_face_stays_with_a_face_in_view_then_takes_the_largest():
    small, large = face_of(0, 10), face_of(3, 50)
    assert choose_face([small, large], before=-1) == 3
    assert choose_face([small, large], before=0) == 0
    assert choose_face([large], before=0) == 3
    assert choose_face([], before=3) == -1
