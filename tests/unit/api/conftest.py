"""A model and a run that the tests of the front door share; no test changes them."""

import pytest

import ferfusion as fer
from helpers.datasets import write_dataset
from helpers.foreign_networks import write_network


@pytest.fixture(scope="session")
def model():
    """The model that comes with the package, on the processor."""
    return fer.load_model(device="cpu")


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A run of one epoch on drawn squares."""
    root = tmp_path_factory.mktemp("front_door")
    folder = write_dataset(root / "data", frames=3)
    rows = [f"S{number:02d},Zanzibar" for number in range(6)]
    (folder / "subjects.csv").write_text("\n".join(["subject,birthplace", *rows]) + "\n")
    data = fer.Dataset(folder)
    return fer.train(data, root / "run", epochs=1, head_units=16, device="cpu", progress=False)


@pytest.fixture(scope="module")
def without_figures():
    """An evaluation draws no figure: that takes seconds, and evaluation's own tests look at the figures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ferfusion.evaluation.evaluate.draw_figures", lambda *_: {})
        yield


@pytest.fixture(scope="session")
def foreign(tmp_path_factory):
    """A network of others, which has another class than the dataset of the run, and one less in common."""
    root = tmp_path_factory.mktemp("foreign")
    network = write_network(root / "net.onnx", classes=6, shape=("batch", 3, 48, 48))
    classes = ("anger", "disgust", "fear", "happiness", "sadness", "neutral")
    return fer.import_onnx(network, root / "theirs.onnx", labels=classes, size=48)
