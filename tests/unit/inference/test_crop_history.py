import numpy as np
import pandas as pd
import pytest

from ferfusion.corpora.entries import VideoEntry
from ferfusion.data.clips import PairReader
from ferfusion.files import read_json
from ferfusion.inference.crop_history import CropHistory
from ferfusion.inference.predict_faces import predict_frames
from ferfusion.inference.predictor import TorchPredictor
from ferfusion.preparation.frame_preparer import FramePreparer, PreparedFace, PreparedFrame
from ferfusion.preparation.labelled_video import PrepareJob, prepare_video
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.reader import read_frames
from helpers.bundles import untrained_bundle
from helpers.predictors import BrightnessPredictor
from helpers.scenes import SquareDetector, grey_video, paint

FRAMES, STEP = 4, 3


class WindowRecorder(BrightnessPredictor):
    """Remembers the windows that it is called with."""

    def __init__(self, recipe=None):
        super().__init__(recipe=recipe, window=FRAMES, frame_step=STEP)
        self.windows = []

    def predict(self, crops_bhwc, flow_b2hw, windows=None):
        assert np.array_equal(windows[:, -1], crops_bhwc)
        self.windows += list(windows)
        return super().predict(crops_bhwc, flow_b2hw)


def predicted_windows(prepared, recipe=None):
    """The window of each frame of the first face, as a predictor is called with it."""
    predictor = WindowRecorder(recipe)
    rows = list(predict_frames(prepared, predictor))
    frames = [row.frame for row in rows if row.face is not None]
    return dict(zip(frames, predictor.windows, strict=True))


def numbered_face(track, number):
    crop = np.full((16, 16, 3), number, np.uint8)
    return PreparedFace(track, np.array([0, 0, 9, 9], np.float64), 5.0, crop, crop[..., 0])


def frame(index, *tracks):
    """A frame whose faces' crops have the frame's number in every pixel, and 100 more for each track."""
    faces = tuple(numbered_face(track, 100 * track + index) for track in tracks)
    return PreparedFrame(index, index / 25, "ok" if faces else "no_face", faces)


def numbers(history, track):
    return [int(crop[0, 0, 0]) for crop in history.window(track)]


def test_window_reaches_back_by_steps_and_repeats_the_first_crop():
    history = CropHistory(frames=3, step=2)
    seen = []
    for index in range(7):
        history.add(frame(index, 0))
        seen.append(numbers(history, 0))
    assert seen == [[0, 0, 0], [0, 0, 1], [0, 0, 2], [0, 1, 3], [0, 2, 4], [1, 3, 5], [2, 4, 6]]


def test_crop_history_keeps_faces_apart():
    history = CropHistory(frames=3, step=1)
    for index in range(4):
        history.add(frame(index, *([0, 1] if index else [0])))
    assert numbers(history, 0) == [1, 2, 3]
    assert numbers(history, 1) == [101, 102, 103]


@pytest.mark.parametrize("away", [frame(3), frame(3, 1), None])
def test_crop_history_of_a_face_restarts_after_a_gap(away):
    history = CropHistory(frames=3, step=1)
    for one in [frame(0, 0), frame(1, 0), frame(2, 0), away, frame(4, 0), frame(5, 0)]:
        if one is not None:
            history.add(one)
    assert numbers(history, 0) == [4, 4, 5]


def test_crop_history_keeps_no_more_crops_than_a_window_reaches_back():
    history = CropHistory(frames=4, step=3)
    for index in range(60):
        history.add(frame(index, 0, 1))
    for index in range(60, 100):
        history.add(frame(index, 0))
    assert history.num_kept == 3 * 3 + 1


def test_crop_history_without_windows_keeps_nothing():
    history = CropHistory(frames=0, step=2)
    history.add(frame(0, 0))
    assert history.window(0) == []
    assert history.num_kept == 0


def dataset_windows(video, folder, recipe):
    """The windows of every kept pair of a prepared video, by frame."""
    job = PrepareJob(VideoEntry(video, "v", "s", "Fear"), folder, recipe, images=False)
    prepare_video(job)
    pairs = pd.DataFrame(read_json(job.rows_file)["pairs"], columns=["segment", "pair", "frame", "seconds"])
    reader = PairReader(folder / "clips", ["v"] * len(pairs), pairs["pair"].tolist())
    windows = reader.gather_windows(np.arange(len(pairs)), frames=FRAMES, step=STEP)
    return dict(zip(pairs["frame"], windows, strict=True))


def check_same(trained, read):
    assert trained
    assert set(trained) <= set(read)
    for place, window in trained.items():
        assert np.array_equal(window, read[place]), place


def test_windows_of_a_video_equal_those_of_its_prepared_clip(tmp_path, sample_corpus):
    video = sorted(sample_corpus.rglob("*.mp4"))[0]
    recipe = PrepareRecipe()
    trained = dataset_windows(video, tmp_path, recipe)
    read = predicted_windows(FramePreparer(recipe).prepare(read_frames(video)), recipe)
    check_same(trained, read)


def test_windows_of_a_face_that_was_away_equal_those_of_its_clip(tmp_path, monkeypatch):
    monkeypatch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": SquareDetector})
    recipe = PrepareRecipe(detector="squares", keep_every=1)
    images = [paint([] if 25 <= k < 60 else [(30 + k % 25, 30, 30)], seed=k) for k in range(85)]
    video = grey_video(tmp_path / "away.mkv", images)
    trained = dataset_windows(video, tmp_path / "dataset", recipe)
    assert 24 not in trained
    read = predicted_windows(FramePreparer(recipe).prepare(read_frames(video)), recipe)
    check_same(trained, read)
    assert (trained[60] == trained[60][-1]).all()


def test_windows_have_the_frames_that_are_not_predicted(tmp_path, monkeypatch, sample_corpus):
    """The windows of every fifth frame equal those of a prediction of all frames."""
    video = sorted(sample_corpus.rglob("*.mp4"))[0]
    preparer = FramePreparer(PrepareRecipe())
    full = predicted_windows(preparer.prepare(read_frames(video)))
    sparse = predicted_windows(preparer.prepare(read_frames(video), chosen=lambda one: one.index % 5 == 0))
    assert len(sparse) < len(full) / 4
    check_same(sparse, full)


def test_batch_with_windows_has_no_more_crops_than_one_without():
    predictor = WindowRecorder()
    frames = [frame(index, 0) for index in range(100)]
    assert len(list(predict_frames(frames, predictor))) == 100
    assert max(predictor.batches) * FRAMES <= 64 + FRAMES


@pytest.mark.parametrize("architecture", ["stack", "conv3d", "lstm", "convlstm", "three-stream-stack"])
def test_predict_frames_with_every_architecture_with_windows(architecture, sample_corpus):
    predictor = TorchPredictor(untrained_bundle(architecture=architecture, frames=4))
    video = sorted(sample_corpus.rglob("*.mp4"))[0]
    rows = list(predict_frames(FramePreparer(PrepareRecipe()).prepare(read_frames(video)), predictor))
    probabilities = np.stack([row.probabilities for row in rows if row.face is not None])
    assert probabilities.shape[1] == 6
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert np.ptp(probabilities, axis=0).max() > 0
