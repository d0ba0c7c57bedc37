from dataclasses import replace

import numpy as np
import pytest

from ferfusion.inference.apex_frames import TellingMoments
from ferfusion.inference.predict_faces import FrameRow


def row(frame, track, code, probability, *, side=10.0):
    probabilities = np.full(6, (1 - probability) / 5, np.float32)
    probabilities[code] = probability
    crop = np.full((4, 4, 3), frame % 256, np.uint8)
    flow = np.full((2, 4, 4), frame, np.float16)
    return FrameRow(frame, frame / 25, track, (0, 0, side, side), "ok", probabilities, crop, flow)


def moments_of(rows, track=0):
    best = TellingMoments()
    for one in rows:
        best.add(one)
    return best.of_track(track)


def test_the_most_certain_frame_of_each_class_in_the_order_of_time():
    found = moments_of([row(0, 0, 3, 0.5), row(1, 0, 3, 0.9), row(2, 0, 3, 0.8), row(3, 0, 1, 0.4)])
    assert [(moment.frame, moment.code) for moment in found] == [(1, 3), (3, 1)]
    assert found[0].probability == pytest.approx(0.9)
    assert found[0].seconds == 0.04
    assert (found[0].seen.crop == 1).all()
    assert (found[0].seen.flow == 1).all()


def test_a_window_is_kept_where_the_model_looks_at_one():
    plain = row(0, 0, 0, 0.5)
    assert moments_of([plain])[0].seen.window is None
    [moment] = moments_of([replace(plain, window=[plain.crop] * 3)])
    assert moment.seen.window.shape == (3, 4, 4, 3)


def test_of_equals_the_first_is_kept():
    assert [moment.frame for moment in moments_of([row(k, 0, 2, 0.5) for k in range(5)])] == [0]


def test_faces_are_kept_apart_and_a_frame_without_one_is_no_moment():
    rows = [row(0, 0, 1, 0.5), row(0, 1, 1, 0.9), FrameRow(1, 0.04, None, (None,) * 4, "no_face", None)]
    assert [moment.probability for moment in moments_of(rows, 1)] == pytest.approx([0.9])
    assert moments_of(rows, 2) == []


def test_of_many_faces_the_least_seen_are_let_go():
    rows = [row(k, track, 0, 0.5, side=1 + track % 50) for k, track in enumerate(range(200))]
    best = TellingMoments()
    for one in rows:
        best.add(one)
    kept = [track for track in range(200) if best.of_track(track)]
    assert len(kept) == 32
    assert 49 in kept
    assert 0 not in kept
