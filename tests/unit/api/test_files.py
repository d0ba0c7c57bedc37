import pytest

import ferfusion as fer
from ferfusion.bundle import save_bundle
from ferfusion.label_set import SIX
from helpers.bundles import untrained_bundle
from helpers.keras_files import unpack


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "bundle.safetensors"
    save_bundle(path, untrained_bundle(head_units=16))
    return path


def test_exported_is_a_short_line(tmp_path):
    exported = fer.Exported(tmp_path / "m.onnx", ("spatial", "flow"), 3 * 2**19)
    assert repr(exported) == f"Exported('{tmp_path / 'm.onnx'}': inputs spatial, flow; 1.5 MiB)"


def test_export_returns_what_it_has_written(bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "ferfusion.exchange.onnx.export_in_process", lambda _, partial: partial.write_bytes(b"onnx")
    )
    path = tmp_path / "model.onnx"
    assert fer.export(bundle, path) == fer.Exported(path, ("spatial", "flow"), 4, labels=SIX.names)
    assert fer.load_model(bundle).export(path).size_bytes == 4


def test_export_refuses_another_suffix_an_onnx_file_and_a_missing_model(bundle, tmp_path):
    with pytest.raises(
        fer.ConfigError, match=r"must end in \.onnx, \.h5 or \.keras, got 'model\.bin'; choose model\.onnx"
    ):
        fer.export(bundle, tmp_path / "model.bin")
    (tmp_path / "old.onnx").write_bytes(b"onnx")
    with pytest.raises(fer.BundleError, match="is an ONNX file already"):
        fer.export(tmp_path / "old.onnx", tmp_path / "new.onnx")
    with pytest.raises(fer.BundleError, match="nowhere"):
        fer.export(tmp_path / "nowhere", tmp_path / "new.onnx")


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_export_writes_a_keras_file_that_import_keras_reads(bundle, suffix, tmp_path):
    pytest.importorskip("h5py")
    path = tmp_path / f"Model_fusion{suffix}"
    exported = fer.export(bundle, path)
    assert (exported.inputs, exported.labels) == (("spatial", "flow"), SIX.names)
    assert exported.size_bytes == path.stat().st_size
    model = fer.import_keras(path, tmp_path / "again.safetensors")
    assert "scores are those of the bundle that was exported" in model.notes[-1]
    with pytest.raises(fer.ConfigError, match=r"Only an ONNX file can have 8 bit numbers; choose .*onnx"):
        fer.export(bundle, path, int8="dataset")


def test_export_with_a_missing_dataset_writes_nothing(trained, tmp_path):
    with pytest.raises(fer.DatasetError, match="nope"):
        fer.export(trained, tmp_path / "x.onnx", int8="nope")
    assert not list(tmp_path.glob("*.onnx"))


def test_import_keras_refuses_labels_as_one_text(tmp_path):
    with pytest.raises(fer.ConfigError, match=r"such as \['Fear', 'Anger'\], got 'Fear,Anger'"):
        fer.import_keras(tmp_path / "m.h5", tmp_path / "b", labels="Fear,Anger")


def test_import_keras_overwrites_no_file(tmp_path):
    (tmp_path / "b").write_text("mine")
    with pytest.raises(fer.ConfigError, match="name a new file"):
        fer.import_keras(tmp_path / "m.h5", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "mine"


def test_import_keras_copies_no_other_file(tmp_path):
    """A kernel of the model is stored in another file of this host."""
    h5py = pytest.importorskip("h5py")
    path = unpack("keras2_spatial.h5", tmp_path)
    (tmp_path / "secret").write_bytes(b"secret01" * 10**6)
    with h5py.File(path, "r+") as file:
        name = "model_weights/dense_4/dense_4/kernel:0"
        shape = file[name].shape
        del file[name]
        values = [(str(tmp_path / "secret"), 0, 4 * shape[0] * shape[1])]
        file.create_dataset(name, shape, "f4", external=values)
    with pytest.raises(fer.BundleError, match="has its values in other files, which are not opened"):
        fer.import_keras(path, tmp_path / "b.safetensors")
    assert not (tmp_path / "b.safetensors").exists()


def test_import_keras_refuses_a_missing_file(tmp_path):
    pytest.importorskip("h5py")
    with pytest.raises(fer.BundleError, match=r"There is no file .*m\.h5"):
        fer.import_keras(tmp_path / "m.h5", tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_shipped_is_a_name_where_a_model_is_exported_or_explained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "ferfusion.exchange.onnx.export_in_process", lambda source, to: to.write_bytes(source.name.encode())
    )
    assert fer.export("shipped", "s.onnx").path.read_bytes() == b"faces.safetensors"
    with pytest.raises(fer.ConfigError, match=r"shipped, the model that comes .* no test people .* --video"):
        fer.explain("shipped")
