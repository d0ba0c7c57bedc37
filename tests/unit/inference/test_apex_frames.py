from dataclasses import replace

import numpy as np
import pytest

from ferfusion.inference.apex_frames import ApexFrames
from ferfusion.inference.predict_faces import FrameRow


def row(frame, track, code, probability, *, side=10.0):
    probabilities = np.full(6, (1 - probability) / 5, np.float32)
    probabilities[code] = probability
    crop = np.full((4, 4, 3), frame % 256, np.uint8)
    flow = np.full((2, 4, 4), frame, np.float16)
    return FrameRow(frame, frame / 25, track, (0, 0, side, side), "ok", probabilities, crop, flow)


def apex_frames_of(rows, track=0):
    best = ApexFrames()
    for one in rows:
        best.add(one)
    return best.of_track(track)


def test_apex_frames_are_the_most_certain_of_each_class_in_order_of_time():
    found = apex_frames_of([row(0, 0, 3, 0.5), row(1, 0, 3, 0.9), row(2, 0, 3, 0.8), row(3, 0, 1, 0.4)])
    assert [(apex.frame, apex.code) for apex in found] == [(1, 3), (3, 1)]
    assert found[0].probability == pytest.approx(0.9)
    assert found[0].seconds == 0.04
    assert (found[0].face_input.crop == 1).all()
    assert (found[0].face_input.flow == 1).all()


def test_apex_frames_keep_the_window_of_a_model_with_windows():
    plain = row(0, 0, 0, 0.5)
    assert apex_frames_of([plain])[0].face_input.window is None
    [apex] = apex_frames_of([replace(plain, window=[plain.crop] * 3)])
    assert apex.face_input.window.shape == (3, 4, 4, 3)


def test_apex_frames_keep_the_first_of_equals():
    assert [apex.frame for apex in apex_frames_of([row(k, 0, 2, 0.5) for k in range(5)])] == [0]


def test_apex_frames_of_each_face_are_kept_apart():
    rows = [row(0, 0, 1, 0.5), row(0, 1, 1, 0.9), FrameRow(1, 0.04, None, (None,) * 4, "no_face", None)]
    assert [apex.probability for apex in apex_frames_of(rows, 1)] == pytest.approx([0.9])
    assert apex_frames_of(rows, 2) == []


def test_apex_frames_of_the_smallest_faces_are_dropped():
    rows = [row(k, track, 0, 0.5, side=1 + track % 50) for k, track in enumerate(range(200))]
    best = ApexFrames()
    for one in rows:
        best.add(one)
    kept = [track for track in range(200) if best.of_track(track)]
    assert len(kept) == 32
    assert 49 in kept
    assert 0 not in kept
