from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ferfusion.errors import FileError, VideoError
from ferfusion.inference import annotator as module
from ferfusion.inference.annotator import Annotator
from ferfusion.inference.predict_video import predict_footage
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.video.footage import VideoFile, open_video
from ferfusion.video.reader import read_frames
from helpers.face_videos import face_video
from helpers.oddities import replace_bytes
from helpers.predictors import BrightnessPredictor
from helpers.videos import decode_plainly, numbered, write_video

FRAMES = 40
RECIPE = PredictRecipe()
PREDICTOR = BrightnessPredictor()


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    return open_video(face_video(tmp_path_factory.mktemp("videos") / "face.mp4", FRAMES))


@pytest.fixture(scope="module")
def prediction(footage):
    return predict_footage(footage, PREDICTOR, RECIPE)


def write(folder, footage, prediction=None):
    """Write the annotated video; without a prediction, beside it. Returns the numbers of on_frame."""
    reported: list[int] = []
    with Annotator(folder, footage, PREDICTOR, RECIPE) as annotator:
        done = prediction or predict_footage(footage, PREDICTOR, RECIPE, annotator=annotator)
        reason = annotator.finish(done, reported.append)
    return reported, reason


def images(folder):
    return np.stack([frame.luma for frame in read_frames(folder / "annotated.mp4")])


def test_annotator_writes_the_same_beside_the_prediction_and_after_it(tmp_path, footage, prediction):
    beside, after, alone = (tmp_path / name for name in ("beside", "after", "alone"))
    assert write(beside, footage) == (list(range(1, FRAMES + 1)), "")
    assert write(after, footage, prediction) == (list(range(1, FRAMES + 1)), "")
    assert len(images(beside)) == FRAMES
    assert np.array_equal(images(beside), images(after))
    with pytest.MonkeyPatch.context() as patch:  # a large frame waits for the end
        patch.setattr(module, "_MOST_PIXELS_BESIDE", 1)
        patch.setattr(module, "_MOST_PIXELS_KEPT", 2**16)
        assert write(alone, footage)[0] == list(range(1, FRAMES + 1))
    difference = images(beside).astype(int) - images(alone)  # encoded by another number of threads
    assert np.abs(difference).mean() < 1


@pytest.mark.parametrize("kept", [0, 10 * 128 * 128])
def test_annotator_decodes_again_what_it_cannot_keep(tmp_path, footage, monkeypatch, kept):
    write(tmp_path / "all", footage)
    monkeypatch.setattr(module, "_MOST_PIXELS_KEPT", kept)
    assert write(tmp_path / "some", footage)[0] == list(range(1, FRAMES + 1))
    assert np.array_equal(images(tmp_path / "some"), images(tmp_path / "all"))


class Unread(VideoFile):
    """A video that is not decoded."""

    def read(self, start=None, end=None):
        raise AssertionError


class Recorder:
    """Keeps what an annotator is told."""

    def __init__(self):
        self.told = []

    def keep(self, frame):
        self.told.append(("keep", frame))

    def add(self, row):
        self.told.append(("add", row))


def test_annotator_draws_while_the_prediction_is_made_and_decodes_nothing(tmp_path, footage):
    recorder: Any = Recorder()
    done = predict_footage(footage, PREDICTOR, RECIPE, annotator=recorder)
    unread = Unread(footage.path, footage.info)
    with Annotator(tmp_path, unread, PREDICTOR, RECIPE) as annotator:
        for what, each in recorder.told:
            getattr(annotator, what)(each)
        with annotator._changed:
            assert annotator._changed.wait_for(lambda: annotator._read >= FRAMES - 10, timeout=60)
        annotator.finish(done, lambda number: None)
    assert len(images(tmp_path)) == FRAMES


def test_annotator_that_is_not_finished_leaves_nothing(tmp_path, footage):
    with pytest.raises(KeyboardInterrupt), Annotator(tmp_path, footage, PREDICTOR, RECIPE):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_annotator_raises_what_its_thread_raised(tmp_path, footage, prediction):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError), Annotator(tmp_path / "file", footage, PREDICTOR, RECIPE) as annotator:
        annotator.finish(prediction, lambda number: None)


def test_annotator_without_a_decoded_frame_writes_nothing(tmp_path, footage, prediction):
    nothing = replace(RECIPE, start=100.0)
    with Annotator(tmp_path, footage, PREDICTOR, nothing) as annotator:
        assert annotator.finish(prediction, lambda number: None) == ""
    assert list(tmp_path.iterdir()) == []


def test_annotator_returns_why_the_sound_is_left_out(tmp_path):
    source = write_video(tmp_path / "a.mkv", numbered(3), sound_seconds=0.1, sound_codec="flac")
    replace_bytes(source, b"A_FLAC", b"A_NONE")
    assert write(tmp_path / "out", open_video(source)) == ([1, 2, 3], "its codec is not known")
    assert len(decode_plainly(tmp_path / "out" / "annotated.mp4")) == 3


def test_annotator_stops_with_a_video_that_cannot_be_predicted(tmp_path, footage):
    def breaks(stage, number):
        raise VideoError("the video breaks off")

    def predict():
        with Annotator(tmp_path, footage, PREDICTOR, RECIPE) as annotator:
            predict_footage(footage, PREDICTOR, RECIPE, annotator=annotator, on_frame=breaks)

    with pytest.raises(VideoError, match="breaks off"):
        predict()
    assert list(tmp_path.iterdir()) == []
