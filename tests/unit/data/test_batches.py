import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from ferfusion.data.batches import Draws, PairBatches, epoch_generator
from ferfusion.data.clips import PairReader
from ferfusion.data.recipe import Augmentation
from ferfusion.data.row_order import InOrder, Shuffled
from helpers.datasets import clip_arrays


@pytest.fixture
def reader(tmp_path):
    arrays = clip_arrays(2, 6, frames=11, size=48, rng=np.random.default_rng(0))
    save_file(arrays, tmp_path / "clip.safetensors")
    return PairReader(tmp_path, ["clip"] * 10, range(10))


def batches(reader, *, rows=range(10), epoch=0, seed=0, augmentation=None, shuffle=True):
    return PairBatches(
        reader,
        Shuffled(np.array(rows)) if shuffle else InOrder(np.array(rows)),
        np.arange(10) % 6,
        batch_size=4,
        flow_encoding="uvm",
        draws=Draws(seed, lambda: epoch, augmentation),
    )


def test_batches_in_order_give_every_row_once(reader):
    found = list(batches(reader, rows=[7, 1, 2, 5, 0], shuffle=False))
    assert [len(batch.rows) for batch in found] == [4, 1]
    assert torch.cat([batch.rows for batch in found]).tolist() == [7, 1, 2, 5, 0]
    assert torch.cat([batch.codes for batch in found]).tolist() == [1, 1, 2, 5, 0]
    assert len(batches(reader, rows=range(5))) == 2


def test_batches_do_not_overwrite_the_previous_one(reader):
    first, second = list(batches(reader, shuffle=False))[:2]
    assert not torch.equal(first.spatial, second.spatial)


def test_batches_have_an_order_that_follows_from_seed_and_epoch(reader):
    def order(**kwargs):
        return torch.cat([batch.rows for batch in batches(reader, **kwargs)]).tolist()

    assert order(epoch=1) == order(epoch=1)
    assert sorted(order()) == list(range(10))
    assert len({tuple(order(epoch=epoch, seed=seed)) for epoch in range(3) for seed in range(3)}) == 9


def test_batches_are_augmented_by_seed_and_epoch(reader):
    def first(epoch):
        return next(iter(batches(reader, epoch=epoch, augmentation=Augmentation()))).spatial

    assert torch.equal(first(0), first(0))
    assert not torch.equal(first(0), first(1))


def test_epoch_generator_of_near_seeds_and_epochs_is_unrelated():
    draws = {float(torch.rand(1, generator=epoch_generator(s, e))) for s in range(10) for e in range(10)}
    assert len(draws) == 100
