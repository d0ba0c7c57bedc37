import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from ferfusion.data.clips import PairReader, map_clip
from ferfusion.errors import DatasetError
from helpers.datasets import clip_arrays


def clip(seed=0, frames=5, size=48):
    return clip_arrays(seed % 6, 6, frames=frames, size=size, rng=np.random.default_rng(seed))


@pytest.fixture
def folder(tmp_path):
    for seed in range(3):
        save_file(clip(seed, frames=5 + seed), tmp_path / f"clip{seed}.safetensors")
    return tmp_path


def test_map_clip_maps_what_was_written(folder):
    arrays, mapped = clip(1, frames=6), map_clip(folder / "clip1.safetensors")
    assert np.array_equal(mapped.crops_thwc, arrays["crops"])
    assert np.array_equal(mapped.flow_t2hw, arrays["flow"])


def test_gather_returns_the_pairs_of_the_rows_in_order(folder):
    names, pairs = ["clip2", "clip0", "clip1", "clip0"], [5, 0, 2, 3]
    reader = PairReader(folder, names, pairs)
    rows = np.array([3, 0, 0, 2])
    crops, flow = reader.gather(rows)
    for slot, row in enumerate(rows):
        arrays = clip(int(names[row][-1]), frames=5 + int(names[row][-1]))
        assert np.array_equal(crops[slot], arrays["crops"][pairs[row]])
        assert np.array_equal(flow[slot], arrays["flow"][pairs[row]])


def test_gather_after_a_larger_one_has_its_own_length(folder):
    reader = PairReader(folder, ["clip0"] * 4, range(4))
    assert len(reader.gather(np.arange(4))[0]) == 4
    crops, flow = reader.gather(np.array([1]))
    assert (len(crops), len(flow)) == (1, 1)


def test_pair_reader_keeps_no_file_open(folder):
    from pathlib import Path

    reader = PairReader(folder, ["clip0", "clip1", "clip2"], [0, 0, 0])
    opened = [link.resolve() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert not any(folder in path.parents for path in opened)
    assert len(reader) == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a clip file|cannot be read"),
        (b"\x00\x01", "is not a clip file"),
        (b"<html>this is not a clip at all, but it has some length</html>", "is not a clip file"),
        ((2).to_bytes(8, "little") + b"{}", "has no array 'crops'"),
    ],
)
def test_map_clip_names_what_is_not_a_clip(tmp_path, content, message):
    (tmp_path / "bad.safetensors").write_bytes(content)
    with pytest.raises(DatasetError, match=message) as error:
        map_clip(tmp_path / "bad.safetensors")
    assert "bad.safetensors" in str(error.value)


def test_map_clip_names_a_truncated_clip(folder):
    path = folder / "clip0.safetensors"
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(DatasetError, match=r"clip0\.safetensors is not a clip file"):
        map_clip(path)


def test_map_clip_names_a_missing_clip(tmp_path):
    with pytest.raises(DatasetError, match=r"lost\.safetensors is missing"):
        map_clip(tmp_path / "lost.safetensors")


def test_map_clip_refuses_crops_and_flow_that_do_not_fit(tmp_path):
    arrays = clip()
    save_file({**arrays, "flow": arrays["flow"][:-1].copy()}, tmp_path / "odd.safetensors")
    with pytest.raises(DatasetError, match="have shapes that do not match"):
        map_clip(tmp_path / "odd.safetensors")


def test_map_clip_refuses_an_array_of_another_type_and_flags_that_do_not_fit(tmp_path):
    arrays = clip()
    path = tmp_path / "odd.safetensors"
    save_file({**arrays, "pair_ok": arrays["pair_ok"].astype(np.float32)}, path)
    with pytest.raises(DatasetError, match="the array pair_ok has the type F32, expected BOOL"):
        map_clip(path)
    save_file({**arrays, "pair_ok": arrays["pair_ok"][:-1].copy()}, path)
    with pytest.raises(DatasetError, match=r"pair_ok \(3,\), expected \(4,\)"):
        map_clip(path)


def test_pair_reader_refuses_a_pair_outside_its_clip(folder):
    with pytest.raises(DatasetError, match="Pair 4 is outside clip 'clip0', which has 4 pairs"):
        PairReader(folder, ["clip0"], [4])


def test_pair_reader_refuses_clips_of_two_sizes(folder):
    save_file(clip(size=64), folder / "large.safetensors")
    with pytest.raises(DatasetError, match=r"different sizes: \[48, 64\]"):
        PairReader(folder, ["clip0", "large"], [0, 0])


def test_pair_reader_refuses_an_empty_table(folder):
    with pytest.raises(DatasetError, match="no pair"):
        PairReader(folder, [], [])


def test_clip_header_is_the_one_of_safetensors(folder):
    """The reader parses the format itself: compare it with a file that the library wrote."""
    raw = (folder / "clip0.safetensors").read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    assert header["crops"]["dtype"] == "U8"
    assert header["flow"]["dtype"] == "F16"


def test_map_clip_of_stills_has_no_motion_and_no_previous_crops(tmp_path):
    crops = clip(frames=5)["crops"]
    save_file({"crops": crops}, tmp_path / "pack.safetensors")
    reader = PairReader(tmp_path, ["pack"] * 5, range(5))
    found, flow = reader.gather(np.array([3, 1]))
    assert np.array_equal(found, crops[[3, 1]])
    assert flow.shape == (2, 2, 48, 48)
    assert not flow.any()
    [window] = reader.gather_windows(np.array([3]), frames=3, step=1)
    assert np.array_equal(window, crops[[3, 3, 3]])


def test_map_clip_refuses_stills_that_are_not_square(tmp_path):
    save_file({"crops": clip()["crops"][:, :40].copy()}, tmp_path / "pack.safetensors")
    with pytest.raises(DatasetError, match=r"expected \(N, S, S, 3\)"):
        map_clip(tmp_path / "pack.safetensors")
