import numpy as np
import pytest
import torch

from ferfusion.data.batches import Batch
from ferfusion.training.objective.mixup import mix


def batch(count=6):
    images = torch.rand(2, count, 3, 8, 8).contiguous()
    spatial, flow = (image.contiguous(memory_format=torch.channels_last) for image in images)
    targets = torch.rand(count, 4).softmax(1)
    return Batch(spatial, flow, torch.arange(count) % 4, torch.arange(count), targets)


def partners(given, mixture):
    """Which sample each one was mixed with, by the votes that came along."""
    other = mixture.parts[1][1]
    return [int((given.targets == row).all(1).nonzero()) for row in other.targets]


def test_nothing_is_mixed_with_a_strength_of_0():
    given = batch()
    mixture = mix(given, strength=0.0, rng=np.random.default_rng(0))
    assert mixture.images[0] is given.spatial
    assert mixture.parts == ((1.0, given),)


@pytest.mark.parametrize("seed", range(3))
def test_images_and_labels_are_mixed_alike(seed):
    given = batch()
    mixture = mix(given, strength=0.4, rng=np.random.default_rng(seed))
    (share, first), (rest, second) = mixture.parts
    assert share + rest == pytest.approx(1)
    assert 0.5 <= share <= 1
    assert first is given
    order = partners(given, mixture)
    assert sorted(order) == list(range(6))
    assert torch.equal(second.codes, given.codes[order])
    for before, after in zip(given.images, mixture.images, strict=True):
        torch.testing.assert_close(after, share * before + rest * before[order])
        assert after.is_contiguous(memory_format=torch.channels_last)


def test_small_strengths_mix_little_and_large_ones_by_halves():
    rng = np.random.default_rng(0)
    small, large = (
        sum(mix(batch(), strength=strength, rng=rng).parts[0][0] for _ in range(200)) / 200
        for strength in (0.05, 50.0)
    )
    assert small > 0.95
    assert large < 0.6


def test_a_batch_without_votes_or_with_windows_is_mixed_too():
    given = batch()._replace(targets=None, frames=torch.rand(6, 2, 3, 8, 8))
    mixture = mix(given, strength=0.4, rng=np.random.default_rng(0))
    assert len(mixture.images) == 3
    assert mixture.parts[1][1].targets is None
