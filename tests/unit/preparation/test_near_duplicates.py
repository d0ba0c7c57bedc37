import cv2
import numpy as np
import pytest

from ferfusion.preparation.near_duplicates import crop_vectors, near_pairs
from helpers.videos import textured


def test_crop_vectors_have_correlations_as_dot_products():
    crops = np.stack([textured(48, 48, seed=seed) for seed in range(4)])
    grey = [
        cv2.cvtColor(crop.reshape(16, 3, 16, 3, 3).mean((1, 3)).round().astype(np.uint8), cv2.COLOR_RGB2GRAY)
        for crop in crops
    ]
    products = crop_vectors(crops) @ crop_vectors(crops).T
    np.testing.assert_allclose(products, np.corrcoef(np.reshape(grey, (4, -1))), atol=0.003)
    brighter = (crops * 0.5 + 90).astype(np.uint8)
    np.testing.assert_allclose((crop_vectors(crops) * crop_vectors(brighter)).sum(1), 1, atol=0.003)


def test_near_pairs_misses_no_pair():
    """The truth is every dot product; the points are in bundles, so that many are near."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(300, 256))
    points = np.repeat(centres, 10, axis=0) + rng.normal(size=(3000, 256)) * rng.uniform(0, 0.4, (3000, 1))
    points -= points.mean(axis=1, keepdims=True)
    vectors = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    groups = rng.integers(0, 5, 3000)
    products = vectors @ vectors.T
    expected = np.triu(products >= 0.96, k=1) & (groups[:, None] != groups[None])
    near = near_pairs(vectors, groups, similarity=0.96)
    assert expected.sum() > 1000
    assert set(zip(near.first.tolist(), near.second.tolist(), strict=True)) == set(
        zip(*(places.tolist() for places in np.nonzero(expected)), strict=True)
    )
    np.testing.assert_allclose(near.similarity, products[near.first, near.second], atol=1e-6)


@pytest.mark.parametrize(("contrast", "is_blank"), [(0, True), (1, True), (30, False)])
def test_crop_vectors_of_blank_crops_are_zero(contrast, is_blank):
    crop = np.full((1, 48, 48, 3), 100, np.uint8)
    crop[:, 24:] += np.uint8(contrast)
    [vector] = crop_vectors(crop)
    assert np.linalg.norm(vector) == pytest.approx(0 if is_blank else 1, abs=1e-5)


def test_near_pairs_leaves_out_rows_of_one_group():
    vectors = np.repeat(np.eye(2, 8, dtype=np.float32), 2, axis=0)
    near = near_pairs(vectors, np.array([0, 1, 0, 0]), similarity=0.9)
    assert (near.first.tolist(), near.second.tolist()) == ([0], [1])


def test_near_pairs_of_nothing_are_none():
    near = near_pairs(np.zeros((0, 256), np.float32), np.zeros(0, np.int64), similarity=0.9)
    assert (len(near.first), len(near.second), len(near.similarity)) == (0, 0, 0)
    assert len(near_pairs(np.eye(4, dtype=np.float32), np.arange(4), similarity=0.9).first) == 0
