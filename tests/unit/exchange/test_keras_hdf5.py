import h5py
import numpy as np
import pytest

from ferfusion.exchange.keras_hdf5 import Hdf5Reader

KERNEL = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture
def file(tmp_path):
    with h5py.File(tmp_path / "model.h5", "w") as opened:
        opened["layers/conv/0"] = KERNEL
        opened.attrs["names"] = [b"conv", b"dense"]
        opened.attrs["version"] = "3.1"
        yield opened


@pytest.fixture
def reader():
    return Hdf5Reader(h5py)


def test_hdf5_reader_reads_members_and_attributes(reader, file):
    assert reader.names(reader.group(file, "layers")) == ["conv"]
    assert reader.array(file, "layers/conv/0").tolist() == KERNEL.tolist()
    assert reader.array(reader.group(file, "layers/conv"), "0").dtype == np.float32
    assert (reader.has(file, "layers"), reader.has(file, "none")) == (True, False)
    assert (reader.has_attribute(file, "names"), reader.has_attribute(file, "none")) == (True, False)
    assert (reader.text(file, "version"), reader.texts(file, "names")) == ("3.1", ["conv", "dense"])
    file.attrs["none"] = []
    assert reader.texts(file, "none") == []


def with_external_storage(file, folder):
    (folder / "secret").write_bytes(bytes(24))
    file.create_dataset("x", (2, 3), np.float32, external=[(str(folder / "secret"), 0, 24)])


def with_virtual_storage(file, folder):
    with h5py.File(folder / "other.h5", "w") as other:
        other["y"] = KERNEL
    layout = h5py.VirtualLayout((2, 3), np.float32)
    layout[:] = h5py.VirtualSource(folder / "other.h5", "y", (2, 3))
    file.create_virtual_dataset("x", layout)


def with_external_link(file, folder):
    with h5py.File(folder / "other.h5", "w") as other:
        other["y"] = KERNEL
    file["x"] = h5py.ExternalLink(folder / "other.h5", "y")


def with_soft_links_in_a_ring(file, folder):
    file["x"], file["y"] = h5py.SoftLink("/y"), h5py.SoftLink("/x")


def with_packed_values(file, folder):
    """64 KB that become 64 MB."""
    file.create_dataset("x", data=np.zeros(2**24, np.float32), chunks=(2**24,), compression="gzip")


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (with_external_storage, "the array 'x' has its values in other files, which are not opened"),
        (with_virtual_storage, "the array 'x' has its values in other files, which are not opened"),
        (with_external_link, "'x' is a link, which is not followed"),
        (with_soft_links_in_a_ring, "'x' is a link, which is not followed"),
        (with_packed_values, "the array 'x' is packed"),
        (lambda file, _: file.create_dataset("x", (10**6, 10**6), np.float32), "more than 134,217,728 bytes"),
        (lambda file, _: file.create_dataset("x", (0, 3), np.float32), r"has the shape \(0, 3\)"),
        (lambda file, _: file.create_dataset("x", data=[1, 2]), "'x' has no floating point numbers"),
        (lambda file, _: file.create_dataset("x", data="text"), "'x' has no floating point numbers"),
        (lambda file, _: file.create_dataset("x", dtype=h5py.Empty("f").dtype), "no floating point numbers"),
        (lambda file, _: file.create_group("x"), "'x' is not an array"),
        (lambda file, _: None, "'x' of 'x' is missing"),
    ],
)
def test_hdf5_reader_refuses_an_array_that_keras_does_not_write(reader, file, tmp_path, write, message):
    write(file, tmp_path)
    with pytest.raises(ValueError, match=message):
        reader.array(file, "x")


def test_hdf5_reader_counts_the_bytes_of_all_arrays(reader, file):
    file.create_dataset("x", (2**24,), np.float32)  # takes no place in the file until it is written
    for _ in range(2):
        assert reader.array(file, "x").nbytes == 2**26
    with pytest.raises(ValueError, match="more than 134,217,728 bytes"):
        reader.array(file, "layers/conv/0")


def test_hdf5_reader_follows_no_link_on_the_way(reader, file):
    file["way"] = h5py.SoftLink("/layers")
    with pytest.raises(ValueError, match="'way' is a link"):
        reader.array(file, "way/conv/0")
    with pytest.raises(ValueError, match="'layers/conv/0' is not a group"):
        reader.group(file, "layers/conv/0")
    with pytest.raises(ValueError, match="is missing"):
        reader.group(file, "layers/conv/0/deeper")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.arange(3.0), "is float, expected text"),
        (7, "is int, expected text"),
        (np.arange(5000.0), "the attribute 'x' is too long"),
    ],
)
def test_hdf5_reader_refuses_an_attribute_that_is_no_text(reader, file, value, message):
    file.attrs["x"] = value
    with pytest.raises(ValueError, match=message):
        reader.texts(file, "x")
