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
        np.array([track, 2, side, side], np.float64),
        5.0,
        np.full((16, 16, 3), brightness, np.uint8),
        np.full((16, 16), brightness, np.uint8),
        None if flow is None else np.full((2, 16, 16), flow, np.float16),
    )


def frame(index, *faces, status=None, rejected=None, chosen=True):
    return PreparedFrame(index, index / 25, status or ("ok" if faces else "no_face"), faces, rejected, chosen)


class FlowRecorder(BrightnessPredictor):
    """Remembers the flow that it is called with."""

    def __init__(self):
        super().__init__()
        self.flows = []

    def predict(self, crops_bhwc, flow_b2hw, windows=None):
        self.flows += flow_b2hw[:, 0, 0, 0].astype(float).tolist()
        return super().predict(crops_bhwc, flow_b2hw)


def flows_of(*frames):
    predictor = FlowRecorder()
    list(predict_frames(frames, predictor))
    return predictor.flows


def test_predict_frames_uses_the_flow_of_the_face():
    assert flows_of(frame(0, face(0, flow=1)), frame(1, face(0, flow=2))) == [1, 2]


def test_predict_frames_uses_the_flow_before_in_the_last_frame_of_a_face():
    assert flows_of(frame(0, face(0, flow=1)), frame(1, face(0, flow=2)), frame(2, face(0))) == [1, 2, 2]


def test_predict_frames_uses_no_motion_for_a_face_in_one_frame():
    assert flows_of(frame(0, face(0))) == [0]


def test_predict_frames_carries_no_flow_over_a_gap_or_to_another_face():
    assert flows_of(frame(0, face(0, flow=1)), frame(1), frame(2, face(0))) == [1, 0]
    assert flows_of(frame(0, face(0, flow=1)), frame(1, face(1))) == [1, 0]
    assert flows_of(frame(0, face(0, flow=1), face(1, flow=5)), frame(1, face(1), face(0))) == [1, 5, 5, 1]


def test_predict_frames_yields_a_row_per_face_and_per_frame_without_one():
    small = Detection(np.array([1, 2, 3, 4], np.float64), 0.5)
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


def test_predict_frames_of_no_frames_yields_nothing():
    predictor = BrightnessPredictor()
    assert list(predict_frames([], predictor)) == []
    assert predictor.batches == []


def test_predict_frames_skips_frames_that_are_not_chosen_but_uses_their_flow():
    frames = [
        frame(0, face(0, flow=1)),
        frame(1, face(0, flow=2), chosen=False),
        frame(2, face(0)),
        frame(3, chosen=False),
    ]
    predictor = FlowRecorder()
    assert [row.frame for row in predict_frames(frames, predictor)] == [0, 2]
    assert predictor.flows == [1, 2]  # frame 2 is the last of the face: it has the flow before


def test_frame_row_has_the_input_of_the_model():
    [row] = predict_frames([frame(0, face(0, flow=3, brightness=70))], BrightnessPredictor())
    assert (row.crop == 70).all()
    assert (row.flow == 3).all()


def test_predict_frames_in_batches_yields_the_same_rows_as_one_by_one(monkeypatch):
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
    assert 24 < max(batched.batches) <= 34
    assert max(single.batches) <= 3
    assert len(together) == sum(max(1, k % 4) for k in range(150))


def test_predict_frames_yields_rows_while_no_face_is_in_view():
    """Rows come while the video is read, so that memory does not grow with it."""
    given = []

    def frames():
        for k in range(5000):
            given.append(k)
            yield frame(k)

    rows = predict_frames(frames(), BrightnessPredictor())
    next(rows)
    assert len(given) <= 1000


def test_predict_frames_of_a_scene_with_a_gap(monkeypatch):
    images = [paint([] if 20 <= k < 40 else [(60, 30, 30)]) for k in range(60)]
    rows = list(predict_frames(prepare_scene(monkeypatch, images), BrightnessPredictor()))
    assert [row.frame for row in rows] == list(range(60))
    assert [row.status == "no_face" for row in rows] == [20 <= k < 40 for k in range(60)]
