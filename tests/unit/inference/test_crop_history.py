import numpy as np
import pandas as pd
import pytest

from ferfusion.bundle import Bundle
from ferfusion.corpora.entries import VideoEntry
from ferfusion.data.clips import PairReader
from ferfusion.files import read_json
from ferfusion.inference.crop_history import CropHistory
from ferfusion.inference.predict_faces import predict_frames
from ferfusion.inference.predictor import TorchPredictor
from ferfusion.labels import SIX
from ferfusion.models.config import ModelConfig
from ferfusion.models.zoo import build_model
from ferfusion.preparation.frame_preparer import FramePreparer, PreparedFace, PreparedFrame
from ferfusion.preparation.labelled_video import VideoJob, prepare_video
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.reader import read_frames
from helpers.predictors import BrightnessPredictor
from helpers.scenes import SquareDetector, grey_video, paint


class WindowRecorder(BrightnessPredictor):
    """Remembers the windows that it was given."""

    window, frame_step = 4, 3

    def __init__(self, recipe=None):
        super().__init__(recipe=recipe)
        self.windows = []

    def predict(self, crops_bhwc, flow_b2hw, windows_bkhwc):
        assert np.array_equal(windows_bkhwc[:, -1], crops_bhwc)
        self.windows += list(windows_bkhwc)
        return super().predict(crops_bhwc, flow_b2hw)


def read_windows(prepared, recipe=None):
    """The window that a predictor was given for each frame of the first face."""
    predictor = WindowRecorder(recipe)
    rows = list(predict_frames(prepared, predictor))
    frames = [row.frame for row in rows if row.face is not None]
    return dict(zip(frames, predictor.windows, strict=True))


def numbered_face(track, number):
    crop = np.full((16, 16, 3), number, np.uint8)
    return PreparedFace(track, np.float64([0, 0, 9, 9]), 5.0, crop, crop[..., 0])


def frame(index, *tracks):
    """A frame whose faces' crops have the frame's number in every pixel, and 100 more for each track."""
    faces = tuple(numbered_face(track, 100 * track + index) for track in tracks)
    return PreparedFrame(index, index / 25, "ok" if faces else "no_face", faces)


def numbers(history, track):
    return [int(crop[0, 0, 0]) for crop in history.window(track)]


def test_a_window_reaches_back_by_steps_and_repeats_the_first_crop():
    history = CropHistory(frames=3, step=2)
    seen = []
    for index in range(7):
        history.see(frame(index, 0))
        seen.append(numbers(history, 0))
    assert seen == [[0, 0, 0], [0, 0, 1], [0, 0, 2], [0, 1, 3], [0, 2, 4], [1, 3, 5], [2, 4, 6]]


def test_faces_do_not_see_each_others_past():
    history = CropHistory(frames=3, step=1)
    for index in range(4):
        history.see(frame(index, *([0, 1] if index else [0])))
    assert numbers(history, 0) == [1, 2, 3]
    assert numbers(history, 1) == [101, 102, 103]


@pytest.mark.parametrize("away", [frame(3), frame(3, 1), None])
def test_a_face_that_was_away_begins_anew(away):
    history = CropHistory(frames=3, step=1)
    for one in [frame(0, 0), frame(1, 0), frame(2, 0), away, frame(4, 0), frame(5, 0)]:
        if one is not None:
            history.see(one)
    assert numbers(history, 0) == [4, 4, 5]


def test_no_more_crops_are_kept_than_a_window_reaches_back_over():
    history = CropHistory(frames=4, step=3)
    for index in range(60):
        history.see(frame(index, 0, 1))
    for index in range(60, 100):
        history.see(frame(index, 0))
    kept = history._crops_of
    assert {track: len(crops) for track, crops in kept.items()} == {0: 3 * 3 + 1}


def test_nothing_is_kept_for_a_model_that_does_not_look_back():
    history = CropHistory(frames=0, step=2)
    history.see(frame(0, 0))
    assert history.window(0) == []
    assert not history._crops_of[0]


def dataset_windows(video, folder, recipe):
    """The windows of every kept pair of a prepared video, by frame."""
    job = VideoJob(VideoEntry(video, "v", "s", "Fear"), folder, recipe, images=False)
    prepare_video(job)
    pairs = pd.DataFrame(read_json(job.part_file)["pairs"], columns=["segment", "pair", "frame", "seconds"])
    reader = PairReader(folder / "clips", ["v"] * len(pairs), pairs["pair"].tolist())
    windows = reader.gather_windows(
        np.arange(len(pairs)), frames=WindowRecorder.window, step=WindowRecorder.frame_step
    )
    return dict(zip(pairs["frame"], windows, strict=True))


def check_same(trained, read):
    assert trained
    assert set(trained) <= set(read)
    for place, window in trained.items():
        assert np.array_equal(window, read[place]), place


def test_a_video_gives_the_very_windows_that_its_prepared_clip_gives(tmp_path, sample_corpus):
    video = sorted(sample_corpus.rglob("*.mp4"))[0]
    recipe = PrepareRecipe()
    trained = dataset_windows(video, tmp_path, recipe)
    read = read_windows(FramePreparer(recipe).prepare(read_frames(video)), recipe)
    check_same(trained, read)


def test_so_does_a_face_that_was_away(tmp_path, monkeypatch):
    monkeypatch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": SquareDetector})
    recipe = PrepareRecipe(detector="squares", keep_every=1)
    pictures = [paint([] if 25 <= k < 60 else [(30 + k % 25, 30, 30)], seed=k) for k in range(85)]
    video = grey_video(tmp_path / "away.mkv", pictures)
    trained = dataset_windows(video, tmp_path / "dataset", recipe)
    assert 24 not in trained
    read = read_windows(FramePreparer(recipe).prepare(read_frames(video)), recipe)
    check_same(trained, read)
    assert (trained[60] == trained[60][-1]).all()


def test_frames_that_are_passed_over_are_still_seen(tmp_path, monkeypatch, sample_corpus):
    """A sparse reading gives the rows of a full one."""
    video = sorted(sample_corpus.rglob("*.mp4"))[0]
    preparer = FramePreparer(PrepareRecipe())
    full = read_windows(preparer.prepare(read_frames(video)))
    sparse = read_windows(preparer.prepare(read_frames(video), chosen=lambda one: one.index % 5 == 0))
    assert len(sparse) < len(full) / 4
    check_same(sparse, full)


def test_a_batch_has_no_more_crops_than_one_without_windows():
    predictor = WindowRecorder()
    frames = [frame(index, 0) for index in range(100)]
    assert len(list(predict_frames(frames, predictor))) == 100
    assert max(predictor.batches) * predictor.window <= 64 + predictor.window


@pytest.mark.parametrize("architecture", ["stack", "conv3d", "lstm", "convlstm", "three-stream-stack"])
def test_a_bundle_that_looks_back_reads_a_video(architecture, sample_corpus):
    config = ModelConfig(architecture=architecture, frames=4)
    model = build_model(config, 6).eval()
    predictor = TorchPredictor(Bundle(model.state_dict(), config, SIX, PrepareRecipe(), {}, {}, "none"))
    video = sorted(sample_corpus.rglob("*.mp4"))[0]
    rows = list(predict_frames(FramePreparer(PrepareRecipe()).prepare(read_frames(video)), predictor))
    readings = np.stack([row.probabilities for row in rows if row.face is not None])
    assert readings.shape[1] == 6
    assert readings.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert np.ptp(readings, axis=0).max() > 0
