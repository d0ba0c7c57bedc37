import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ferfusion.errors import DatasetError, FileError
from ferfusion.preparation.clip_file import Pieces, clip_views, read_clip, write_clip


def arrays_of(count, size=16):
    rng = np.random.default_rng(count)
    return {
        "crops": rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8),
        "flow": rng.normal(0, 2, (count - 1, 2, size, size)).astype(np.float16),
        "pair_ok": rng.random(count - 1) < 0.5,
        "frame_index": np.arange(count, dtype=np.int32),
        "seconds": rng.random(count),
        "boxes": rng.random((count, 4)).astype(np.float32),
        "scores": rng.random(count).astype(np.float32),
    }


def same(read, written):
    return read.keys() == written.keys() and all(
        read[name].dtype == array.dtype and np.array_equal(read[name], array)
        for name, array in written.items()
    )


@pytest.mark.parametrize("count", [2, 3, 31])
def test_clip_file_comes_back_as_it_was_written(tmp_path, count):
    clip, path = arrays_of(count), tmp_path / "clips" / "a.safetensors"
    write_clip(path, clip)
    assert same(read_clip(path), clip)
    assert same(clip_views(np.fromfile(path, np.uint8), path), clip)
    assert same(load_file(path), clip)  # it is a valid safetensors file
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_write_clip_in_pieces_has_the_same_bytes(tmp_path):
    clip = arrays_of(5)
    write_clip(tmp_path / "whole", clip)
    pieces = {
        name: Pieces(array.dtype.type, array.shape, iter(np.array_split(array, 3)))
        for name, array in clip.items()
    }
    write_clip(tmp_path / "pieces", pieces)
    assert (tmp_path / "pieces").read_bytes() == (tmp_path / "whole").read_bytes()


def test_read_clip_by_the_names_of_its_arrays(tmp_path):
    clip = arrays_of(4)
    write_clip(tmp_path / "clip", clip)
    assert read_clip(tmp_path / "clip", "seconds", "boxes").keys() == {"seconds", "boxes"}


def test_clip_views_of_a_file_by_another_program(tmp_path):
    clip = arrays_of(3)
    save_file(clip, tmp_path / "clip", metadata={"made": "elsewhere"})
    assert same(clip_views(np.fromfile(tmp_path / "clip", np.uint8), tmp_path / "clip"), clip)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:5],
        lambda content: content[:40],
        lambda content: content[:-1],
        lambda content: b"not a clip file at all",
        lambda content: content.replace(b'"F16"', b'"F17"'),
        lambda content: content.replace(b'"shape"', b'"shope"'),
    ],
)
def test_read_clip_names_a_damaged_clip(tmp_path, damage):
    path = tmp_path / "clip.safetensors"
    write_clip(path, arrays_of(3))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DatasetError, match=r"clip\.safetensors"):
        read_clip(path)
    with pytest.raises(DatasetError, match=r"clip\.safetensors is not a clip file .*; delete it"):
        clip_views(np.fromfile(path, np.uint8), path)


def test_write_clip_that_fails_leaves_no_clip(tmp_path):
    def broken():
        yield np.zeros((1, 4), np.uint8)
        raise OSError("No space left on device")

    with pytest.raises(FileError, match="No space"):
        write_clip(tmp_path / "clip", {"crops": Pieces(np.uint8, (2, 4), broken())})
    assert not (tmp_path / "clip").exists()
