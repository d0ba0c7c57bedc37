"""Preparation of a live source: each frame at once, from it and those before it."""

import weakref
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from ferfusion.faces.tracker import STRIDE
from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.scenes import SquareDetector, frame_of, paint, prepare_scene


@pytest.fixture
def prepare_live(monkeypatch):
    """Prepare a scene of grey images as pairs of consecutive frames."""
    monkeypatch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": SquareDetector})

    def prepare(images, **settings):
        frames = [frame_of(k, image) for k, image in enumerate(images)]
        preparer = FramePreparer(PrepareRecipe(detector="squares", **settings))
        return list(preparer.prepare_live(pairwise(frames)))

    return prepare


def walk(count, *, speed=1.0, gone=()):
    return [paint([] if k in gone else [(20 + speed * k, 30, 30)]) for k in range(count)]


def test_prepare_live_yields_before_it_reads_the_next_pair(monkeypatch):
    monkeypatch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": SquareDetector})
    frames = [frame_of(k, image) for k, image in enumerate(walk(20))]
    asked = []

    def pairs():
        for pair in pairwise(frames):
            asked.append(pair[0].index)
            yield pair

    for place, prepared in enumerate(FramePreparer(PrepareRecipe(detector="squares")).prepare_live(pairs())):
        assert prepared.index == place
        assert asked == list(range(place + 1))


def test_prepare_live_does_not_depend_on_later_frames(prepare_live):
    images = walk(60, gone=range(30, 40))
    whole, start = prepare_live(images), prepare_live(images[:36])
    for one, other in zip(whole, start, strict=False):
        assert one.status == other.status
        assert [face.track for face in one.faces] == [face.track for face in other.faces]
        for mine, theirs in zip(one.faces, other.faces, strict=True):
            assert np.array_equal(mine.box, theirs.box)
            assert np.array_equal(mine.crop, theirs.crop)
            assert np.array_equal(mine.flow, theirs.flow)


def test_prepare_live_has_a_face_after_three_detections_and_no_lag(prepare_live):
    prepared = prepare_live(walk(40, speed=1.0))
    assert [frame.status for frame in prepared[:2]] == ["no_face"] * 2
    assert {frame.status for frame in prepared[2:]} == {"ok"}
    for frame in prepared[2:]:
        assert frame.faces[0].box[0] == pytest.approx(20 + frame.index, abs=0.6)


def test_prepare_live_of_a_still_face_equals_prepare(prepare_live, monkeypatch):
    rng = np.random.default_rng(0)
    images = [np.clip(paint([(40, 30, 30)]) + rng.integers(0, 4, (96, 160)), 16, 235) for _ in range(40)]
    images = [image.astype(np.uint8) for image in images]
    plain = prepare_scene(monkeypatch, images)
    for frame in prepare_live(images)[2:]:
        [mine], [theirs] = frame.faces, plain[frame.index].faces
        assert mine.box == pytest.approx(theirs.box, abs=1e-9)
        assert np.array_equal(mine.crop, theirs.crop)
        assert np.array_equal(mine.flow, theirs.flow)


def test_prepare_live_holds_a_face_that_is_missed_for_a_moment(prepare_live):
    prepared = prepare_live(walk(40, speed=0, gone=(20, 21)))
    assert {frame.status for frame in prepared[2:]} == {"ok"}
    assert len({face.track for frame in prepared for face in frame.faces}) == 1


def test_prepare_live_drops_a_face_that_is_gone(prepare_live):
    prepared = prepare_live(walk(60, speed=0, gone=range(30, 60)))
    shown = [frame.index for frame in prepared if frame.faces]
    assert shown == list(range(2, 35))


def test_prepare_live_ends_a_face_at_a_cut(prepare_live):
    black = np.full((96, 160), 20, np.uint8)
    prepared = prepare_live([*walk(30, speed=0), *[black] * 10])
    assert [frame.index for frame in prepared if frame.faces] == list(range(2, 30))


def test_prepare_live_memory_does_not_grow(monkeypatch):
    monkeypatch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": SquareDetector})
    image = paint([(40, 30, 30)])
    alive: weakref.WeakSet[Any] = weakref.WeakSet()

    def pairs():
        before = frame_of(0, image)
        for index in range(1, 200):
            after = frame_of(index, image)
            alive.add(after)
            yield before, after
            before = after

    most = 0
    for _ in FramePreparer(PrepareRecipe(detector="squares")).prepare_live(pairs()):
        most = max(most, len(alive))
    assert most <= STRIDE + 2  # the settled ones of a stride, and the pair in work
