from dataclasses import replace
from zipfile import ZipFile

import numpy as np
import pytest

from ferfusion.errors import BundleError
from ferfusion.exchange.keras_export import keras_model
from ferfusion.exchange.keras_files import METADATA, read_keras
from ferfusion.exchange.keras_writer import write_keras
from helpers.bundles import untrained_bundle

h5py = pytest.importorskip("h5py")


@pytest.fixture(scope="module")
def model():
    return keras_model(untrained_bundle(stream="listing-2-3", head_units=4))


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_write_keras_is_read_back(model, suffix, tmp_path):
    for name in ("first", "second"):
        write_keras(model, tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"first{suffix}").read_bytes() == (tmp_path / f"second{suffix}").read_bytes()
    read = read_keras(tmp_path / f"first{suffix}")
    assert (read.inputs, read.outputs, read.version, read.metadata) == (
        ("spatial", "flow"),
        ("probabilities",),
        "2.15.0",
        model.metadata,
    )
    assert list(read.layers) == list(model.layers)
    for found, wanted in zip(read.layers.values(), model.layers.values(), strict=True):
        assert (found.name, found.kind, found.sources) == (wanted.name, wanted.kind, wanted.sources)
        assert len(found.weights) == len(wanted.weights)
        for one, other in zip(found.weights, wanted.weights, strict=True):
            assert np.array_equal(one, other)


def test_write_keras_has_the_layers_of_the_streams_in_turn(model):
    """Keras gives the weights of a file to layers by their order, not by their names."""
    convs = [name for name, layer in model.layers.items() if layer.kind == "Conv2D"]
    numbers = ("", "_1", "_2", "_3", "_4")
    assert convs == [f"{stream}_conv2d{number}" for number in numbers for stream in ("spatial", "flow")]


@pytest.mark.parametrize("text", ["[1]", '{"labels": 7}', "{", '{"format": "other"}'])
def test_metadata_of_an_export_that_are_damaged_are_refused(model, text, tmp_path):
    from ferfusion.exchange.keras import import_keras_model

    write_keras(replace(model, metadata={}), tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5", "r+") as file:
        file.attrs[METADATA] = text
    write_keras(replace(model, metadata={}), tmp_path / "model.keras")
    with ZipFile(tmp_path / "model.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(tmp_path / "model.keras", "w") as archive:
        for name, content in {**members, f"{METADATA}.json": text.encode()}.items():
            archive.writestr(name, content)
    for suffix in (".h5", ".keras"):
        with pytest.raises(BundleError) as error:
            import_keras_model(tmp_path / f"model{suffix}")
        assert "\n" not in str(error.value)
