"""Laws of following faces, held through the one way that every video goes."""

import weakref

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ferfusion.faces.tracker import STRIDE
from ferfusion.faces.tracks import LONGEST_GAP
from ferfusion.preparation.frame_preparer import STATUSES, FramePreparer
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.reader import read_frames
from helpers.scenes import SURE, UNSURE, SquareDetector, frame_of, frames_of, paint, prepare_scene


def boxes_by_track(frames):
    tracks = {}
    for frame in frames:
        for face in frame.faces:
            tracks.setdefault(face.track, {})[frame.index] = face.box
    return tracks


def test_a_still_face_is_one_track_in_every_frame(monkeypatch):
    frames = prepare_scene(monkeypatch, [paint([(60, 30, 30)])] * 30)
    [boxes] = boxes_by_track(frames).values()
    assert sorted(boxes) == list(range(30))
    assert np.stack(list(boxes.values())) == pytest.approx(np.tile([60, 30, 30, 30], (30, 1)), abs=1.5)


@pytest.mark.parametrize("side", [300, 578, 1080])
def test_the_box_of_a_real_detector_stands_still_on_a_still_face(sample_corpus, side):
    video = sample_corpus / "s01" / "happiness" / "s01_happiness_1.mp4"
    picture = cv2.resize(next(read_frames(video)).luma, (side, side), interpolation=cv2.INTER_LINEAR)
    frames = FramePreparer(PrepareRecipe()).prepare(frames_of([picture] * 5 * STRIDE))
    [boxes] = boxes_by_track(frames).values()
    steps = np.abs(np.diff(np.stack(list(boxes.values())), axis=0))
    assert steps.max() < 1e-9


@pytest.mark.parametrize("speed", [-1.5, 0.5, 2.0])
def test_a_moving_face_is_followed_without_lag_also_at_both_ends(monkeypatch, speed):
    start = 10 if speed > 0 else 110
    frames = prepare_scene(monkeypatch, [paint([(start + speed * k, 30, 30)]) for k in range(40)])
    [boxes] = boxes_by_track(frames).values()
    assert sorted(boxes) == list(range(40))
    for k, box in boxes.items():
        assert box == pytest.approx([start + speed * k, 30, 30, 30], abs=2)


def test_a_face_that_jerks_is_followed(monkeypatch):
    places = [20 if k < 17 else min(20 + 2 * (k - 17), 80) for k in range(60)]
    frames = prepare_scene(monkeypatch, [paint([(x, 30, 36)]) for x in places])
    [boxes] = boxes_by_track(frames).values()
    assert sorted(boxes) == list(range(60))
    far = max(abs(boxes[k][0] - x) for k, x in enumerate(places))
    assert far < 4  # the corners of the movement are rounded, by a small part of the face


@pytest.mark.parametrize("gap", [1, 3, LONGEST_GAP])
@pytest.mark.parametrize("first", [12, 15, 17])
def test_a_face_that_is_missed_for_a_short_while_was_there_all_the_time(monkeypatch, gap, first):
    missed = range(first, first + gap)
    frames = prepare_scene(monkeypatch, [paint([] if k in missed else [(40 + k, 30, 30)]) for k in range(36)])
    [boxes] = boxes_by_track(frames).values()
    assert sorted(boxes) == list(range(36))
    for k in missed:
        assert boxes[k] == pytest.approx([40 + k, 30, 30, 30], abs=2)


@pytest.mark.parametrize("gap", [LONGEST_GAP + 1, LONGEST_GAP + 2, 16])
@pytest.mark.parametrize("first", [10, 12, 14, 17])
def test_a_longer_gap_is_left_open_and_the_face_after_it_is_the_same(monkeypatch, gap, first):
    missed = range(first, first + gap)
    frames = prepare_scene(
        monkeypatch, [paint([] if k in missed else [(60, 30, 30)]) for k in range(first + gap + 15)]
    )
    assert [frame.index for frame in frames if frame.status == "no_face"] == list(missed)
    assert len(boxes_by_track(frames)) == 1


def test_a_face_after_a_very_long_gap_is_a_new_track(monkeypatch):
    pictures = [paint([] if 12 <= k < 60 else [(60, 30, 30)]) for k in range(75)]
    tracks = boxes_by_track(prepare_scene(monkeypatch, pictures))
    assert [sorted(boxes) for boxes in tracks.values()] == [list(range(12)), list(range(60, 75))]


def test_two_faces_that_pass_each_other_keep_their_names(monkeypatch):
    pictures = [paint([(8 + 1.5 * k, 8, 34), (118 - 1.5 * k, 50, 34)]) for k in range(73)]
    tracks = boxes_by_track(prepare_scene(monkeypatch, pictures))
    assert len(tracks) == 2
    upper, lower = (tracks[number] for number in sorted(tracks, key=lambda n: tracks[n][0][1]))
    for k in range(73):
        assert upper[k] == pytest.approx([8 + 1.5 * k, 8, 34, 34], abs=2.5)
        assert lower[k] == pytest.approx([118 - 1.5 * k, 50, 34, 34], abs=2.5)


def test_a_face_that_comes_later_is_found_and_the_first_is_kept(monkeypatch):
    pictures = [paint([(10, 30, 30)] + ([(100, 30, 30)] if k >= 20 else [])) for k in range(200)]
    first, second = boxes_by_track(prepare_scene(monkeypatch, pictures)).values()
    assert sorted(first) == list(range(200))
    # the whole picture is looked at from time to time only, so it may take a few seconds
    assert 20 <= min(second) < 150
    assert sorted(second) == list(range(min(second), 200))


@pytest.mark.parametrize("length", [1, 2, 3, 5, 8, 9, 12])
def test_a_face_in_every_frame_of_a_short_video_is_found(monkeypatch, length):
    frames = prepare_scene(monkeypatch, [paint([(60, 30, 30)])] * length)
    assert [frame.status for frame in frames] == ["ok"] * length


@pytest.mark.parametrize("length", [1, 2])
@pytest.mark.parametrize("first", [0, 11, 12, 29])
def test_a_chance_find_is_no_track(monkeypatch, length, first):
    frames = prepare_scene(
        monkeypatch,
        [paint([(60, 30, 30)] if first <= k < first + length else []) for k in range(first + length + 10)],
    )
    assert boxes_by_track(frames) == {}
    assert "ok" not in {frame.status for frame in frames}


@pytest.mark.parametrize("length", [STRIDE, 13])  # a shorter stay may fall between two searches
@pytest.mark.parametrize("first", [0, 11, 14])
def test_a_face_is_there_from_its_first_frame_to_its_last(monkeypatch, first, length):
    shown = range(first, first + length)
    frames = prepare_scene(
        monkeypatch, [paint([(60, 30, 30)] if k in shown else []) for k in range(shown.stop + 10)]
    )
    assert [frame.index for frame in frames if frame.status == "ok"] == list(shown)


def test_a_cut_ends_a_track_and_no_flow_leads_across_it(monkeypatch):
    before, after = paint([(60, 30, 30)], seed=1), 255 - paint([], seed=2)
    after = np.clip(after.astype(int) - 60, 20, 149).astype(np.uint8)
    after[30:60, 62:92] = SURE
    frames = prepare_scene(monkeypatch, [before] * 20 + [after] * 20)
    assert {frame.status for frame in frames} == {"ok"}
    first, second = boxes_by_track(frames).values()
    assert (sorted(first), sorted(second)) == (list(range(20)), list(range(20, 40)))
    assert [frame.index for frame in frames if frame.faces[0].flow is None] == [19, 39]


scene = st.lists(st.sampled_from(["face", "unsure", "none", "damaged"]), min_size=1, max_size=50).map(
    lambda kinds: [kind for kind in kinds for _ in range(1 + len(kind) % 3)]
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scene)
def test_every_frame_comes_out_once_in_order_and_with_its_status(monkeypatch, kinds):
    pictures = {
        "face": paint([(60, 30, 30)]),
        "unsure": paint([(60, 30, 30)], brightness=UNSURE),
        "none": paint(),
        "damaged": None,
    }
    frames = prepare_scene(monkeypatch, [pictures[kind] for kind in kinds], size=16)
    assert [frame.index for frame in frames] == list(range(len(kinds)))
    for frame, kind in zip(frames, kinds, strict=True):
        assert frame.status in STATUSES
        assert (frame.status == "ok") == bool(frame.faces)
        assert (frame.status == "decode_error") == (kind == "damaged")


def test_memory_does_not_grow_with_the_video(monkeypatch):
    monkeypatch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": SquareDetector})
    alive: weakref.WeakSet = weakref.WeakSet()
    most = 0

    def endless():
        nonlocal most
        for index in range(600):
            face = [(60, 30, 30)] if index % 100 < 70 else []
            frame = frame_of(index, paint(face, height=72, width=128))
            alive.add(frame)
            most = max(most, len(alive))
            yield frame
            del frame

    count = sum(1 for _ in FramePreparer(PrepareRecipe(detector="squares", size=16)).prepare(endless()))
    assert count == 600
    assert most < 60
