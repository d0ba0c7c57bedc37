from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from ferfusion.data.clips import PairReader
from ferfusion.data.datamodule import PairDataModule
from ferfusion.data.pairs import parted_pairs
from ferfusion.data.recipe import Augmentation
from ferfusion.data.row_order import InOrder, Shuffled
from ferfusion.preparation.dataset import open_dataset
from ferfusion.splits.split import read_splits
from helpers.datasets import write_dataset


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return open_dataset(write_dataset(tmp_path_factory.mktemp("data") / "dataset", frames=3))


@pytest.fixture
def pairs(source):
    return parted_pairs(source.pairs, read_splits(source), labels=source.labels)


@pytest.fixture
def make(source, pairs):
    """A function that makes a data module of the dataset."""

    def made(**settings):
        reader = PairReader(source.clips_folder, list(pairs.table["clip"]), list(pairs.table["pair"]))
        defaults: dict[str, Any] = {
            "train_order": Shuffled(pairs.rows("train")),
            "train_codes": pairs.codes,
            "batch_size": 7,
            "flow_encoding": "uvm",
            "seed": 0,
            "augmentation": None,
        }
        return PairDataModule(pairs, reader, **{**defaults, **settings})

    return made


def trainer(epoch=0, rank=0, processes=1):
    strategy = SimpleNamespace(root_device=torch.device("cpu"))
    return SimpleNamespace(current_epoch=epoch, global_rank=rank, world_size=processes, strategy=strategy)


def rows_of(batches):
    return [row for batch in batches for row in batch.rows.tolist()]


def test_train_dataloader_follows_from_seed_and_epoch_and_has_every_row_once(make, pairs):
    def rows(seed, epoch):
        data = make(seed=seed)
        data.trainer = trainer(epoch)
        return tuple(rows_of(data.train_dataloader()))

    assert rows(0, 0) == rows(0, 0)
    assert len({rows(seed, epoch) for seed in range(2) for epoch in range(2)}) == 4
    assert sorted(rows(0, 0)) == sorted(pairs.rows("train"))


def test_train_dataloader_has_the_codes_and_votes_to_train_on(make, pairs):
    codes = (pairs.codes + 1) % 6
    votes = np.eye(6, dtype=np.float32)[codes]
    for batch in make(train_codes=codes, targets=votes).train_dataloader():
        assert batch.codes.tolist() == codes[batch.rows].tolist()
        assert batch.targets.argmax(1).tolist() == batch.codes.tolist()


def test_val_dataloader_is_the_validation_part_in_order_with_its_true_labels(make, pairs):
    data = make(train_codes=(pairs.codes + 1) % 6, augmentation=Augmentation(rotate=30.0))
    batches = list(data.val_dataloader())
    assert rows_of(batches) == pairs.rows("validation").tolist()
    assert [len(batch.rows) for batch in batches] == [7, 5]
    codes = [code for batch in batches for code in batch.codes.tolist()]
    assert codes == pairs.codes[pairs.rows("validation")].tolist()


def test_batches_of_a_part_are_augmented_only_for_training(make, pairs):
    settings = {"train_order": InOrder(pairs.rows("train")), "seed": 1}
    plain, augmented = (make(augmentation=each, **settings) for each in (None, Augmentation(rotate=30.0)))
    plain_image, augmented_image = (
        next(iter(data.train_dataloader())).spatial for data in (plain, augmented)
    )
    assert not torch.equal(plain_image, augmented_image)
    assert torch.equal(next(iter(augmented.batches("train"))).spatial, plain_image)


def test_dataloaders_of_two_processes_share_every_batch(make):
    whole = make()
    parts = []
    for rank in range(2):
        data = make()
        data.trainer = trainer(rank=rank, processes=2)
        parts.append(data)
    for name in ("train_dataloader", "val_dataloader"):
        first, second = (list(getattr(data, name)()) for data in parts)
        for batch, one, other in zip(getattr(whole, name)(), first, second, strict=True):
            assert one.rows.tolist() + other.rows.tolist() == batch.rows.tolist()
    # a prediction of a part is not shared
    assert rows_of(parts[1].batches("test")) == rows_of(whole.batches("test"))


def test_batches_have_windows_if_the_model_reads_them(make):
    batch = next(iter(make(frames=4, frame_step=2).batches("test")))
    assert batch.frames.shape == (7, 4, 3, 48, 48)
    assert torch.equal(batch.frames[:, -1], batch.spatial)
    assert next(iter(make().batches("test"))).frames is None


def test_setup_on_a_cpu_leaves_the_dataset_on_disk(make):
    data = make()
    data.trainer = trainer()
    data.setup("fit")
    assert isinstance(data._reader, PairReader)
    assert data.device == torch.device("cpu")
