"""A track alone; how the tracker fills it is tested in ``test_tracker``."""

import numpy as np
import pytest

from ferfusion.faces.detectors import Detection
from ferfusion.faces.tracks import LONGEST_GAP, MIN_DETECTIONS, Track, largest_is_missing, run_around


def detection(x, *, width=30.0, score=5.0):
    return Detection(np.array([x, 20, width, width], np.float64), score)


def track_of(positions, **fields):
    """A track from {index of a frame: x of the box}."""
    track = Track(0, **fields)
    for index, x in positions.items():
        track.add(index, detection(x))
    return track


def test_track_orders_detections_by_frame():
    track = track_of({12: 2.0, 0: 0.0, 6: 1.0})
    assert track.indices == [0, 6, 12]
    assert [each.box[0] for each in track.detections] == [0, 1, 2]
    assert (track.last_index, track.last_box[0]) == (12, 2)


def test_track_is_confirmed_from_its_least_number_of_detections_on():
    track = Track(0)
    for count in range(1, MIN_DETECTIONS + 2):
        track.add(count, detection(0))
        assert track.is_confirmed == (count >= MIN_DETECTIONS)


def test_track_stays_confirmed_when_it_forgets():
    track = track_of(dict.fromkeys(range(10), 0.0))
    track.forget_before(100)
    assert track.indices == [8, 9]  # the last movement is kept
    assert track.is_confirmed


@pytest.mark.parametrize(
    ("index", "ahead", "x"),
    [(4, None, 4), (12, None, 12), (18, None, 18), (24, None, 24), (40, None, 24), (40, 3, 15), (40, 50, 40)],
)
def test_expected_box_interpolates_and_then_extrapolates_for_some_frames(index, ahead, x):
    """A face that moves by a pixel per frame; by default, it moves on for the 12 frames of its last step."""
    track = track_of({0: 0.0, 12: 12.0})
    assert track.expected_box(index, ahead=ahead).tolist() == [x, 20, 30, 30]


def test_expected_box_of_a_single_detection_is_its_box():
    assert track_of({3: 7.0}).expected_box(50).tolist() == [7, 20, 30, 30]


def test_search_box_stays_while_the_face_is_close_to_it():
    track = track_of({0: 0.0})
    first = track.search_box(detection(0.0).box)
    assert track.search_box(detection(1.0).box) is first
    moved = detection(8.0).box
    assert track.search_box(moved) is moved


@pytest.mark.parametrize(("gap", "is_gap"), [(LONGEST_GAP, False), (LONGEST_GAP + 1, True)])
def test_mark_return_leaves_a_gap_only_if_it_is_too_long(gap, is_gap):
    after = 3 + gap
    track = track_of({0: 0.0, 1: 0.0, 2: 0.0, after: 0.0, after + 1: 0.0})
    track.mark_return(2)
    missed = [track.face_at(index, sigma=3, reach=12) for index in range(3, after)]
    assert [face is None for face in missed] == [is_gap] * gap
    assert track.face_at(after, sigma=3, reach=12) is not None


def test_face_at_has_the_score_of_the_nearest_detection():
    track = Track(7)
    for index, score in ((0, 1.0), (6, 2.0), (12, 3.0)):
        track.add(index, detection(0, score=score))
    faces = [track.face_at(index, sigma=3, reach=12) for index in (0, 2, 4, 8, 11)]
    assert [face.score for face in faces] == [1, 1, 2, 2, 3]
    assert {face.track for face in faces} == {7}


def test_face_at_holds_the_last_box_for_some_frames():
    track = track_of({0: 0.0, 1: 0.0, 2: 0.0})
    assert track.face_at(5, sigma=3, reach=12) is None
    assert track.face_at(5, sigma=3, reach=12, hold=3).box == pytest.approx([0, 20, 30, 30])
    assert track.face_at(6, sigma=3, reach=12, hold=3) is None


def test_face_at_of_an_unconfirmed_track_is_none():
    assert track_of({0: 0.0, 12: 0.0}).face_at(6, sigma=3, reach=12) is None


def test_run_around_ends_at_gaps_and_beyond_its_reach():
    indices = [0, 2, 4, 30, 32, 60]
    assert run_around(indices, 3, returns={30}, reach=100) == slice(0, 3)
    assert run_around(indices, 31, returns={30}, reach=100) == slice(3, 6)
    assert run_around(indices, 31, returns={30}, reach=5) == slice(3, 5)
    assert run_around(indices, 10, returns={30}, reach=100) is None


def test_largest_is_missing_heeds_the_largest_face_only():
    small, large = Track(0), Track(1)
    small.add(0, detection(5, width=20))
    large.add(0, detection(50, width=60))
    here = detection(50, width=60)
    assert not largest_is_missing([small, large], {0: None, 1: here})
    assert largest_is_missing([small, large], {0: here, 1: None})
    assert largest_is_missing([], {})
