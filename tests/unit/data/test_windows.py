from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from ferfusion.data.batches import Draws, PairBatches
from ferfusion.data.clips import PairReader
from ferfusion.data.recipe import Augmentation
from ferfusion.data.row_order import InOrder
from ferfusion.data.windows import run_starts, window_indices
from ferfusion.preparation.segments import kept_pairs
from helpers.datasets import clip_arrays

PAIR_OK = np.array([True] * 3 + [False] + [True] * 7)
"""Of a clip of twelve crops, broken between the fourth and the fifth."""


def test_run_starts_are_the_first_crop_and_the_crops_after_breaks():
    assert run_starts(PAIR_OK).tolist() == [0] * 4 + [4] * 8
    assert run_starts(np.array([], bool)).tolist() == [0]
    assert run_starts(np.array([False, False, True])).tolist() == [0, 1, 2, 2]


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(1, 9), st.integers(1, 5))
def test_window_indices_end_with_the_pairs_crop_and_cross_no_break(pair_ok, frames, step):
    pair_ok = np.array(pair_ok)
    starts = run_starts(pair_ok)
    for _, pair in kept_pairs(pair_ok, segment_length=16, keep_every=1):
        indices = window_indices(pair, first=starts[pair], frames=frames, step=step).tolist()
        assert len(indices) == frames
        assert indices[-1] == pair
        assert pair_ok[indices[0] : pair].all()
        for earlier, later in pairwise(indices):
            # a whole step, or the distance to the first crop, which then repeats
            assert later - earlier == step or earlier == starts[pair]


@pytest.fixture
def folder(tmp_path):
    arrays = clip_arrays(2, 6, frames=12, size=48, rng=np.random.default_rng(0))
    arrays["crops"] += np.arange(12, dtype=np.uint8)[:, None, None, None]  # all crops differ
    save_file({**arrays, "pair_ok": PAIR_OK}, tmp_path / "clip.safetensors")
    return tmp_path, arrays["crops"]


def test_gather_windows_returns_the_crops_of_each_window(folder):
    path, crops = folder
    pairs = [10, 5, 0, 3]
    windows = PairReader(path, ["clip"] * 4, pairs).gather_windows(np.array([1, 0, 3, 2]), frames=4, step=2)
    # the fifth crop starts a run: windows of later pairs do not reach further back
    expected = [[4, 4, 4, 5], [4, 6, 8, 10], [0, 0, 1, 3], [0, 0, 0, 0]]
    for window, indices in zip(windows, expected, strict=True):
        assert np.array_equal(window, crops[indices])


def test_gather_windows_repeats_the_first_crop_of_a_short_clip(tmp_path):
    arrays = clip_arrays(0, 6, frames=2, size=48, rng=np.random.default_rng(0))
    save_file(arrays, tmp_path / "clip.safetensors")
    [window] = PairReader(tmp_path, ["clip"], [0]).gather_windows(np.array([0]), frames=8, step=2)
    assert np.array_equal(window, arrays["crops"][[0] * 8])


def only_batch(folder, *, frames, augmentation=None, pairs=tuple(range(11))):
    batches = PairBatches(
        PairReader(folder, ["clip"] * len(pairs), pairs),
        InOrder(np.arange(len(pairs))),
        np.zeros(len(pairs), np.int64),
        batch_size=len(pairs),
        flow_encoding="uvm",
        frames=frames,
        frame_step=2,
        draws=Draws(0, lambda: 0, augmentation),
    )
    [batch] = batches
    return batch


def test_batch_has_windows_only_with_frames(folder):
    path, _ = folder
    without, with_windows = only_batch(path, frames=0), only_batch(path, frames=5)
    assert without.frames is None
    assert len(without.images) == 2
    assert with_windows.frames.shape == (11, 5, 3, 48, 48)
    assert with_windows.images[2] is with_windows.frames
    assert torch.equal(with_windows.spatial, without.spatial)


@pytest.mark.parametrize("augmentation", [None, Augmentation()])
def test_window_ends_with_the_face_that_the_spatial_stream_reads(folder, augmentation):
    batch = only_batch(folder[0], frames=4, augmentation=augmentation)
    torch.testing.assert_close(batch.frames[:, -1], batch.spatial, atol=1e-6, rtol=0)


def test_window_has_one_transform_for_all_its_crops(folder):
    """A window that repeats one crop still does so after a transform; a mirror mirrors all crops."""
    path, _ = folder
    [still] = only_batch(path, frames=4, augmentation=Augmentation(), pairs=(0,)).frames
    assert torch.equal(still, still[:1].expand(4, -1, -1, -1))
    plain = only_batch(path, frames=4).frames
    mirrored = only_batch(path, frames=4, augmentation=Augmentation(flip=1, zoom=0, shear=0)).frames
    torch.testing.assert_close(mirrored, plain.flip(-1), atol=1e-5, rtol=0)
    warped = only_batch(path, frames=4, augmentation=Augmentation(flip=0)).frames
    assert not torch.allclose(warped, plain, atol=0.01)
