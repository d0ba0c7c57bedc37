"""A model and a run that the tests of the front door share; no test changes them."""

import pytest

import ferfusion as fer
from helpers.datasets import write_dataset


@pytest.fixture(scope="session")
def model():
    """The model that comes with the package, on the processor."""
    return fer.load_model(device="cpu")


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A run of one epoch on drawn squares."""
    root = tmp_path_factory.mktemp("front_door")
    data = fer.Dataset(write_dataset(root / "data", frames=3))
    return fer.train(data, root / "run", epochs=1, head_units=16, device="cpu", progress=False)


@pytest.fixture(scope="module")
def without_figures():
    """An evaluation draws no figure: that takes seconds, and evaluation's own tests look at the figures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ferfusion.evaluation.evaluate.draw_figures", lambda *_: {})
        yield
