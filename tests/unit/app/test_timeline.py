import numpy as np
import pytest

import ferfusion as fer
from ferfusion.app import timeline
from ferfusion.app.timeline import FaceTimeline, Timelines
from helpers.written import write_prediction_folder


@pytest.fixture(scope="module")
def timelines(tmp_path_factory):
    return Timelines(fer.read_prediction(write_prediction_folder(tmp_path_factory.mktemp("p") / "a")))


def test_span_goes_to_the_end_of_the_last_frame(timelines):
    assert timelines.span == pytest.approx((0.0, 10.0))


def test_few_frames_are_columns_of_their_own(timelines):
    found = timelines.of(0).between(0, 10, 100)
    assert found["seconds"] == pytest.approx([n / 10 for n in range(100)])
    assert found["step"] == pytest.approx(0.1)
    assert found["p"]["Happiness"][:26] == [0.9] * 25 + [0.2]
    assert found["p"]["Happiness"][50:] == [None] * 50


def test_columns_of_time_have_means(timelines):
    found = timelines.of(0).between(0, 10, 4)
    assert found["seconds"] == [0, 2.5, 5, 7.5]
    assert found["p"]["Happiness"] == [0.9, 0.2, None, None]
    assert found["p"]["Neutral"][:2] == [0.1, 0.8]


@pytest.mark.parametrize("points", [1, 3, 7, 99, 4_000])
def test_there_are_never_more_columns_than_points(timelines, points):
    found = timelines.of(1).between(0, 10, points)
    assert len(found["seconds"]) <= points
    assert all(len(column) == len(found["seconds"]) for column in found["p"].values())


def test_gaps_have_their_reason(timelines):
    gaps = timelines.of(0).between(0, 10, 10)["gaps"]
    assert gaps == [[pytest.approx(5.0), pytest.approx(10.0), "another face is in view"]]
    assert [gap[2] for gap in timelines.of(2).gaps] == ["another face is in view", "another face is in view"]
    assert timelines.of(1).gaps[0][:2] == pytest.approx((0.0, 6.0))


def test_boxes_are_of_the_frames_of_a_stretch(timelines):
    rows = timelines.boxes(2.0, 2.1)
    assert rows == [
        {"frame": 20, "seconds": 2.0, "face": 0, "x": 0.0, "y": 5.0, "w": 20.0, "h": 20.0, "status": "ok",
         "expression": "Happiness"},
        {"frame": 20, "seconds": 2.0, "face": 2, "x": 20.0, "y": 5.0, "w": 20.0, "h": 20.0, "status": "ok",
         "expression": "Neutral"},
    ]  # fmt: skip
    [away] = timelines.boxes(5.5, 5.6)
    assert (away["face"], away["x"], away["status"]) == (None, None, "no_face")
    assert timelines.boxes(90, 95) == []


def test_face_that_is_nowhere_is_never_in_view(timelines):
    assert timelines.seen_between(9) is None
    assert set(timelines.of(9).between(0, 10, 5)["p"]["Happiness"]) == {None}
    assert timelines.seen_between(1) == pytest.approx((6.0, 9.9))


def test_of_too_many_stretches_the_longest_are_told(monkeypatch):
    monkeypatch.setattr(timeline, "MOST_STRETCHES", 3)
    lengths = [1, 5, 1, 4, 1, 3]
    ends = np.cumsum(lengths).astype(float)
    named = [(end - length, end, "x") for length, end in zip(lengths, ends, strict=True)]
    assert [one[1] - one[0] for one in timeline._longest(named, 0, 100)] == [5, 4, 3]


def test_hour_is_answered_at_once():
    """90,000 frames: means of sums that are made once."""
    seconds = np.arange(90_000) / 25
    rng = np.random.default_rng(0)
    values = rng.random((90_000, 7))
    sums = np.concatenate([np.zeros((1, 7)), np.cumsum(values, axis=0)])
    one = FaceTimeline(tuple("abcdefg"), seconds, seconds, sums, [], [])
    found = one.between(0, 3_600, 900)
    assert len(found["seconds"]) == 900
    assert found["p"]["a"][10] == pytest.approx(values[1_000:1_100, 0].mean(), abs=1e-4)
