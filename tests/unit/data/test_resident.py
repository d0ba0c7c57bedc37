from dataclasses import replace

import numpy as np
import pytest
import torch

from ferfusion.data.batches import Draws, PairBatches
from ferfusion.data.recipe import Augmentation
from ferfusion.data.resident import ResidentPairs, fits, resident_if_it_fits
from ferfusion.data.row_order import Shuffled
from ferfusion.models.config import ModelConfig
from helpers.datasets import write_dataset
from helpers.trainings import SHORT, different_weights, open_reader, train

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data") / "dataset", subjects=3, frames=7)


@pytest.fixture
def reader(dataset):
    return open_reader(dataset)


def test_resident_pairs_are_those_of_the_reader(reader):
    rows = np.random.default_rng(0).integers(0, len(reader), 50)
    expected, found = reader.gather(rows), ResidentPairs(reader, CPU).gather(rows)
    for one, other in zip(expected, found, strict=True):
        assert (other.numpy() == one).all()
        assert other.numpy().dtype == one.dtype


def test_resident_windows_are_those_of_the_reader_and_cross_no_break(reader):
    # as if the third crop of each clip were not of the frame after the second
    reader.clips = [replace(clip, run_starts=np.array([0, 0, 2, 2, 2, 2, 2])) for clip in reader.clips]
    rows = np.arange(len(reader))
    for frames, step in ((4, 1), (3, 2)):
        expected = reader.gather_windows(rows, frames=frames, step=step)
        found = ResidentPairs(reader, CPU).gather_windows(rows, frames=frames, step=step)
        assert (found.numpy() == expected).all()


def test_resident_batches_are_the_same_bit_for_bit(reader):
    def batches(source):
        return PairBatches(
            source,
            Shuffled(np.arange(len(reader))),
            np.arange(len(reader)) % 6,
            batch_size=16,
            flow_encoding="hsv",
            frames=4,
            frame_step=2,
            draws=Draws(0, lambda: 0, Augmentation(rotate=10, random_erasing=0.5)),
        )

    for expected, found in zip(batches(reader), batches(ResidentPairs(reader, CPU)), strict=True):
        for name in ("spatial", "flow", "codes", "rows", "frames"):
            assert torch.equal(getattr(expected, name), getattr(found, name)), name


def test_resident_flow_of_stills_takes_no_memory(reader):
    stills = [
        replace(clip, flow_t2hw=np.broadcast_to(np.float16(0), (len(clip.crops_thwc), 2, 48, 48)))
        for clip in reader.clips
    ]
    crop_bytes = sum(clip.crops_thwc.nbytes for clip in stills)
    reader.clips = stills
    assert fits(reader, free_bytes=2 * crop_bytes)
    assert not fits(reader, free_bytes=2 * crop_bytes - 1)
    _, flow = ResidentPairs(reader, CPU).gather(np.array([0, 5, 3]))
    assert flow.shape == (3, 2, 48, 48)
    assert not flow.any()


def test_fits_counts_the_memory_of_crops_and_flow(reader):
    needed = sum(clip.crops_thwc.nbytes + clip.flow_t2hw.nbytes for clip in reader.clips)
    assert fits(reader, free_bytes=2 * needed)
    assert not fits(reader, free_bytes=2 * needed - 1)


def test_resident_if_it_fits_leaves_the_cpu_reading_from_files(reader):
    assert resident_if_it_fits(reader, CPU) is reader


@pytest.mark.parametrize("architecture", ["flow", "stack"])
def test_resident_dataset_trains_to_the_same_weights(dataset, tmp_path, monkeypatch, architecture):
    model = ModelConfig(architecture=architecture)
    train(dataset, tmp_path / "read", model=model, recipe=replace(SHORT, epochs=1))
    monkeypatch.setattr("ferfusion.data.datamodule.resident_if_it_fits", ResidentPairs)
    train(dataset, tmp_path / "resident", model=model, recipe=replace(SHORT, epochs=1))
    assert not different_weights(*(tmp_path / name / "bundle.safetensors" for name in ("read", "resident")))
    first, second = ((tmp_path / name / "predictions.csv").read_bytes() for name in ("read", "resident"))
    assert first == second
