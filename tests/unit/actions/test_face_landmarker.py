from dataclasses import replace

import cv2
import numpy as np
import pytest

from ferfusion.actions.face_landmarker import FaceLandmarker
from ferfusion.actions.names import ACTIONS
from ferfusion.actions.region import Region
from ferfusion.errors import ConfigError
from ferfusion.faces.haar import HaarDetector
from ferfusion.faces.tracker import FaceTracker
from ferfusion.faces.tracks import TrackedFace, TrackedFrame
from ferfusion.video.footage import image_in_memory
from ferfusion.video.reader import read_frames

SMILE = [ACTIONS.index("mouthSmileLeft"), ACTIONS.index("mouthSmileRight")]


@pytest.fixture(scope="module")
def estimator(model):
    return FaceLandmarker(model)


@pytest.fixture(scope="module")
def tracked(sample_corpus):
    """A rendered person at rest, who smiles and rests again."""
    video = sample_corpus / "s05" / "happiness" / "s05_happiness_1.mp4"
    return list(FaceTracker(HaarDetector(), min_face=0.1, sigma=3.0).follow(read_frames(video)))


@pytest.fixture(scope="module")
def followed(estimator, tracked):
    return [actions for _, [actions] in estimator.follow(tracked)]


def test_a_smile_is_read_as_one(followed):
    smile = np.array([actions.coefficients[SMILE].mean() for actions in followed])
    assert smile[:2].max() < 0.4  # this person rests with the corners of the mouth up
    assert smile.max() > 0.8
    assert 8 < smile.argmax() < 28


def test_actions_are_shares_and_the_tongue_is_not_known(followed, estimator):
    for actions in followed:
        given = actions.coefficients[: len(estimator.gives)]
        assert given.dtype == np.float32
        assert 0 <= given.min() <= given.max() <= 1
        assert np.isnan(actions.coefficients[ACTIONS.index("tongueOut")])
        assert actions.landmarks.shape == (478, 3)
        assert actions.score > 0.99


def test_landmarks_are_on_the_face_in_pixels_of_the_image(followed, tracked):
    for actions, frame in zip(followed, tracked, strict=True):
        x, y, width, height = frame.faces[0].box
        nose = actions.landmarks[1]
        assert x + width / 4 < nose[0] < x + 3 * width / 4
        assert y + height / 4 < nose[1] < y + 3 * height / 4
        assert (
            actions.landmarks[33, 0] < nose[0] < actions.landmarks[263, 0]
        )  # the person's right eye is left


def test_a_turned_image_gives_the_same_actions_and_that_roll(estimator, tracked, followed):
    frame, face = tracked[16].frame, tracked[16].faces[0]
    image = frame.rgb()
    side = image.shape[0]
    turn = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), -25, 1)  # OpenCV counts anticlockwise
    [turned] = image_in_memory(
        np.asarray(cv2.warpAffine(image, turn, (side, side), borderMode=cv2.BORDER_REPLICATE)), name="turned"
    ).read()
    [(_, [found])] = estimator.follow([TrackedFrame(turned, [face], None, "ok")])
    level = followed[16]
    assert found.pose_degrees[2] - level.pose_degrees[2] == pytest.approx(25, abs=1.5)
    assert found.pose_degrees[:2] == pytest.approx(level.pose_degrees[:2], abs=3)
    assert found.coefficients[SMILE] == pytest.approx(level.coefficients[SMILE], abs=0.1)


def test_a_single_frame_gives_nearly_what_it_gives_inside_the_video(estimator, tracked, followed):
    [(_, [alone])] = estimator.follow(tracked[20:21])
    assert alone.coefficients[:-1] == pytest.approx(followed[20].coefficients[:-1], abs=0.1)


def test_a_box_without_a_face_has_no_actions_and_the_next_frame_starts_again(estimator, tracked, followed):
    [flat] = image_in_memory(np.full((176, 176, 3), 90, np.uint8), name="flat").read()
    frames = [*tracked[:2], replace(tracked[2], frame=flat), *tracked[3:5]]
    read = [actions for _, [actions] in estimator.follow(frames)]
    assert [actions is None for actions in read] == [False, False, True, False, False]
    assert read[4].coefficients[:-1] == pytest.approx(followed[4].coefficients[:-1], abs=0.1)


def test_a_box_that_moved_away_is_followed(estimator, tracked):
    """Two faces in one image; the track changes from the left to the right one."""
    image = np.hstack([tracked[0].frame.rgb(), tracked[16].frame.rgb()])
    [both] = image_in_memory(image, name="both").read()
    left = tracked[0].faces[0]
    right = TrackedFace(0, tracked[16].faces[0].box + np.array([176, 0, 0, 0]), 1.0)
    read = [
        actions
        for _, [actions] in estimator.follow([TrackedFrame(both, [one], None, "ok") for one in (left, right)])
    ]
    assert read[0].landmarks[1, 0] < 176 < read[1].landmarks[1, 0]
    assert read[0].coefficients[SMILE].max() < 0.4
    assert read[1].coefficients[SMILE].min() > 0.8


def test_frames_without_a_face_are_kept(estimator, tracked):
    empty = TrackedFrame(tracked[0].frame, [], None, "no_face")
    assert [(one is empty, actions) for one, actions in estimator.follow([empty])] == [(True, ())]


def test_estimate_of_a_region_without_a_face_is_none(estimator, tracked):
    assert estimator.estimate(tracked[0].frame, Region(10, 10, 20)) is None


@pytest.mark.parametrize("content", [b"", b"not a zip"])
def test_a_file_that_is_no_model_is_refused(content, tmp_path):
    path = tmp_path / "other.task"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"other\.task is no model of the face landmarker; run ferfusion"):
        FaceLandmarker(path)


def test_nothing_is_printed(model, capfd):
    FaceLandmarker(model)
    assert capfd.readouterr() == ("", "")
