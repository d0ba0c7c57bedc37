from dataclasses import replace

import numpy as np
import pytest

from ferfusion.actions.estimator import FaceActions
from ferfusion.actions.names import ACTIONS
from ferfusion.data.action_curves import READ, track_curves
from ferfusion.data.windows import run_starts
from ferfusion.inference.curve_history import CurveHistory
from ferfusion.inference.predict_faces import predict_frames
from ferfusion.inference.predictor import TorchPredictor
from ferfusion.preparation.frame_preparer import PreparedFace, PreparedFrame
from helpers.bundles import untrained_bundle

ROWS = 9


def acted_frame(index, *tracks, read=True, size=16):
    """A frame whose faces' actions depend on the frame's index and the track."""
    crop = np.full((size, size, 3), index, np.uint8)
    face = PreparedFace(0, np.array([0, 0, 9, 9], np.float64), 5.0, crop, crop[..., 0])
    coefficients = [
        (0.5 + 0.4 * np.sin(index + track + np.arange(52))).astype(np.float32) for track in tracks
    ]
    pose = np.array([index, -index, 0], np.float32)
    faces = tuple(
        replace(face, track=track, actions=FaceActions(own, pose, None, 1.0) if read else None)
        for track, own in zip(tracks, coefficients, strict=True)
    )
    return PreparedFrame(index, index / 25, "ok" if faces else "no_face", faces)


def histories(frames):
    """The window of the first face of each frame."""
    history, found = CurveHistory(rows=ROWS), []
    for one in frames:
        history.add(one)
        found.append(history.window(one.faces[0].track) if one.faces else None)
    return found


def clip_windows(frames):
    """The windows of the same frames, as training makes them from a clip."""
    rows = np.stack(
        [np.full(55, np.nan, np.float32) if (own := f.faces[0].actions) is None else own.row for f in frames]
    )
    indices = np.array([one.index for one in frames])
    starts = run_starts(np.diff(indices) == 1)
    seconds = np.array([one.seconds for one in frames])
    curves = track_curves(seconds, rows[:, : len(ACTIONS)], rows[:, len(ACTIONS) :], starts)
    return curves.windows(np.arange(len(frames)), first=starts, rows=ROWS)


def test_windows_of_a_prediction_equal_those_of_the_clip():
    frames = [acted_frame(index, 0, read=index % 7 != 3) for index in range(60)]
    np.testing.assert_array_equal(np.stack(histories(frames)), clip_windows(frames))


def test_windows_of_a_face_that_was_away_equal_those_of_its_clip():
    frames = [acted_frame(index, *([] if 20 <= index < 26 else [0])) for index in range(50)]
    found = [window for window in histories(frames) if window is not None]
    np.testing.assert_array_equal(np.stack(found), clip_windows([one for one in frames if one.faces]))


def test_curve_history_keeps_faces_apart():
    history, alone = CurveHistory(rows=ROWS), CurveHistory(rows=ROWS)
    for index in range(20):
        history.add(acted_frame(index, 0, 1))
        alone.add(acted_frame(index, 1))
    np.testing.assert_array_equal(history.window(1), alone.window(1))
    assert not np.array_equal(history.window(0), history.window(1))


def test_curve_history_keeps_no_more_frames_than_a_window_reaches_back():
    history = CurveHistory(rows=ROWS)
    for index in range(100):
        history.add(acted_frame(index, 0, 1))
    # half a second at 25 frames per second, the face's own frame, and the one before the first moment
    assert history.num_kept <= 2 * (13 + 2)
    history.add(acted_frame(100, 0))
    history.add(acted_frame(101))
    assert history.num_kept == 0


def test_window_of_a_face_whose_actions_are_not_read_says_so():
    [window] = histories([acted_frame(0, 0, read=False)])
    assert (window[:, READ] == 0).all()


@pytest.mark.parametrize("architecture", ["actions", "three-stream-actions"])
def test_predict_frames_reads_the_actions(architecture):
    bundle = replace(untrained_bundle(architecture=architecture), training={"actions": "face-landmarker"})
    predictor = TorchPredictor(bundle)
    assert (predictor.info.actions, predictor.info.window) == ("face-landmarker", 25)
    frames = [acted_frame(index, 0, size=48) for index in range(40)]
    rows = list(predict_frames(frames, predictor))
    assert len(rows) == 40
    assert np.shape(rows[-1].window) == (25, 108)
    assert np.ptp([row.probabilities for row in rows], axis=0).max() > 0
    for one, other in zip(rows, predict_frames(frames, predictor, at_once=True), strict=True):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-5)
