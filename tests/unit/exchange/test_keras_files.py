import json
import sys
from zipfile import ZipFile

import h5py
import numpy as np
import pytest

from ferfusion.errors import BundleError, MissingExtraError
from ferfusion.exchange.keras_files import read_keras
from helpers.keras_files import unpack

WHOLE = "keras2_flatten_concat.h5"
ARCHIVE = "keras3_named.keras"


def rewrite_config(path, change):
    """Change the model config of an ``.h5`` file."""
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        change(config)
        file.attrs["model_config"] = json.dumps(config)
    return path


@pytest.mark.parametrize(
    ("name", "known"),
    [
        (WHOLE, ("2.15.0", ("input_1", "input_2"), ("dense_2",), 26)),
        ("keras2_gap_average.keras", ("2.15.0", ("input_4", "input_5"), ("dense_8",), 24)),
        ("keras2_only_weights.h5", ("2.15.0", ("input_8", "input_9"), (), 24)),
        ("keras2_only.weights.h5", ("", ("input_layer", "input_layer_1"), (), 26)),
        ("keras3_gap_sum.h5", ("3.15.1", ("input_layer", "input_layer_1"), ("dense_2",), 24)),
        (ARCHIVE, ("3.15.1", ("face_input", "motion_input"), ("dense_5",), 26)),
        ("keras3_sequential_map.keras", ("3.15.1", ("input_layer_2",), ("dense_8",), 12)),
        ("keras3_only.weights.h5", ("", ("motion_input", "face_input"), (), 24)),
    ],
)
def test_read_keras_reads_every_format(name, known, tmp_path):
    model = read_keras(unpack(name, tmp_path))
    assert (model.version, model.inputs, model.outputs, len(model.layers)) == known
    shapes = [layer.weights[0].shape for layer in model.layers.values() if layer.weights]
    assert shapes.count((1024, 1024)) == 1
    assert len(shapes) == (8 if "sequential" in name else 13)


def test_read_keras_gives_each_layer_of_an_archive_its_weights(tmp_path):
    """Groups are numbered by kind in the archive, and layers named as the user likes."""
    path = unpack(ARCHIVE, tmp_path)
    model = read_keras(path)
    path.write_bytes(ZipFile(path).read("model.weights.h5"))
    with h5py.File(path) as file:
        for group in file["layers"].values():
            for kept, read in zip(
                map(np.asarray, group["vars"].values()),
                model.layers[group["vars"].attrs["name"]].weights,
                strict=True,
            ):
                np.testing.assert_array_equal(kept, read)


def test_read_keras_keeps_the_order_of_sources(tmp_path):
    model = read_keras(unpack(ARCHIVE, tmp_path))
    assert model.layers["concatenate"].sources == ("motion_vector", "face_vector")
    assert model.layers["face_second"].sources == ("face_max",)


def test_read_keras_knows_the_class_name_before_tensorflow_2_3(tmp_path):
    path = rewrite_config(unpack(WHOLE, tmp_path), lambda config: config.update(class_name="Model"))
    assert read_keras(path).outputs == ("dense_2",)


def test_read_keras_adds_a_missing_input_layer(tmp_path):
    """As Keras before 2.3 wrote it: the first layer has the shape, and layers are a bare list."""
    path = unpack("keras2_spatial.h5", tmp_path)

    def as_sequential(config):
        first, *layers = config["config"]["layers"]
        layers[0]["config"]["batch_input_shape"] = first["config"]["batch_input_shape"]
        config.update(class_name="Sequential", config=layers)

    model = read_keras(rewrite_config(path, as_sequential))
    assert model.layers[model.inputs[0]].settings["batch_input_shape"] == [None, 48, 48, 3]
    assert model.layers["conv2d_10"].sources == model.inputs
    assert model.outputs == ("dense_5",)


def test_read_keras_refuses_a_subclassed_model(tmp_path):
    path = rewrite_config(unpack(WHOLE, tmp_path), lambda config: config.update(class_name="MyModel"))
    with pytest.raises(BundleError, match="class 'MyModel'; ferfusion can import Functional and"):
        read_keras(path)


def test_read_keras_refuses_a_layer_that_is_used_twice(tmp_path):
    def use_twice(config):
        conv = next(layer for layer in config["config"]["layers"] if layer["name"] == "conv2d_1")
        conv["inbound_nodes"] *= 2

    with pytest.raises(BundleError, match=r"'conv2d_1' .* is used 2 times"):
        read_keras(rewrite_config(unpack(WHOLE, tmp_path), use_twice))


def test_read_keras_names_a_missing_file(tmp_path):
    with pytest.raises(BundleError, match=r"There is no file .*none.h5"):
        read_keras(tmp_path / "none.h5")


@pytest.mark.parametrize("name", [WHOLE, ARCHIVE])
@pytest.mark.parametrize("keep", [0, 4, 2000, -5000])
def test_read_keras_refuses_a_truncated_file_in_one_line(name, keep, tmp_path):
    path = unpack(name, tmp_path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BundleError, match="is damaged, or Keras did not write it") as error:
        read_keras(path)
    assert "\n" not in str(error.value)


def test_read_keras_refuses_other_archives_and_hdf5_files(tmp_path):
    with ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("text.txt", "no model")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["table"] = np.zeros(3)
    with pytest.raises(BundleError, match=r"config\.json"):
        read_keras(tmp_path / "other.zip")
    with pytest.raises(BundleError, match="neither a model nor weights"):
        read_keras(tmp_path / "other.h5")


def test_read_keras_without_h5py_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtraError, match=r"ferfusion\[keras\]"):
        read_keras(tmp_path / "any.h5")
