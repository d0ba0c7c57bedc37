"""Model files of detectors: YuNet's, and one that is none."""

import pytest

from ferfusion.faces.model_file import MODEL_VARIABLE


@pytest.fixture(autouse=True)
def none_is_named(monkeypatch):
    monkeypatch.setenv(MODEL_VARIABLE, "")  # and as it was before, after the test


@pytest.fixture
def model(real_data):
    return real_data / "models" / "yunet_n_640_640.onnx"


@pytest.fixture
def other(tmp_path):
    path = tmp_path / "other.onnx"
    path.write_bytes(b"not a network")
    return path
