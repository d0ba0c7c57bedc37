import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import save_file

from ferfusion.data.augment import Augmentation, Moves
from ferfusion.data.batches import Draws, PairBatches, epoch_generator
from ferfusion.data.clips import PairReader
from ferfusion.data.inputs import model_inputs
from ferfusion.data.pairs import parted_pairs, shuffle_labels_of_videos
from ferfusion.data.row_order import AsGiven, Shuffled
from ferfusion.errors import ConfigError, DatasetError
from ferfusion.flow.encodings import encode_uvm
from ferfusion.labels import SIX
from ferfusion.preparation.dataset import open_dataset
from ferfusion.splits.split import read_splits
from helpers.datasets import clip_arrays, write_dataset


@pytest.fixture
def reader(tmp_path):
    arrays = clip_arrays(2, 6, frames=11, size=48, rng=np.random.default_rng(0))
    save_file(arrays, tmp_path / "clip.safetensors")
    return PairReader(tmp_path, ["clip"] * 10, range(10))


def batches(reader, *, rows=range(10), epoch=0, seed=0, augmentation=None, shuffle=True):
    return PairBatches(
        reader,
        Shuffled(np.array(rows)) if shuffle else AsGiven(np.array(rows)),
        np.arange(10) % 6,
        batch_size=4,
        flow_encoding="uvm",
        draws=Draws(seed, lambda: epoch, augmentation),
    )


def test_inputs_are_scaled_faces_and_encoded_flow_in_channels_last_order():
    crops = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 3), np.uint8)
    flow = np.random.default_rng(0).normal(0, 1, (2, 2, 48, 48)).astype(np.float16)
    spatial, encoded = model_inputs(crops, flow, flow_encoding="uvm")
    np.testing.assert_allclose(spatial.numpy().transpose(0, 2, 3, 1) * 255, crops, atol=1e-4)
    np.testing.assert_allclose(encoded.numpy(), encode_uvm(flow), atol=1e-6)
    assert spatial.is_contiguous(memory_format=torch.channels_last)
    assert encoded.is_contiguous(memory_format=torch.channels_last)


def test_an_unknown_encoding_is_refused(reader):
    with pytest.raises(ConfigError, match="Unknown flow encoding 'uvn'"):
        model_inputs(*reader.gather(np.arange(2)), flow_encoding="uvn")


def test_augmentation_turns_the_flow_before_it_is_drawn(reader):
    crops, flow = reader.gather(np.arange(3))
    mirror = Moves(torch.diag(torch.tensor([-1.0, 1, 1]))[:2].expand(3, 2, 3), torch.zeros(3, 4))
    _, encoded = model_inputs(crops, flow, flow_encoding="uvm", moves=mirror)
    _, plain = model_inputs(crops, flow, flow_encoding="uvm")
    torch.testing.assert_close(encoded[:, 0], 1 - plain[:, 0].flip(2))
    torch.testing.assert_close(encoded[:, 1:], plain[:, 1:].flip(3))


def test_batches_in_order_give_every_row_once(reader):
    given = list(batches(reader, rows=[7, 1, 2, 5, 0], shuffle=False))
    assert [len(batch.rows) for batch in given] == [4, 1]
    assert torch.cat([batch.rows for batch in given]).tolist() == [7, 1, 2, 5, 0]
    assert torch.cat([batch.codes for batch in given]).tolist() == [1, 1, 2, 5, 0]
    assert len(batches(reader, rows=range(5))) == 2


def test_a_batch_is_not_written_over_by_the_next(reader):
    first, second = list(batches(reader, shuffle=False))[:2]
    assert not torch.equal(first.spatial, second.spatial)


def test_the_order_follows_from_seed_and_epoch(reader):
    def order(**kwargs):
        return torch.cat([batch.rows for batch in batches(reader, **kwargs)]).tolist()

    assert order(epoch=1) == order(epoch=1)
    assert sorted(order()) == list(range(10))
    assert len({tuple(order(epoch=epoch, seed=seed)) for epoch in range(3) for seed in range(3)}) == 9


def test_augmented_batches_repeat_with_seed_and_epoch_and_differ_between_epochs(reader):
    def first(epoch):
        return next(iter(batches(reader, epoch=epoch, augmentation=Augmentation()))).spatial

    assert torch.equal(first(0), first(0))
    assert not torch.equal(first(0), first(1))


def test_epoch_generators_of_near_seeds_and_epochs_are_apart():
    draws = {float(torch.rand(1, generator=epoch_generator(s, e))) for s in range(10) for e in range(10)}
    assert len(draws) == 100


@pytest.fixture
def parted(tmp_path):
    dataset = open_dataset(write_dataset(tmp_path / "dataset", subjects=6, videos_per_class=2))
    return parted_pairs(dataset.pairs, read_splits(dataset), labels=dataset.labels)


def test_parts_cover_all_rows_and_share_no_subject(parted):
    rows = [parted.rows(part) for part in ("train", "validation", "test")]
    assert sorted(np.concatenate(rows)) == list(range(len(parted.table)))
    subjects = [set(parted.table["subject"].iloc[one]) for one in rows]
    assert sum(map(len, subjects)) == 6
    assert sum(parted.class_counts("train").values()) == len(rows[0])


def test_shuffled_labels_keep_counts_and_videos_whole_and_leave_the_other_parts(parted):
    codes = shuffle_labels_of_videos(parted, part="train", seed=3)
    train, held_out = parted.rows("train"), np.concatenate([parted.rows("validation"), parted.rows("test")])
    assert np.array_equal(codes[held_out], parted.codes[held_out])
    assert not np.array_equal(codes[train], parted.codes[train])
    assert sorted(codes[train]) == sorted(parted.codes[train])
    videos = pd.DataFrame({"video": parted.table["video"], "code": codes})
    assert (videos.groupby("video")["code"].nunique() == 1).all()
    assert np.array_equal(codes, shuffle_labels_of_videos(parted, part="train", seed=3))


def test_a_clip_without_a_part_is_named(parted):
    with pytest.raises(DatasetError, match="have no part, the first is 'S00_anger_0'"):
        parted_pairs(parted.table, {}, labels=SIX)


def test_an_empty_part_is_refused(parted):
    everything_to_train = dict.fromkeys(parted.table["clip"], "train")
    with pytest.raises(DatasetError, match="validation part has no pair"):
        parted_pairs(parted.table, everything_to_train, labels=SIX)


def test_codes_outside_the_label_set_are_refused(parted):
    table = parted.table.assign(code=6)
    with pytest.raises(DatasetError, match="codes outside 0 to 5"):
        parted_pairs(table, dict.fromkeys(table["clip"], "train"), labels=SIX)
