"""An imported network, from a video's frames to the verdict, as any other model."""

import numpy as np
import pytest

import ferfusion as fer
from ferfusion.errors import BundleError
from ferfusion.exchange.foreign_model import save_foreign
from ferfusion.exchange.onnx_import import OnnxSettings, import_network
from ferfusion.exchange.onnx_session import read_graph
from ferfusion.inference.foreign_predictor import ForeignPredictor
from ferfusion.inference.predictor import load_predictor
from helpers.foreign_networks import write_network

runtime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

LABELS = ("Neutral", "Happiness", "Surprise", "Sadness", "Anger", "Disgust", "Fear", "Contempt")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """``theirs.onnx``, grey and one image at a time, and what the import makes of it, ``ours.onnx``."""
    folder = tmp_path_factory.mktemp("foreign")
    write_network(folder / "theirs.onnx", shape=(1, 1, 64, 64))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ferfusion.exchange.onnx_import.rehearse", lambda *_, **__: None)
        settings = OnnxSettings(labels=LABELS, largest_pixel=255, detector="none")
        imported = import_network(folder / "theirs.onnx", settings)
    save_foreign(folder / "ours.onnx", imported.graph, imported.model)
    return folder


@pytest.fixture(scope="module")
def predictor(folder):
    return load_predictor(folder / "ours.onnx")


def test_foreign_predictor_answers_as_the_runtime_called_by_hand(folder, predictor):
    crops = np.random.default_rng(3).integers(0, 256, (5, 64, 64, 3)).astype(np.uint8)
    session = runtime.InferenceSession(str(folder / "theirs.onnx"), providers=["CPUExecutionProvider"])
    grey = np.round(crops @ np.array([0.299, 0.587, 0.114])).astype(np.float32)
    logits = np.concatenate([session.run(None, {"input": each[None, None]})[0] for each in grey])
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    wanted = powers / powers.sum(axis=1, keepdims=True)
    columns = [LABELS.index(name) for name in predictor.info.labels.names]
    assert predictor.predict(crops, None) == pytest.approx(wanted[:, columns], abs=2e-3)


def test_foreign_predictor_explains_nothing_and_reads_no_flow(predictor):
    assert isinstance(predictor, ForeignPredictor)
    assert predictor.explain is None
    assert not predictor.info.reads_flow
    assert predictor.name.endswith("/ours.onnx")


def test_foreign_predictor_predicts_videos_as_any_model(predictor):
    frames = np.random.default_rng(0).integers(0, 256, (4, 96, 96, 3)).astype(np.uint8)
    table = fer.Model(predictor).predict(frames, fps=25, progress=False).table
    assert len(table) == 4
    assert table.filter(like="p_").iloc[:, :8].sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-4)
    assert set(table["status"]) == {"ok"}


def test_load_predictor_names_the_import_for_a_network_of_others(folder):
    with pytest.raises(BundleError, match="is not a bundle; `ferfusion import-onnx` makes a bundle"):
        load_predictor(folder / "theirs.onnx")


def test_foreign_predictor_refuses_a_file_whose_weights_were_damaged(folder, tmp_path):
    graph = read_graph(folder / "ours.onnx")

    def with_our_metadata(model):
        for name, text in graph.metadata.items():
            model.metadata_props.add(key=name, value=text)

    path = write_network(
        tmp_path / "bad.onnx", shape=(1, 1, 64, 64), weights=np.full((4, 8), np.nan), change=with_our_metadata
    )
    with pytest.raises(BundleError, match=r"bad\.onnx answers with numbers that are not finite"):
        load_predictor(path)
