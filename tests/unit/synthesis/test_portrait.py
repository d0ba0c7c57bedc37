from dataclasses import replace

import numpy as np
import pytest

from ferfusion.actions.names import ACTIONS
from ferfusion.synthesis.performance import draw_performance
from ferfusion.synthesis.portrait import paint_background


@pytest.fixture
def showing():
    drawn = draw_performance(
        "Surprise", num_frames=4, min_intensity=1, max_intensity=1, rng=np.random.default_rng(0)
    )
    return replace(drawn, weights=np.zeros((4, len(ACTIONS))), turn_degrees=np.zeros((4, 3)))


def test_portrait_vertices_at_rest_are_the_neutral_head(portrait, showing):
    np.testing.assert_array_equal(portrait.vertices(showing), 4 * [portrait.neutral_m])


def test_portrait_vertices_move_by_the_weight_of_an_action(portrait, showing):
    jaw = ACTIONS.index("jawOpen")
    actions_m = np.zeros_like(portrait.actions_m)
    actions_m[jaw, :, 2] = -0.02
    showing.weights[2, jaw] = 0.5
    moved = replace(portrait, actions_m=actions_m).vertices(showing) - portrait.neutral_m
    np.testing.assert_allclose(moved[2], np.tile([0, 0, -0.01], (len(portrait.neutral_m), 1)), atol=1e-7)
    assert not moved[[0, 1, 3]].any()


def test_portrait_vertices_rotate_where_they_follow_the_head(portrait, showing):
    follows = np.zeros(len(portrait.neutral_m), np.float32)
    follows[:5] = 1
    showing.turn_degrees[1] = (10, 0, 0)
    rotating = replace(portrait, head=replace(portrait.head, follows_head=follows))
    moved = np.linalg.norm(rotating.vertices(showing) - portrait.neutral_m, axis=2)
    assert (moved[1, :5] > 0.01).all()
    assert not moved[1, 5:].any()
    assert not moved[[0, 2, 3]].any()


def test_paint_background_is_the_same_for_a_seed_and_in_range(portrait):
    scene = portrait.subject.scene
    first, again = (paint_background(scene, size=20) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (20, 20, 3)
    assert 0 <= first.min() < first.max() <= 1
    assert (first != paint_background(replace(scene, blob_seed=scene.blob_seed + 1), size=20)).any()
