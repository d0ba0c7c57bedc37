"""Preparation of real videos: of phones and broadcasters, of odd rates and codecs, with and without faces.

Where a bound is not a law, the values of all clips are stated beside it, measured with OpenCV 4.14.
"""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ferfusion as fer
from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.reporting.columns.page import table_kind
from ferfusion.video.reader import read_frames, read_info
from helpers.videos import decode_plainly

FRAMES = {
    "1001_DFA_ANG_XX.flv": 67,
    "1001_DFA_HAP_XX.flv": 56,
    "1001_DFA_SAD_XX.flv": 60,
    "WolfgangLanger_Pexels.mp4": 472,
    "cap13_edit2.mp4": 765,
    "face_noface.mov": 169,
    "no_face.mp4": 95,
    "noface_face.mov": 169,
    "obama_speech.mp4": 105,
    "single_face.mp4": 72,
}
LONG = {"WolfgangLanger_Pexels.mp4", "cap13_edit2.mp4"}
SAMPLED_EVERY = 40
clips = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in LONG)) for name in FRAMES]
)


@pytest.fixture(scope="module")
def prepared(real_data):
    """The prepared frames of a clip, and the luma of some of its frames; each clip is prepared once."""
    done = {}

    def sampled(frames, images):
        for frame in frames:
            if frame.index % SAMPLED_EVERY == 0:
                images.append(frame.luma)
            yield frame

    def prepare(name):
        if name not in done:
            images: list[Any] = []
            frames = sampled(read_frames(real_data / "clips" / name), images)
            done[name] = list(FramePreparer(PrepareRecipe()).prepare(frames)), images
        return done[name]

    return prepare


def statuses(frames):
    return Counter(frame.status for frame in frames)


@clips
def test_preparer_yields_every_frame_of_a_real_clip_at_its_time(real_data, prepared, name):
    plain = decode_plainly(real_data / "clips" / name)
    frames, images = prepared(name)
    assert len(frames) == len(plain) == FRAMES[name]
    assert [frame.index for frame in frames] == list(range(len(plain)))
    assert [frame.seconds for frame in frames] == pytest.approx([image.time for image in plain], abs=1e-9)
    assert "decode_error" not in statuses(frames)
    for read, image in zip(images, plain[::SAMPLED_EVERY], strict=True):
        stored = image.reformat(format="yuv420p").to_ndarray()[: image.height, : image.width]
        assert np.array_equal(read, stored)


@clips
def test_read_info_duration_is_near_that_of_the_frames(real_data, name):
    info = read_info(real_data / "clips" / name)
    # no_face.mp4 is off by -1.7 %, obama_speech.mp4 by -0.9 %, the others by at most 0.03 %
    assert info.seconds == pytest.approx(FRAMES[name] / float(info.rate), rel=0.03)


@pytest.mark.parametrize(
    "name",
    [
        "1001_DFA_ANG_XX.flv",
        "1001_DFA_HAP_XX.flv",
        "1001_DFA_SAD_XX.flv",
        "single_face.mp4",
        pytest.param("WolfgangLanger_Pexels.mp4", marks=pytest.mark.slow),
        pytest.param("cap13_edit2.mp4", marks=pytest.mark.slow),
    ],
)
def test_preparer_has_one_track_of_a_face_that_stays(prepared, name):
    frames = prepared(name)[0]
    faces = [frame.faces[0] for frame in frames if frame.faces]
    # all frames of all clips; a detector of another OpenCV may lose the face at an end
    assert len(faces) / len(frames) > 0.97
    assert len({face.track for face in faces}) == 1
    assert [face.flow is None for face in faces] == [False] * (len(faces) - 1) + [True]
    assert all(np.isfinite(face.flow).all() for face in faces[:-1])
    # the box does not jump: 99 % of the steps are below 0.3 to 2.5 % of its width (median of the clips 0.9 %)
    boxes = np.stack([face.box for face in faces])
    steps = np.abs(np.diff(boxes[:, :2], axis=0)).max(axis=1) / boxes[:-1, 2]
    assert np.quantile(steps, 0.99) < 0.05


@pytest.mark.parametrize("name", ["face_noface.mov", "noface_face.mov"])
def test_preparer_leaves_the_gap_of_a_face_that_goes_or_comes(prepared, name):
    frames = prepared(name)[0]
    # the stretch with the face is single_face.mp4, of 72 frames
    assert statuses(frames) == {"ok": FRAMES["single_face.mp4"], "no_face": 97}
    shown = [frame.index for frame in frames if frame.status == "ok"]
    assert shown == list(range(shown[0], shown[0] + 72))  # one stretch


def test_preparer_has_no_face_of_a_video_without_one(prepared):
    assert "ok" not in statuses(prepared("no_face.mp4")[0])


def test_preparer_has_two_faces_in_nearly_every_frame(prepared):
    frames, _ = prepared("obama_speech.mp4")
    # all 105 frames; a detector of another OpenCV may miss a face at an end
    assert np.mean([len(frame.faces) == 2 for frame in frames]) >= 0.95
    assert len({face.track for frame in frames for face in frame.faces}) == 2


@pytest.mark.parametrize(("estimator", "strong"), [("face-landmarker", 0.8), ("small", 0.5)])
def test_actions_of_a_real_clip_show_the_smile(estimator, strong, real_data, monkeypatch, tmp_path):
    """A man who is neutral, smiles, and is neutral again."""
    monkeypatch.setenv("FERFUSION_ACTIONS_MODEL", str(real_data / "models" / "face_landmarker.task"))
    clip = real_data / "clips" / "single_face.mp4"
    seen = fer.predict(clip, actions=estimator, out=tmp_path, annotate=False, progress=False)
    assert isinstance(seen, fer.Prediction)
    actions = seen.actions
    assert len(actions) == FRAMES["single_face.mp4"]
    smile = actions[["mouthSmileLeft", "mouthSmileRight"]].mean(axis=1)
    assert smile[actions["seconds"] < 0.3].max() < 0.1
    assert smile.max() > strong
    assert actions[["yaw", "pitch", "roll"]].abs().max().max() < 6
    assert seen.rest[["face", "frames"]].to_numpy().tolist() == [[0, len(actions)]]
    assert seen.rest["mouthSmileLeft"].max() < 0.1
    written = pd.read_csv(seen.folder / "frames.csv")
    assert list(written) == list(seen.table)
    name = "mouthSmileLeft"
    assert written[name].tolist() == pytest.approx(actions[name].tolist(), abs=1e-5)
    assert written["tongueOut"].isna().all()
    kind = table_kind("PREDICTION", "frames.csv")
    assert kind is not None
    assert kind.unknown(written.columns.tolist()) == []
