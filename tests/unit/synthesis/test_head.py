import numpy as np
import pytest

from ferfusion.actions.names import ACTIONS
from ferfusion.synthesis.head import Material

pytestmark = pytest.mark.slow


def moved(head, action):
    return head.actions_m[ACTIONS.index(action)]


def test_head_actions_move_as_their_names_say(head):
    x, y, z = head.template_cm.T
    front = y < -10
    chin = front & (z < 63.5) & (z > 62) & (np.abs(x) < 1)
    assert moved(head, "jawOpen")[chin, 2].mean() < -0.01
    corner = front & (np.hypot(x - 2.5, z - 66.0) < 0.6)
    assert moved(head, "mouthSmileLeft")[corner, 0].mean() > 0.002
    assert moved(head, "mouthSmileLeft")[corner, 2].mean() > 0.002
    assert np.abs(moved(head, "mouthSmileRight")[corner]).max() < 0.002
    brow = front & (np.hypot(x - 1.5, z - 74.8) < 0.8)
    assert moved(head, "browInnerUp")[brow, 2].mean() > 0.002
    assert moved(head, "browDownLeft")[brow, 2].mean() < -0.001


def test_head_shaped_faces_forward_with_the_eyes_at_the_origin(head):
    neutral = head.shaped({"age": 0.7, "gender": 1.0}, {"nose-hump-incr": 0.5})
    eyes = neutral[head.vertices_of(Material.EYE)]
    np.testing.assert_allclose(eyes.mean(axis=0), 0, atol=1e-6)
    nose_tip = neutral[neutral[:, 1].argmin()]
    assert abs(nose_tip[0]) < 0.005
    assert -0.06 < nose_tip[2] < -0.02
    assert 0.05 < np.ptp(eyes[:, 0]) < 0.12
