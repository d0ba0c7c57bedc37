"""Preparation of real videos: phones' and broadcasters', of odd rates and codecs, with and without faces."""

from collections import Counter

import numpy as np
import pytest

from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.recipe import PrepareRecipe
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
    """What becomes of a clip, and some of its pictures as they were read; each clip is prepared once."""
    done = {}

    def sampled(frames, pictures):
        for frame in frames:
            if frame.index % SAMPLED_EVERY == 0:
                pictures.append(frame.rgb())
            yield frame

    def prepare(name):
        if name not in done:
            pictures = []
            frames = sampled(read_frames(real_data / "clips" / name), pictures)
            done[name] = list(FramePreparer(PrepareRecipe()).prepare(frames)), pictures
        return done[name]

    return prepare


def statuses(frames):
    return Counter(frame.status for frame in frames)


@clips
def test_every_frame_of_the_file_is_prepared_at_its_own_time_and_as_it_is(real_data, prepared, name):
    plain = decode_plainly(real_data / "clips" / name)
    frames, pictures = prepared(name)
    assert len(frames) == len(plain) == FRAMES[name]
    assert [frame.index for frame in frames] == list(range(len(plain)))
    assert [frame.seconds for frame in frames] == pytest.approx([picture.time for picture in plain], abs=1e-9)
    assert "decode_error" not in statuses(frames)
    for read, picture in zip(pictures, plain[::SAMPLED_EVERY], strict=True):
        assert np.array_equal(read, picture.to_ndarray(format="rgb24"))


@clips
def test_the_length_that_a_file_tells_is_near_that_of_its_frames(real_data, name):
    info = read_info(real_data / "clips" / name)
    assert info.seconds == pytest.approx(FRAMES[name] / float(info.rate), rel=0.15)


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
def test_a_face_that_is_there_all_the_time_is_one_clip(prepared, name):
    frames = prepared(name)[0]
    faces = [frame.faces[0] for frame in frames if frame.faces]
    assert len(faces) / len(frames) > 0.97
    assert len({face.track for face in faces}) == 1
    assert np.mean([face.flow is not None for face in faces]) > 0.95
    assert all(np.isfinite(face.flow).all() for face in faces if face.flow is not None)
    # the box does not jump: a step is a small part of the face
    boxes = np.stack([face.box for face in faces])
    steps = np.abs(np.diff(boxes[:, :2], axis=0)).max(axis=1) / boxes[:-1, 2]
    assert np.quantile(steps, 0.99) < 0.12


@pytest.mark.parametrize("name", ["face_noface.mov", "noface_face.mov"])
def test_a_face_that_goes_and_one_that_comes_leave_their_gap(prepared, name):
    frames = prepared(name)[0]
    assert statuses(frames) == {"ok": 72, "no_face": 97}
    shown = [frame.index for frame in frames if frame.status == "ok"]
    assert shown == list(range(shown[0], shown[0] + 72))  # one stretch


def test_a_video_without_a_face_has_none(prepared):
    assert "ok" not in statuses(prepared("no_face.mp4")[0])


def test_two_faces_are_two_in_nearly_every_frame(prepared):
    frames, _ = prepared("obama_speech.mp4")
    assert np.mean([len(frame.faces) == 2 for frame in frames]) >= 0.95
    assert len({face.track for frame in frames for face in frame.faces}) == 2
