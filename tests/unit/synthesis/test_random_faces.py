import numpy as np

from ferfusion.actions.names import ACTIONS
from ferfusion.synthesis.random_faces import draw_face


def drawn(number=600):
    faces = [draw_face(np.random.default_rng([5, index])) for index in range(number)]
    return np.stack([face.weights for face in faces]), np.stack([face.turn_degrees for face in faces])


def test_face_is_the_same_for_the_same_seed():
    first, second = (draw_face(np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first.weights, second.weights)
    assert np.array_equal(first.turn_degrees, second.turn_degrees)


def test_faces_show_every_action_strongly_and_seldom():
    weights, _ = drawn()
    assert weights.min() == 0
    assert weights.max() == 1
    strong = (weights > 0.4).mean(axis=0)
    assert strong.min() > 0.005, ACTIONS[int(strong.argmin())]
    assert strong.max() < 0.3


def test_faces_turn_to_both_sides_within_bounds():
    _, turns = drawn()
    assert (np.abs(turns) <= (55, 35, 35)).all()
    assert np.abs(turns.mean(axis=0)).max() < 2.5
    assert (turns.std(axis=0) > (13, 7, 6)).all()


def test_both_eyes_look_the_same_way():
    weights, _ = drawn(200)
    at = {name: weights[:, ACTIONS.index(name)] for name in ACTIONS if name.startswith("eyeLook")}
    assert np.array_equal(at["eyeLookOutLeft"], at["eyeLookInRight"])
    assert not (np.minimum(at["eyeLookUpLeft"], at["eyeLookDownLeft"]) > 0).any()


def test_closed_lids_are_not_wide():
    weights, _ = drawn()
    closed = weights[:, ACTIONS.index("eyeBlinkLeft")] > 0.95
    assert closed.any()
    assert weights[closed, ACTIONS.index("eyeWideLeft")].max() < 0.06
