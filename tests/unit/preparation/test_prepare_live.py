"""Preparation of a live source: at once, from what came before alone."""

import weakref
from itertools import pairwise

import numpy as np
import pytest

from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.scenes import SquareDetector, frame_of, paint, prepare_scene


@pytest.fixture
def prepare_live(monkeypatch):
    """Prepare a scene of grey pictures as pairs of neighbours."""
    monkeypatch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": SquareDetector})

    def prepare(pictures, **settings):
        frames = [frame_of(k, picture) for k, picture in enumerate(pictures)]
        preparer = FramePreparer(PrepareRecipe(detector="squares", **settings))
        return list(preparer.prepare_live(pairwise(frames)))

    return prepare


def walk(count, *, speed=1.0, gone=()):
    return [paint([] if k in gone else [(20 + speed * k, 30, 30)]) for k in range(count)]


def test_each_pair_is_answered_before_the_next_one_is_asked_for(monkeypatch):
    monkeypatch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": SquareDetector})
    frames = [frame_of(k, picture) for k, picture in enumerate(walk(20))]
    asked = []

    def pairs():
        for pair in pairwise(frames):
            asked.append(pair[0].index)
            yield pair

    for place, prepared in enumerate(FramePreparer(PrepareRecipe(detector="squares")).prepare_live(pairs())):
        assert prepared.index == place
        assert asked == list(range(place + 1))


def test_what_comes_later_changes_nothing(prepare_live):
    pictures = walk(60, gone=range(30, 40))
    whole, start = prepare_live(pictures), prepare_live(pictures[:36])
    for one, other in zip(whole, start, strict=False):
        assert one.status == other.status
        assert [face.track for face in one.faces] == [face.track for face in other.faces]
        for mine, theirs in zip(one.faces, other.faces, strict=True):
            assert np.array_equal(mine.box, theirs.box)
            assert np.array_equal(mine.crop, theirs.crop)
            assert np.array_equal(mine.flow, theirs.flow)


def test_a_face_is_known_after_three_finds_and_its_box_does_not_lag(prepare_live):
    prepared = prepare_live(walk(40, speed=1.0))
    assert [frame.status for frame in prepared[:2]] == ["no_face"] * 2
    assert {frame.status for frame in prepared[2:]} == {"ok"}
    for frame in prepared[2:]:
        assert frame.faces[0].box[0] == pytest.approx(20 + frame.index, abs=0.6)


def test_a_face_at_rest_is_cut_as_for_training_and_its_motion_is_that_to_the_next_frame(
    prepare_live, monkeypatch
):
    rng = np.random.default_rng(0)
    pictures = [np.clip(paint([(40, 30, 30)]) + rng.integers(0, 4, (96, 160)), 16, 235) for _ in range(40)]
    pictures = [picture.astype(np.uint8) for picture in pictures]
    plain = prepare_scene(monkeypatch, pictures)
    for frame in prepare_live(pictures)[2:]:
        [mine], [theirs] = frame.faces, plain[frame.index].faces
        assert mine.box == pytest.approx(theirs.box, abs=1e-9)
        assert np.array_equal(mine.crop, theirs.crop)
        assert np.array_equal(mine.flow, theirs.flow)


def test_a_face_that_is_missed_for_a_moment_stays_where_it_was(prepare_live):
    prepared = prepare_live(walk(40, speed=0, gone=(20, 21)))
    assert {frame.status for frame in prepared[2:]} == {"ok"}
    assert len({face.track for frame in prepared for face in frame.faces}) == 1


def test_a_face_that_is_gone_is_soon_not_shown(prepare_live):
    prepared = prepare_live(walk(60, speed=0, gone=range(30, 60)))
    shown = [frame.index for frame in prepared if frame.faces]
    assert shown == list(range(2, 35))


def test_a_cut_ends_a_face_at_once(prepare_live):
    black = np.full((96, 160), 20, np.uint8)
    prepared = prepare_live([*walk(30, speed=0), *[black] * 10])
    assert [frame.index for frame in prepared if frame.faces] == list(range(2, 30))


def test_memory_does_not_grow_with_the_stream(monkeypatch):
    monkeypatch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": SquareDetector})
    picture = paint([(40, 30, 30)])
    alive = weakref.WeakSet()

    def pairs():
        before = frame_of(0, picture)
        for index in range(1, 200):
            after = frame_of(index, picture)
            alive.add(after)
            yield before, after
            before = after

    most = 0
    for _ in FramePreparer(PrepareRecipe(detector="squares")).prepare_live(pairs()):
        most = max(most, len(alive))
    assert most < 40
