import numpy as np
import pytest
import torch

from ferfusion.data.batches import Batch
from ferfusion.training.objective.mixup import mix


def batch(count=6):
    images = torch.rand(2, count, 3, 8, 8).contiguous()
    spatial, flow = (image.contiguous(memory_format=torch.channels_last) for image in images)
    targets = torch.rand(count, 4).softmax(1)
    return Batch(spatial, flow, torch.arange(count) % 4, torch.arange(count), targets, taught=targets * 0.5)


def partners(original, mixture):
    """The index of the sample that each one is mixed with, found by its votes."""
    other = mixture.labels[1][1]
    return [int((original.targets == row).all(1).nonzero()) for row in other.targets]


def test_mix_of_strength_0_mixes_nothing():
    original = batch()
    mixture = mix(original, strength=0.0, rng=np.random.default_rng(0))
    assert mixture.images[0] is original.spatial
    assert mixture.labels == ((1.0, original),)


@pytest.mark.parametrize("seed", range(3))
def test_mix_has_the_same_share_for_images_and_labels(seed):
    original = batch()
    mixture = mix(original, strength=0.4, rng=np.random.default_rng(seed))
    (share, first), (rest, second) = mixture.labels
    assert share + rest == pytest.approx(1)
    assert 0.5 <= share <= 1
    assert first is original
    order = partners(original, mixture)
    assert sorted(order) == list(range(6))
    assert torch.equal(second.codes, original.codes[order])
    assert torch.equal(second.taught, original.taught[order])
    for before, after in zip(original.images, mixture.images, strict=True):
        torch.testing.assert_close(after, share * before + rest * before[order])
        assert after.is_contiguous(memory_format=torch.channels_last)


def test_mix_share_is_near_1_for_small_strengths_and_near_half_for_large_ones():
    rng = np.random.default_rng(0)
    small, large = (
        sum(mix(batch(), strength=strength, rng=rng).labels[0][0] for _ in range(200)) / 200
        for strength in (0.05, 50.0)
    )
    # of 200,000 shares: a mean of 0.969 with 0.006 for that of 200, and of 0.540 with 0.002
    assert 0.94 < small < 0.99
    assert 0.53 < large < 0.55


def test_mix_mixes_windows_and_does_without_votes():
    original = batch()._replace(targets=None, frames=torch.rand(6, 2, 3, 8, 8))
    mixture = mix(original, strength=0.4, rng=np.random.default_rng(0))
    assert len(mixture.images) == 3
    assert mixture.labels[1][1].targets is None
