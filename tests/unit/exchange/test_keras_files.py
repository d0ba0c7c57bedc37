import json
import sys
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

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


def first_layer(config):
    return config["config"]["layers"][2]


def with_ring(config):
    layers = config["config"]["layers"]
    layers[2]["inbound_nodes"][0][0][0] = layers[4]["name"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda config: config["config"].update(layers=[]), "has 0 layers, expected 1 to 1,000"),
        (
            lambda config: config["config"].update(layers="conv"),
            "the layers of its config has the value",
        ),
        (lambda config: config["config"].update(layers=[3]), "no 'class_name' where Keras writes it"),
        (lambda config: config.update(config=3), "the config of its config has the value 3"),
        (
            lambda config: config.update(class_name=["x"]),
            r"config has the value \['x'\]",
        ),
        (lambda config: config["config"].pop("output_layers"), "no 'output_layers' where Keras writes it"),
        (
            lambda config: first_layer(config).update(inbound_nodes=7),
            "inbound_nodes of its config has the value",
        ),
        (lambda config: first_layer(config).update(config="relu"), "the config of its config has the value"),
        (lambda config: first_layer(config).update(name="a\nb"), r"name 'a\\nb' is not plain text"),
        (lambda config: first_layer(config).update(name="input_1"), "two of its layers have the same name"),
        (lambda config: first_layer(config).update(name="other"), "refers to a layer 'conv"),
        (lambda config: first_layer(config).update(inbound_nodes=[{"keras_history": 3}]), "keras_history 3"),
        (with_ring, "nodes are in a cycle"),
    ],
)
def test_read_keras_refuses_a_config_that_keras_does_not_write(tmp_path, change, message):
    path = rewrite_config(unpack(WHOLE, tmp_path), change)
    with pytest.raises(BundleError, match=message) as error:
        read_keras(path)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 600


@pytest.mark.parametrize(
    ("text", "message"),
    [("[" * 10_000, "nested too deep"), ('{"a": 1, "a": 2}', "'a' comes twice"), ("3", "no 'class_name'")],
)
def test_read_keras_refuses_other_json_in_one_line(tmp_path, text, message):
    path = unpack(WHOLE, tmp_path)
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = text
    with pytest.raises(BundleError, match=message):
        read_keras(path)


@pytest.mark.parametrize("name", [WHOLE, "keras2_only_weights.h5"])
def test_read_keras_opens_no_other_file(name, tmp_path):
    """The values of one kernel are those of a file beside it."""
    path = unpack(name, tmp_path)
    (tmp_path / "secret").write_bytes(b"root:x:0" * 2000)
    with h5py.File(path, "r+") as file:
        names = []
        file.visititems(lambda at, item: names.append(at) if at.endswith("kernel:0") else None)
        shape = file[names[0]].shape
        del file[names[0]]
        size = 4 * int(np.prod(shape))
        file.create_dataset(names[0], shape, np.float32, external=[(str(tmp_path / "secret"), 0, size)])
    with pytest.raises(BundleError, match="has its values in other files, which are not opened"):
        read_keras(path)


def rewritten_archive(path, *, compression=ZIP_STORED, **contents):
    """The same archive with other contents."""
    with ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()} | contents
    with ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ({"config.json": b" " * (2**24 + 1)}, r"config\.json has more than 16,777,216 bytes"),
        ({"config.json": b"\xff"}, "codec can't decode"),
        ({"metadata.json": b"[3]"}, "no 'keras_version' where Keras writes it"),
        ({"metadata.json": b'{"keras_version": 3}'}, "the keras_version of its config has the value 3"),
        ({"model.weights.h5": b"no weights"}, "signature"),
    ],
)
def test_read_keras_refuses_members_that_keras_does_not_write(tmp_path, contents, message):
    path = rewritten_archive(unpack(ARCHIVE, tmp_path), compression=ZIP_DEFLATED, **contents)
    assert path.stat().st_size < 2**23
    with pytest.raises(BundleError, match=message) as error:
        read_keras(path)
    assert "\n" not in str(error.value)


def test_read_keras_refuses_a_way_of_compression_that_cannot_be_bounded(tmp_path):
    path = rewritten_archive(unpack(ARCHIVE, tmp_path), compression=ZIP_LZMA)
    with pytest.raises(BundleError, match="is compressed in a way that Keras does not use"):
        read_keras(path)


def test_read_keras_refuses_an_encrypted_archive(tmp_path):
    path = unpack(ARCHIVE, tmp_path)
    content = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + flags] |= 1
            place = content.find(mark, place + 4)
    path.write_bytes(content)
    with pytest.raises(BundleError, match="is encrypted"):
        read_keras(path)


def test_read_keras_reads_a_deflated_archive(tmp_path):
    known = read_keras(unpack(ARCHIVE, tmp_path))
    again = read_keras(rewritten_archive(tmp_path / ARCHIVE, compression=ZIP_DEFLATED))
    assert again.layers.keys() == known.layers.keys()


def test_read_keras_without_h5py_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtraError, match=r"ferfusion\[keras\]"):
        read_keras(tmp_path / "any.h5")
