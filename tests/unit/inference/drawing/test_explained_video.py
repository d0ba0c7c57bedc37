import cv2
import numpy as np
import pandas as pd
import pytest

from ferfusion.errors import VideoError
from ferfusion.inference.drawing.explained_video import choose_face, explain_footage
from ferfusion.inference.drawing.overlay import DrawnFace
from ferfusion.inference.predict_video import predict_footage, predict_video
from ferfusion.inference.predictor import TorchPredictor
from ferfusion.label_set import SIX
from ferfusion.video.footage import image_in_memory, open_video
from ferfusion.video.reader import read_frames
from helpers.bundles import untrained_bundle
from helpers.face_videos import face_images, face_video, frame_times, uneven_times
from helpers.videos import damage, numbered, sound_length, write_video

FRAMES = 14
SHOWN = uneven_times(FRAMES)


def explain_video(video, trained, folder, **settings):
    return explain_footage(open_video(video), video, TorchPredictor(trained), folder, **settings)


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
    np.testing.assert_allclose(total, rows["log_odds"], atol=1e-5)
    np.testing.assert_allclose(total, np.log(rows["probability"] / (1 - rows["probability"])), atol=1e-4)


@pytest.mark.parametrize(
    ("calibration", "words"),
    [
        ({"temperature": 0.05}, "named"),
        ({"temperature": 1.7, "abstain_below_pair": 0.99}, "no clear expression"),
    ],
)
def test_explain_footage_has_the_faces_and_names_of_predict(tmp_path, video, calibration, words):
    predictor = TorchPredictor(bundle(metrics={"calibration": calibration}))
    predict_video(video, predictor, tmp_path / "predicted", annotate=False)
    explain_footage(open_video(video), video, predictor, tmp_path / "out", why_not="Fear")
    frames = pd.read_csv(tmp_path / "predicted" / "frames.csv").set_index(["frame", "face"])
    rows = pd.read_csv(tmp_path / "out" / "contributions.csv").set_index(["frame", "face"])
    assert set(rows.index) == set(frames.index[frames["status"] == "ok"])
    for column in ("seconds", "expression", "smoothed"):
        assert rows[column].tolist() == frames.loc[rows.index, column].tolist()
    for column, name in zip(SIX.probability_columns, SIX.names, strict=True):
        of_class = rows[rows["explained"] == name]
        np.testing.assert_allclose(of_class["probability"], frames.loc[of_class.index, column], atol=1e-4)
    predicted = rows[rows["explained"] != "Fear"]
    assert (predicted["explained"] == predicted["expression"]).all()
    if words != "named":
        assert set(rows["smoothed"]) == {words}
    assert set(rows.loc[rows["explained"] == "Fear"].index) == set(rows.index)


def test_explain_footage_of_a_photograph_has_the_face_and_name_of_predict(tmp_path):
    predictor = TorchPredictor(bundle(metrics={"calibration": {"abstain_below_pair": 0.99}}))
    [image] = face_images(1)
    photograph = image_in_memory(image)
    explained = explain_footage(photograph, tmp_path / "face.jpg", predictor, tmp_path / "out")
    assert explained == tmp_path / "out" / "explained.jpg"
    assert cv2.imread(str(explained)).shape[1] > 480 * image.shape[1] / image.shape[0] + 250
    table = predict_footage(photograph, predictor).table
    rows = pd.read_csv(tmp_path / "out" / "contributions.csv")
    same = ["face", "expression", "smoothed"]
    assert rows[same].values.tolist() == table[same].values.tolist()
    assert rows["smoothed"].tolist() == ["no clear expression"]


def test_explain_video_keeps_times_where_frames_cannot_be_decoded(tmp_path):
    video = write_video(tmp_path / "torn.mp4", face_images(FRAMES), every_frame_alone=True)
    explain_video(damage(video, range(5, 7)), bundle("flow"), tmp_path / "out")
    kept = [k / 25 for k in range(FRAMES) if k not in (5, 6)]
    assert frame_times(tmp_path / "out" / "explained.mp4") == pytest.approx(kept, abs=1e-4)
    assert set(pd.read_csv(tmp_path / "out" / "contributions.csv")["frame"]).isdisjoint({5, 6})


def test_explain_video_without_a_face_has_empty_panels(tmp_path):
    video = write_video(tmp_path / "empty.mp4", numbered(6))
    reported: list[tuple[str, int]] = []
    explain_video(video, bundle(), tmp_path / "out", on_frame=lambda *step: reported.append(step))
    assert len(frame_times(tmp_path / "out" / "explained.mp4")) == 6
    steps = range(1, 7)
    assert reported == [(stage, step) for stage in ("Predicting", "Explaining") for step in steps]
    assert len(pd.read_csv(tmp_path / "out" / "contributions.csv")) == 0


def test_explain_video_draws_a_second_panel_for_the_class_of_why_not(tmp_path, folder, video):
    explain_video(video, bundle(), tmp_path / "out", why_not="Fear")
    one, two = (next(read_frames(each / "explained.mp4")).rgb() for each in (folder, tmp_path / "out"))
    panel = round(0.66 * one.shape[0])
    assert two.shape[1] - one.shape[1] == pytest.approx(panel, abs=2)
    assert len(np.unique(two[:, -panel + 4 :].reshape(-1, 3) // 32, axis=0)) > 40


def test_explain_video_of_a_text_file_writes_nothing(tmp_path):
    (tmp_path / "diary.mp4").write_text("dear diary")
    with pytest.raises(VideoError, match=r"Cannot open diary\.mp4"):
        explain_video(tmp_path / "diary.mp4", bundle(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def face_of(number, size):
    return DrawnFace(number, (0, 0, size, size), "Fear", np.zeros(6))


def test_choose_face_stays_with_a_face_in_view_then_takes_the_largest():
    small, large = face_of(0, 10), face_of(3, 50)
    assert choose_face([small, large], before=-1) == 3
    assert choose_face([small, large], before=0) == 0
    assert choose_face([large], before=0) == 3
    assert choose_face([], before=3) == -1
