import numpy as np
import pandas as pd
import pytest

from ferfusion.faces.detectors import Detection
from ferfusion.inference.frames import frame_table, predict_frames
from ferfusion.labels import SIX
from ferfusion.prepare.clip import PreparedFace, PreparedFrame
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


def frame(index, *faces, status=None, rejected=None):
    return PreparedFrame(index, index / 25, status or ("ok" if faces else "no_face"), faces, rejected)


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
    assert frame_table([], predictor).empty
    assert predictor.batches == []


def test_batching_gives_the_same_rows_as_one_by_one(monkeypatch):
    rng = np.random.default_rng(0)
    frames = [
        frame(k, *(face(t, flow=rng.normal(), brightness=int(rng.integers(20, 230))) for t in range(k % 4)))
        for k in range(150)
    ]
    batched, single = BrightnessPredictor(), BrightnessPredictor()
    together = frame_table(predict_frames(frames, batched), batched)
    monkeypatch.setattr("ferfusion.inference.frames._BATCH_FACES", 1)
    apart = frame_table(predict_frames(frames, single), single)
    pd.testing.assert_frame_equal(together, apart)
    assert max(batched.batches) >= 64
    assert max(single.batches) <= 3
    assert len(together) == sum(max(1, k % 4) for k in range(150))


def test_faces_are_numbered_by_the_room_they_take_and_boxes_without_a_face_do_not_count():
    big = Detection(np.float64([0, 0, 900, 900]), 0.1)
    frames = [
        frame(0, face(7, side=20)),
        frame(1, face(7, side=20), face(3, side=50)),
        frame(2, status="low_score", rejected=big),
    ]
    predictor = BrightnessPredictor()
    table = frame_table(predict_frames(frames, predictor), predictor)
    assert table["face"].tolist()[:3] == [1, 1, 0]
    assert table["face"].isna().tolist() == [False, False, False, True]


def test_the_table_has_the_contracts_columns_and_the_likeliest_class():
    predictor = BrightnessPredictor()
    brightness = [round(255 * k / 5) for k in range(6)]
    frames = [frame(k, face(0, brightness=value)) for k, value in enumerate(brightness)]
    table = frame_table(predict_frames(frames, predictor), predictor)
    assert list(table) == [
        *"frame seconds face x y w h status".split(),
        *"p_anger p_disgust p_fear p_happiness p_sadness p_surprise".split(),
        "expression",
    ]
    assert table["expression"].tolist() == list(SIX.names)
    assert table[list(SIX.probability_columns)].sum(axis=1).to_numpy() == pytest.approx(1)


def test_a_scene_from_frames_to_table(monkeypatch):
    pictures = [paint([] if 20 <= k < 40 else [(60, 30, 30)]) for k in range(60)]
    predictor = BrightnessPredictor()
    table = frame_table(predict_frames(prepare_scene(monkeypatch, pictures), predictor), predictor)
    assert table["frame"].tolist() == list(range(60))
    assert (table["status"] == "no_face").tolist() == [20 <= k < 40 for k in range(60)]
    assert set(table["face"].dropna()) == {0}
