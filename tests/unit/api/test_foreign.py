import pytest

import ferfusion as fer
from ferfusion.exchange.foreign_model import foreign_model_of
from ferfusion.exchange.onnx_session import read_graph
from helpers.datasets import write_dataset
from helpers.foreign_networks import write_network

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

EIGHT = ["Anger", "Contempt", "Disgust", "Fear", "Happiness", "Neutral", "Sadness", "Surprise"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign")
    write_network(folder / "theirs.onnx")
    return folder


@pytest.fixture(scope="module")
def model(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ferfusion.exchange.onnx_import.rehearse", lambda *_, **__: None)
        return fer.import_onnx(folder / "theirs.onnx", folder / "ours.onnx", labels=EIGHT)


def test_import_onnx_writes_what_load_model_reads(model, folder):
    loaded = fer.load_model(folder / "ours.onnx")
    assert (loaded.labels, loaded.prepare_recipe) == (model.labels, model.prepare_recipe)
    assert set(model.labels.names) == set(EIGHT)
    assert repr(loaded).endswith("/ours.onnx': 8 classes, crops of 32 px, detector haar)")
    assert any("--colours" in note for note in model.notes)


def test_import_onnx_model_is_neither_exported_nor_explained(model, folder, tmp_path):
    with pytest.raises(fer.BundleError, match="is an ONNX file already; export a run or a bundle"):
        model.export(tmp_path / "again.onnx")
    with pytest.raises(fer.BundleError, match="gives no gradients for an explanation"):
        fer.explain_video(folder / "clip.mp4", tmp_path / "out", model=model)


@pytest.mark.parametrize(
    ("bundle", "settings", "message"),
    [
        ("b.safetensors", {"labels": EIGHT}, r"The bundle is an ONNX file; choose .*b\.onnx"),
        ("theirs.onnx", {"labels": EIGHT}, "exists already; name a new file"),
        ("b.onnx", {"labels": "Fear,Anger"}, r"such as \['Fear', 'Anger'\], got 'Fear,Anger'"),
        ("b.onnx", {"labels": EIGHT, "mean": "0.5"}, "mean must be one number or several, got '0.5'"),
        ("b.onnx", {}, "does not name its classes"),
    ],
)
def test_import_onnx_refuses_and_writes_nothing(folder, monkeypatch, bundle, settings, message):
    monkeypatch.setattr("ferfusion.exchange.onnx_import.rehearse", lambda *_, **__: None)
    before = (folder / "theirs.onnx").read_bytes()
    with pytest.raises(fer.ConfigError, match=message):
        fer.import_onnx(folder / "theirs.onnx", folder / bundle, **settings)
    assert (folder / "theirs.onnx").read_bytes() == before
    assert not (folder / "b.onnx").exists()


def test_import_onnx_refuses_another_file(folder, tmp_path):
    with pytest.raises(fer.BundleError, match=r"There is no file nothing\.onnx"):
        fer.import_onnx("nothing.onnx", tmp_path / "b.onnx", labels=EIGHT)
    (tmp_path / "text.onnx").write_text("no graph")
    with pytest.raises(fer.BundleError, match="is damaged or is not an ONNX file"):
        fer.import_onnx(tmp_path / "text.onnx", tmp_path / "b.onnx", labels=EIGHT)


def test_import_onnx_keeps_the_calibration_that_it_fits(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("ferfusion.exchange.onnx_import.rehearse", lambda *_, **__: None)
    data = write_dataset(tmp_path / "data", frames=3, recipe=fer.PrepareRecipe(size=32))
    model = fer.import_onnx(folder / "theirs.onnx", tmp_path / "b.onnx", labels=EIGHT, calibrate=data)
    temperature = model.calibration["temperature"]
    assert temperature != 1
    assert f"Temperature {temperature:.2f} and thresholds" in model.notes[-1]
    kept = foreign_model_of(tmp_path / "b.onnx", read_graph(tmp_path / "b.onnx").metadata)
    assert kept.info.calibration.temperature == temperature


def test_import_onnx_writes_nothing_if_it_cannot_calibrate(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("ferfusion.exchange.onnx_import.rehearse", lambda *_, **__: None)
    data = write_dataset(tmp_path / "data", frames=3)
    with pytest.raises(fer.BundleError, match=r"size is 48, expected 32.* --for .*b\.onnx, which an import "):
        fer.import_onnx(folder / "theirs.onnx", tmp_path / "b.onnx", labels=EIGHT, calibrate=data)
    assert not (tmp_path / "b.onnx").exists()


def test_import_onnx_refuses_a_bundle(model, folder, tmp_path):
    with pytest.raises(fer.BundleError, match=r"ours\.onnx is a bundle already, with its own settings"):
        fer.import_onnx(model.path, tmp_path / "again.onnx", labels=EIGHT)
