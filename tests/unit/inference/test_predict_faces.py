import numpy as np
import pytest

from ferfusion.faces.detectors import Detection
from ferfusion.inference.predict_faces import predict_frames
from ferfusion.preparation.frame_preparer import PreparedFace, PreparedFrame
from helpers.predictors import BrightnessPredictor
from helpers.scenes import paint, prepare_scene


def face(track, *, flow=None, brightness=100, side=20):
    """A face whose flow is the same everywhere, or None."""
    return PreparedFace(
        track,
        np.float64([track, 2, side, side]),
        5.0,
        np.full((16, 16, 3), brightness, np.uint8),
        np.full((16, 16), brightness, np.uint8),
        None if flow is None else np.full((2, 16, 16), flow, np.float16),
    )


def frame(index, *faces, status=None, rejected=None, chosen=True):
    return PreparedFrame(index, index / 25, status or ("ok" if faces else "no_face"), faces, rejected, chosen)


class FlowRecorder(BrightnessPredictor):
    """Remembers the motion that it was given."""

    def __init__(self):
        super().__init__()
        self.flows = []

    def predict(self, crops_bhwc, flow_b2hw):
        self.flows += flow_b2hw[:, 0, 0, 0].astype(float).tolist()
        return super().predict(crops_bhwc, flow_b2hw)


def flows_read(*frames):
    predictor = FlowRecorder()
    list(predict_frames(frames, predictor))
    return predictor.flows


def test_a_face_is_read_with_its_own_motion():
    assert flows_read(frame(0, face(0, flow=1)), frame(1, face(0, flow=2))) == [1, 2]


def test_the_last_frame_of_a_face_is_read_with_the_motion_that_led_to_it():
    assert flows_read(frame(0, face(0, flow=1)), frame(1, face(0, flow=2)), frame(2, face(0))) == [1, 2, 2]


def test_a_face_that_is_seen_once_is_read_with_no_motion():
    assert flows_read(frame(0, face(0))) == [0]


def test_no_motion_is_carried_over_a_gap_or_from_another_face():
    assert flows_read(frame(0, face(0, flow=1)), frame(1), frame(2, face(0))) == [1, 0]
    assert flows_read(frame(0, face(0, flow=1)), frame(1, face(1))) == [1, 0]
    assert flows_read(frame(0, face(0, flow=1), face(1, flow=5)), frame(1, face(1), face(0))) == [1, 5, 5, 1]


def test_a_row_for_every_frame_without_a_face_and_for_every_face():
    small = Detection(np.float64([1, 2, 3, 4]), 0.5)
    frames = [
        frame(0, face(0), face(1)),
        frame(1),
        frame(2, status="small_face", rejected=small),
        frame(3, status="decode_error"),
        frame(4, face(1)),
    ]
    rows = list(predict_frames(frames, BrightnessPredictor()))
    assert [(row.frame, row.face, row.status) for row in rows] == [
        (0, 0, "ok"),
        (0, 1, "ok"),
        (1, None, "no_face"),
        (2, None, "small_face"),
        (3, None, "decode_error"),
        (4, 1, "ok"),
    ]
    assert rows[3].box == (1, 2, 3, 4)
    assert rows[2].box == (None,) * 4
    assert [row.probabilities is None for row in rows] == [row.face is None for row in rows]


def test_no_frames_are_no_rows():
    predictor = BrightnessPredictor()
    assert list(predict_frames([], predictor)) == []
    assert predictor.batches == []


def test_frames_that_are_not_chosen_are_no_rows_but_their_motion_is_known():
    frames = [
        frame(0, face(0, flow=1)),
        frame(1, face(0, flow=2), chosen=False),
        frame(2, face(0)),
        frame(3, chosen=False),
    ]
    predictor = FlowRecorder()
    assert [row.frame for row in predict_frames(frames, predictor)] == [0, 2]
    assert predictor.flows == [1, 2]  # frame 2 is the last of the face: read with the motion that led to it


def test_a_row_holds_what_was_read():
    [row] = predict_frames([frame(0, face(0, flow=3, brightness=70))], BrightnessPredictor())
    assert (row.crop == 70).all()
    assert (row.flow == 3).all()


def test_batching_gives_the_same_rows_as_one_by_one(monkeypatch):
    rng = np.random.default_rng(0)
    frames = [
        frame(k, *(face(t, flow=rng.normal(), brightness=int(rng.integers(20, 230))) for t in range(k % 4)))
        for k in range(150)
    ]
    batched, single = BrightnessPredictor(), BrightnessPredictor()
    together = list(predict_frames(frames, batched))
    monkeypatch.setattr("ferfusion.inference.predict_faces._BATCH_FACES", 1)
    apart = list(predict_frames(frames, single))
    assert [(row.frame, row.face, row.box) for row in together] == [
        (row.frame, row.face, row.box) for row in apart
    ]
    for one, other in zip(together, apart, strict=True):
        assert (one.probabilities is None) == (other.probabilities is None)
        if one.probabilities is not None:
            assert one.probabilities == pytest.approx(other.probabilities)
    assert max(batched.batches) >= 64
    assert max(single.batches) <= 3
    assert len(together) == sum(max(1, k % 4) for k in range(150))


def test_a_long_stretch_without_a_face_is_not_held_back():
    """Rows come while the video is read, so that memory does not grow with it."""
    given = []

    def frames():
        for k in range(5000):
            given.append(k)
            yield frame(k)

    rows = predict_frames(frames(), BrightnessPredictor())
    next(rows)
    assert len(given) <= 1000


def test_a_scene_from_frames_to_rows(monkeypatch):
    pictures = [paint([] if 20 <= k < 40 else [(60, 30, 30)]) for k in range(60)]
    rows = list(predict_frames(prepare_scene(monkeypatch, pictures), BrightnessPredictor()))
    assert [row.frame for row in rows] == list(range(60))
    assert [row.status == "no_face" for row in rows] == [20 <= k < 40 for k in range(60)]
